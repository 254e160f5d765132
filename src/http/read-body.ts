import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import rawBody from 'raw-body';
import { Problem } from '../domain/problem.ts';
import { type Soon, soon } from '../lib/soon.ts';
import { refuseUnstorable } from './unstorable.ts';

const maxBytes = 64 * 1024;

/** The caller went away before its request was read: there is nobody to answer. */
export class RequestAborted extends Error {
  override readonly name = 'RequestAborted';
}

const mostOfType = 200;
const utf8 = new Set(['', 'charset=utf-8', 'charset="utf-8"']);

const isOf = (wanted: string, type: string | undefined): boolean => {
  if (type === wanted) return true;
  if (type === undefined || type.length > mostOfType) return false;
  const [name, ...parameters] = type.split(';').map((part) => part.trim().toLowerCase());
  return name === wanted && parameters.every((parameter) => utf8.has(parameter));
};
export const isJson = (type: string | undefined): boolean => isOf('application/json', type);
const form = 'application/x-www-form-urlencoded';

/** A small body has mostly come with its head, and is there at once. */
const atHand = (request: IncomingMessage): Buffer | undefined => {
  const length = Number(request.headers['content-length']);
  if (!request.complete || !(length <= maxBytes) || request.readableLength !== length) return undefined;
  return (request.read() as Buffer | null) ?? undefined;
};

const bytesOf = async (request: IncomingMessage): Promise<Buffer> => {
  try {
    return await rawBody(request, { limit: maxBytes, length: request.headers['content-length'] ?? null });
  } catch (cause) {
    const type = cause instanceof Error && 'type' in cause ? cause.type : undefined;
    if (type === 'entity.too.large') throw new Problem('body-too-large', 'A body may hold 64 kB at most', { cause });
    if (type === 'request.aborted') throw new RequestAborted('aborted', { cause });
    if (type === 'request.size.invalid')
      throw new Problem('not-json', 'The body is shorter or longer than Content-Length says', { cause });
    throw cause;
  }
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // The parser's words would repeat what was sent.
    throw new Problem('not-json', 'The body is not one JSON value');
  }
};

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';

const textOf = (bytes: Buffer): string => {
  if (!isUtf8(bytes)) throw new Problem('not-json', 'The body is not UTF-8');
  return bytes.toString();
};

/**
 * A request's body as text that shall be JSON. With `optional` there need be none.
 *
 * @throws Problem `content-type-unsupported`, `body-too-large`, `not-json`
 */
export const readBody = (request: IncomingMessage, optional: boolean): Soon<string> => {
  if (optional && !hasBody(request)) return '';
  return textIn(request, 'application/json');
};

/** A request's body as the text of a form. @throws Problem as `readBody` */
export const readForm = (request: IncomingMessage): Soon<string> => textIn(request, form);

/** Its fields. One that comes twice is a list, which none may be. @throws Problem `text-invalid` */
export const formIn = (text: string): Record<string, string | string[]> => {
  const read = new URLSearchParams(text);
  const fields = [...new Set(read.keys())].map((name) => {
    const [one = '', ...more] = read.getAll(name);
    return [name, more.length === 0 ? one : [one, ...more]] as const;
  });
  refuseUnstorable(fields);
  return Object.fromEntries(fields);
};

const textIn = (request: IncomingMessage, type: string): Soon<string> => {
  if (!isOf(type, request.headers['content-type']))
    throw new Problem('content-type-unsupported', `Send Content-Type: ${type}`);
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity')
    throw new Problem('content-type-unsupported', 'Send the body without Content-Encoding');
  return soon(atHand(request) ?? bytesOf(request), textOf);
};

/**
 * A body's text as JSON. With `optional` an empty one counts as `{}`.
 *
 * @throws Problem `not-json`, `text-invalid`
 */
export const jsonIn = (text: string, optional: boolean): unknown => {
  if (text === '') {
    if (optional) return {};
    throw new Problem('not-json', 'The body is empty');
  }
  const body = parsed(text);
  // What is UTF-8 can hold neither as it is: only escapes bring them in.
  if (text.includes('\\u')) refuseUnstorable(body);
  return body;
};
