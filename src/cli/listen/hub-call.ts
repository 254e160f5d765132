/** For good: whoever listens must change something first. */
export class Refused extends Error {}

/** For now: the hub, or the way to it, is away. */
export class Away extends Error {
  readonly afterMs: number;
  /** Nobody answered at all. */
  readonly isUnreachable: boolean;
  constructor(message: string, { afterMs = 0, isUnreachable = false } = {}) {
    super(message);
    this.afterMs = afterMs;
    this.isUnreachable = isUnreachable;
  }
}

const mostPauseMs = 60_000;

type Told = { type?: unknown; detail?: unknown; title?: unknown };
/** It is printed, and may be anybody's: nothing in it is for the terminal to obey. */
const textOf = (value: unknown): string => (typeof value === 'string' ? value.replace(/\p{Cc}/gu, ' ') : '');

/** Why there was no answer, as short as it can be said. */
export const reasonOf = (error: unknown): string => {
  const { cause, name, message } = error as Error & { cause?: { code?: unknown; message?: unknown } };
  return textOf(cause?.code) || textOf(cause?.message) || (name === 'TimeoutError' ? 'too slow' : message);
};

const refusal = async (response: Response, hub: URL): Promise<Error> => {
  const { status, headers } = response;
  const text = await response.text().catch(() => '');
  let told: Told = {};
  try {
    told = JSON.parse(text) as Told;
  } catch {
    // Somebody else's page.
  }
  const said = textOf(told.detail) || textOf(told.title) || `it answers ${status}`;
  const isProblem = textOf(told.type).startsWith('/problems/');
  if (status === 429 || status >= 500) {
    const seconds = Number(headers.get('retry-after')) || 0;
    return new Away(`the hub says: ${said}`, { afterMs: Math.min(seconds * 1000, mostPauseMs) });
  }
  if (status === 404 || !isProblem) return new Refused(`There is no hub at ${hub.origin}: it answers ${status}`);
  if (status === 401)
    return new Refused('The hub does not know this key: it is expired, revoked, or a key of another hub');
  if (textOf(told.type).endsWith('/scope-missing'))
    return new Refused('The key may not read events: make one with the scope events:read');
  if (status === 410) return new Refused('What came after this cursor is no longer kept: begin with --from-start');
  return new Refused(`The hub says: ${said}`);
};

export type Call = (path: string, headers: Record<string, string>, signal: AbortSignal) => Promise<Response>;

/** One call to the hub; its answer is 200, or 404 where there is no such address. @throws Refused, Away */
export const hubCall =
  (hub: URL, key: string): Call =>
  async (path, headers, signal) => {
    const response = await fetch(new URL(path, hub), {
      redirect: 'manual',
      signal,
      headers: { authorization: `Bearer ${key}`, 'user-agent': 'samtykkehub listen', ...headers },
    }).catch((error: unknown) => {
      throw new Away(`no answer from ${hub.origin} (${reasonOf(error)})`, { isUnreachable: true });
    });
    if (response.status === 200 || response.status === 404) return response;
    throw await refusal(response, hub);
  };

/** What an answer says that no hub gives. */
export const notAHub = (hub: URL): Refused => new Refused(`There is no hub at ${hub.origin}: somebody else answers`);
