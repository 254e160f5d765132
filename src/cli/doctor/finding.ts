import type { Mover, ProblemCode } from '../../domain/problem.ts';
import { problems } from '../../domain/problems.ts';
import { mostCounted } from '../../domain/webhook-endpoint.ts';

/**
 * `note` is worth knowing and nobody's fault here; `wrong` makes the command end with 1; `untried` could not be looked at,
 * and says why.
 */
export type Finding = {
  what: string;
  state: 'ok' | 'note' | 'wrong' | 'untried';
  says: string;
  /** What to do about it. */
  next?: string;
  /** Whose move it is, and where they can make it. */
  mover?: Mover;
  link?: string;
  /** The problem's, explained at /problems/<code>, and what Maskinporten's support asks for. */
  code?: string;
  traceId?: string;
  /** The stretch of the path it lies on; a heading in the table. */
  part?: string;
};

export const ok = (what: string, says: string): Finding => ({ what, state: 'ok', says });
export const note = (what: string, says: string, next?: string): Finding => ({
  what,
  state: 'note',
  says,
  ...(next === undefined ? {} : { next }),
});
export const wrong = (what: string, says: string, next: string): Finding => ({ what, state: 'wrong', says, next });
export const untried = (what: string, says: string): Finding => ({ what, state: 'untried', says });

export const span = (seconds: number): string => {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} days`;
};

export const ago = (at: Date, now: Date): string => `${span(Math.max(0, now.getTime() - at.getTime()) / 1000)} ago`;

export const count = (many: number, one: string, more = `${one}s`): string => `${many} ${many === 1 ? one : more}`;

export const orMore = (many: number, one: string, more: string): string =>
  many < mostCounted ? count(many, one, more) : `${mostCounted} or more ${more}`;

/** Nobody outside, and no waiting, mends it. */
export const isOurs = (code: string | null): boolean =>
  code !== null && Object.hasOwn(problems, code) && ['operator', 'us'].includes(problems[code as ProblemCode].mover);

export const whyOf = (code: string | null): string => (code === null ? '' : `, last error ${code} (/problems/${code})`);

/** What its page says to do: whoever is on duty need not open that first. */
export const toldOf = (code: string | null): string =>
  code !== null && Object.hasOwn(problems, code)
    ? `${problems[code as ProblemCode].text.replace(/\.$/, '')} (/problems/${code})`
    : `see /problems/${code}`;

/** The rest of an address may be a secret. */
export const hostOf = (url: string): string =>
  URL.canParse(url) ? new URL(url).host : 'an address that cannot be read';

export const wordsOf = (error: unknown): string => {
  if (error instanceof AggregateError) return error.errors.map(wordsOf).join('; ');
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error && error.message === 'fetch failed' ? wordsOf(error.cause) : error.message;
};

/** However a check fails, or hangs: there is a finding in time, for the others are worth reading too. */
export const inTime = async (
  what: string,
  next: string,
  patienceMs: number,
  look: () => Promise<Finding[]>,
): Promise<Finding[]> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Finding[]>((resolve) => {
    timer = setTimeout(() => resolve([wrong(what, `no answer within ${patienceMs / 1000} s`, next)]), patienceMs);
  });
  try {
    return await Promise.race([look(), late]);
  } catch (error) {
    return [wrong(what, wordsOf(error), next)];
  } finally {
    clearTimeout(timer);
  }
};

export const marks = { ok: '✓', note: '!', wrong: '✗', untried: '–' } as const;

export const table = (findings: readonly Finding[]): string => {
  const width = Math.max(...findings.map(({ what }) => what.length));
  const indent = ' '.repeat(width + 4);
  const lines = findings.flatMap(({ what, state, says, next }) => {
    const [first = '', ...rest] = says.split('\n');
    return [
      `${marks[state]} ${what.padEnd(width)}  ${first}`,
      ...rest.map((line) => `${indent}${line}`),
      ...(next === undefined ? [] : [`${indent}→ ${next}`]),
    ];
  });
  const many = findings.filter(({ state }) => state === 'wrong').length;
  return `${[...lines, '', many === 0 ? 'Nothing is wrong.' : `${count(many, 'thing is', 'things are')} wrong.`].join('\n')}\n`;
};
