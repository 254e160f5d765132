import type { DataAsk, DataTaker } from '../data-port.ts';
import type { HandedToken } from '../use-cases.ts';
import type { Plan } from './plan-call.ts';

const textOf = (value: string | string[]): string => (typeof value === 'string' ? value : value.join(', '));

/** Those of the list, and the tokens in the headers they name, which outweigh any other. */
export const requestHeaders = (
  { source }: Plan,
  { headers }: DataAsk,
  tokens: readonly HandedToken[],
): Record<string, string> => {
  const sent: Record<string, string> = { 'user-agent': 'samtykkehub' };
  for (const name of source.requestHeaders) {
    const value = headers[name];
    if (value !== undefined) sent[name] = textOf(value);
  }
  for (const { header, token } of tokens) {
    const name = header.toLowerCase();
    sent[name] = name === 'authorization' ? `Bearer ${token}` : token;
  }
  return sent;
};

/** Names and values by turns. */
export const responseHeaders = (
  { service, source }: Plan,
  status: number,
  headers: Parameters<DataTaker['begin']>[1],
): string[] => {
  const told = ['hub-service', service.key];
  for (const name of source.responseHeaders) {
    const value = headers[name];
    if (value !== undefined) told.push(name, textOf(value));
  }
  const length = headers['content-length'];
  if (typeof length === 'string' && status !== 204 && status !== 304) told.push('content-length', length);
  return told;
};
