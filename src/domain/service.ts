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
  messageAllowed: boolean;
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

/** What its generation of Altinn calls it: the resource's id, or code and edition. */
export const upstreamName = ({ key, generation, resource, serviceCode, serviceEditionCode }: Service): string =>
  generation === 'altinn3' ? (resource ?? key) : `${serviceCode}_${serviceEditionCode}`;

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
export const dataUrlFault = (text: string, production: boolean): string | undefined => {
  if (!URL.canParse(text)) return 'must be an address';
  const { protocol, hostname, username, password } = new URL(text);
  if (protocol !== 'https:' && protocol !== 'http:') return 'must be an address with https';
  if (username !== '' || password !== '') return 'may hold no user and no password';
  if (!production) return undefined;
  if (protocol !== 'https:') return 'must be an address with https';
  return isAddress(hostname) || /(?:^|\.)localhost\.?$/.test(hostname) ? 'needs the name of a host' : undefined;
};
