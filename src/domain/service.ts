import type { Generation, Right } from './consent.ts';
import { Problem } from './problem.ts';

/** An entry of the catalogue. */
export type Service = {
  key: string;
  generation: Generation;
  resource?: string;
  serviceCode?: string;
  serviceEditionCode?: number;
  consentHeader?: string;
  dataScope: string;
  metadata: string[];
  maxValidityDays?: number;
  /** Kept off that end: a consent for ten days that summer time ends in is an hour too long. */
  validityMarginMinutes?: number;
  messageAllowed: boolean;
  messageRequired?: boolean;
  /** Of Altinn's page, where it is known: services of different ones cannot be asked for together. */
  template?: string;
  dataUrl?: string;
  /** Method and path patterns that the pass-through lets out: `GET /inntekt/{from}`. */
  dataPaths: string[];
  /** What is not said is as usual (`data-source.ts`). */
  dataRequestHeaders?: string[];
  dataResponseHeaders?: string[];
  dataMaxBytes?: number;
  dataTimeoutSeconds?: number;
  checkDataAccess: boolean;
};

type Clearable = 'consentHeader' | 'maxValidityDays' | 'validityMarginMinutes' | 'template' | 'dataUrl';
/** What is to be another; null empties. */
export type ServiceChange = Partial<Omit<Service, Clearable>> & {
  [F in Clearable]?: Exclude<Service[F], undefined> | null;
};

/** What its generation of Altinn calls it: the resource's id, or code and edition. */
export const upstreamName = ({
  key,
  generation,
  resource,
  serviceCode,
  serviceEditionCode,
}: Pick<Service, 'key' | 'generation' | 'resource' | 'serviceCode' | 'serviceEditionCode'>): string =>
  generation === 'altinn3' ? (resource ?? key) : `${serviceCode}_${serviceEditionCode}`;

const minute = 60_000;

/** How far ahead a consent may end; undefined where nobody says. */
export const longestValidityMs = ({ maxValidityDays, validityMarginMinutes = 0 }: Service): number | undefined =>
  maxValidityDays === undefined ? undefined : (maxValidityDays * 24 * 60 - validityMarginMinutes) * minute;

/** The same for people: `10 days less 61 minutes`. */
export const longestValidityWords = ({ maxValidityDays, validityMarginMinutes = 0 }: Service): string =>
  `${maxValidityDays} days${validityMarginMinutes === 0 ? '' : ` less ${validityMarginMinutes} minutes`}`;

/** Why nobody could ask for a right with these names; undefined when somebody can. Altinn reads them without regard to case. */
export const metadataNamesFault = (names: readonly string[]): string | undefined => {
  if (names.length > 50) return 'names more than 50';
  const seen = new Map<string, string>();
  for (const name of names) {
    if (name.trim() === '' || name.length > 100 || /\p{Cc}/u.test(name)) return 'holds what is no name';
    const known = seen.get(name.toLowerCase());
    if (known === name) return `names ${name} twice`;
    if (known !== undefined) return `names ${known} and ${name}, which are one name to Altinn`;
    seen.set(name.toLowerCase(), name);
  }
  return undefined;
};

/** What does not go together in an entry of the catalogue: the field, and why. */
export const serviceFault = (service: Service): { field: string; detail: string } | undefined => {
  const { generation, resource, serviceCode, serviceEditionCode, metadata } = service;
  const needed = generation === 'altinn3' ? { resource } : { serviceCode, serviceEditionCode };
  for (const [field, value] of Object.entries(needed)) if (value === undefined) return { field, detail: 'is missing' };
  const names = metadataNamesFault(metadata);
  if (names !== undefined) return { field: 'metadata', detail: names };
  if (service.messageRequired && !service.messageAllowed)
    return { field: 'messageRequired', detail: 'needs messageAllowed' };
  const { validityMarginMinutes: margin } = service;
  if (margin !== undefined && margin >= (service.maxValidityDays ?? 0) * 24 * 60)
    return { field: 'validityMarginMinutes', detail: 'must be less than maxValidityDays' };
  return undefined;
};

/** Where the fault lies inside a right, as the caller wrote it. */
const at = (index: number, rest: string) => `/rights/${index}/${rest}`;

/**
 * All declared names with a value, and no others: Altinn refuses anything else, so a person need not be asked in vain.
 *
 * @throws Problem `metadata-missing`, `metadata-unknown`
 */
export const checkMetadata = (right: Right, service: Service, index: number): void => {
  const wanted = new Set(service.metadata);
  for (const name of wanted)
    if (!right.metadata[name]?.trim())
      throw new Problem('metadata-missing', `${service.key} needs metadata: ${service.metadata.join(', ')}`, {
        errors: [{ field: at(index, `metadata/${name}`), code: 'metadata-missing', detail: 'needs a value' }],
      });
  for (const name of Object.keys(right.metadata))
    if (!wanted.has(name))
      throw new Problem('metadata-unknown', `${service.key} takes metadata: ${service.metadata.join(', ') || 'none'}`, {
        errors: [
          { field: at(index, `metadata/${name}`), code: 'metadata-unknown', detail: 'is not declared by the service' },
        ],
      });
};

const isAddress = (hostname: string): boolean => hostname.startsWith('[') || /^[\d.]+$/.test(hostname);

/**
 * Why the hub does not carry a person's token to this address; undefined when it does. In production a certificate must vouch
 * for whoever answers, and this machine and its neighbours are no data source.
 */
export const dataUrlFault = (
  text: string,
  production: boolean,
  /** Those that the process was started with, whatever the catalogue says. Undefined: any. */
  hosts?: readonly string[],
): string | undefined => {
  if (!URL.canParse(text)) return 'must be an address';
  const { protocol, hostname, username, password } = new URL(text);
  if (protocol !== 'https:' && protocol !== 'http:') return 'must be an address with https';
  if (username !== '' || password !== '') return 'may hold no user and no password';
  if (hosts && !hosts.includes(new URL(text).host)) return 'is at no host that HUB_DATA_HOSTS names';
  if (!production) return undefined;
  if (protocol !== 'https:') return 'must be an address with https';
  return isAddress(hostname) || /(?:^|\.)localhost\.?$/.test(hostname) ? 'needs the name of a host' : undefined;
};
