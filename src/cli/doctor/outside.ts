import type { Config } from '../../config.ts';
import { type Finding, note, ok, wordsOf, wrong } from './finding.ts';

const patienceMs = 5000;

type Looked = { finding: Finding; aheadMs?: number };

/** What their clock shows less ours. The header has whole seconds: half of one is its error. */
const aheadOf = (response: Response, sentAt: number): number | undefined => {
  const date = Date.parse(response.headers.get('date') ?? '');
  return Number.isNaN(date) ? undefined : date + 500 - (sentAt + Date.now()) / 2;
};

const look = async (
  what: string,
  setting: string,
  url: string,
  ownSandbox: boolean,
  faultOf: (response: Response) => Promise<string | undefined>,
): Promise<Looked> => {
  const sentAt = Date.now();
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(patienceMs), redirect: 'manual' });
    const aheadMs = aheadOf(response, sentAt);
    const fault = response.status === 200 ? await faultOf(response) : `answers ${response.status}`;
    await response.body?.cancel().catch(() => undefined);
    const finding =
      fault === undefined
        ? ok(what, `${url} answers`)
        : wrong(
            what,
            `${url} ${fault}`,
            response.status >= 500 || response.status === 429
              ? 'theirs to mend: what is owed waits and goes on by itself; see their status page'
              : `is ${setting} right?`,
          );
    return { finding, ...(aheadMs === undefined ? {} : { aheadMs }) };
  } catch (error) {
    const next = ownSandbox
      ? 'the sandbox runs with `hub all`, or alone with `hub sandbox`'
      : `is it up, may this machine reach it (proxy, firewall, DNS), and is ${setting} right?`;
    return { finding: wrong(what, `${url} does not answer: ${wordsOf(error)}`, next) };
  }
};

const metadataFault = (issuer: string) => async (response: Response) => {
  const read = (await response.json().catch(() => undefined)) as
    | { issuer?: unknown; token_endpoint?: unknown }
    | undefined;
  if (typeof read?.token_endpoint !== 'string') return 'answers with something that is no metadata';
  return read.issuer === issuer ? undefined : 'names another issuer than MASKINPORTEN_ISSUER does';
};

const second = (ms: number): string => `${(Math.abs(ms) / 1000).toFixed(1)} s ${ms < 0 ? 'behind' : 'ahead'}`;

/** Maskinporten refuses a grant that was issued ten seconds ahead of its clock; workers date grants by that from two on. */
const clock = (clocks: Record<string, number | undefined>): Finding => {
  const known = Object.entries(clocks).filter((entry): entry is [string, number] => entry[1] !== undefined);
  if (known.length === 0) return note('clock', 'nobody could be asked for the time');
  const says = known.map(([whose, ahead]) => `${whose} is ${second(ahead)}`).join(', ');
  const worst = Math.max(...known.map(([, ahead]) => Math.abs(ahead)));
  if (worst <= 3000) return ok('clock', says);
  const next =
    'set the clock of this machine by NTP: grants are made by Maskinporten’s meanwhile, all else goes by ours';
  return worst > 8000 ? wrong('clock', says, next) : note('clock', says, next);
};

/** Maskinporten, Altinn in both generations, and what time it is. */
export const examineOutside = async (
  config: Config,
): Promise<{
  maskinporten: Finding;
  altinn: Finding;
  /** Missing where nobody has set it up. */
  altinn2?: Finding;
  clockWith: (databaseAheadMs: number | undefined) => Finding;
}> => {
  const { url: altinn2Url, isSet } = config.altinn2;
  const [maskinporten, altinn, altinn2] = await Promise.all([
    look(
      'Maskinporten',
      'MASKINPORTEN_ISSUER',
      `${config.issuer}.well-known/oauth-authorization-server`,
      config.ownSandbox,
      metadataFault(config.issuer),
    ),
    look(
      'Altinn 3',
      'ALTINN3_URL',
      `${config.altinn3Url}resourceregistry/api/v1/resource/resourcelist`,
      config.ownSandbox,
      async () => undefined,
    ),
    isSet
      ? look(
          'Altinn 2',
          'ALTINN2_URL',
          `${altinn2Url}.well-known/oauth-authorization-server`,
          config.ownSandbox,
          async () => undefined,
        )
      : undefined,
  ]);
  return {
    maskinporten: maskinporten.finding,
    altinn: altinn.finding,
    ...(altinn2 ? { altinn2: altinn2.finding } : {}),
    clockWith: (database) =>
      clock({ Maskinporten: maskinporten.aheadMs, Altinn: altinn.aheadMs, 'the database': database }),
  };
};
