import { RegisterFault } from '../usecases/owner-registers-port.ts';
import { type HttpAnswer, type HttpCall, NoAnswer, openHttpCaller } from './http-caller.ts';
import { member } from './token-claims.ts';

/** A page of members or of grants is short; a whole list of rights may not be. */
const maxBytes = 30_000_000;

const said = ({ body, reason }: HttpAnswer): string => {
  const [first] = [member(body, 'validationErrors'), member(body, 'errors')].flat();
  const texts = [
    member(first, 'detail'),
    member(first, 'errorMessage'),
    member(body, 'detail'),
    member(body, 'title'),
    reason,
  ];
  const text = texts.find((one) => typeof one === 'string' && one !== '');
  const code = member(first, 'code') ?? member(body, 'code');
  return [code, text]
    .filter((one) => typeof one === 'string')
    .join(': ')
    .slice(0, 300);
};

/** Calls to what an API's owner keeps elsewhere, with a token of its own. Every answer that was not wished for is a RegisterFault. */
export const openRegisterCalls = (baseUrl: string, timeoutMs?: number) => {
  const http = openHttpCaller({ timeoutMs, maxBytes });
  const base = new URL(baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`);
  const call = async (
    ask: HttpCall,
    token: string,
    wished: readonly number[],
    signal: AbortSignal,
  ): Promise<HttpAnswer> => {
    const headers = {
      ...ask.headers,
      authorization: `Bearer ${token}`,
      accept: 'application/json',
      ...(ask.body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    let answer: HttpAnswer;
    try {
      answer = await http.call({ ...ask, headers }, signal);
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      throw new RegisterFault(`no answer from ${error.message}`, { passing: true, cause: error });
    }
    if (wished.includes(answer.status)) return answer;
    const { status } = answer;
    const why = said(answer);
    throw new RegisterFault(`${ask.url.host} answered ${status}${why === '' ? '' : ` (${why})`}`, {
      passing: status === 429 || status >= 500,
      retryAfterSeconds: answer.retryAfterSeconds,
    });
  };
  return { base, call, close: http.close };
};

/** What a register calls an organisation; anything else goes into no address, report or audit of ours. */
export const isOrgno = (text: unknown): text is string => typeof text === 'string' && /^\d{9}$/.test(text);

/** An answer of 200 that is none of the shape it should have. */
export const unreadable = (url: URL): RegisterFault =>
  new RegisterFault(`${url.host} gave an answer that cannot be read`);
