import type { IncomingHttpHeaders } from 'node:http';
import { orgnoIn, type ReadBearer, scopesIn } from '../bearer.ts';
import type { Settings } from '../settings.ts';
import { SelfServiceRefused } from './refusals.ts';

/** Who may change may read, and who may create may do both: a token with `idporten:dcr.write` alone is seen to do all of it. */
const opening = {
  read: ['idporten:dcr.read', 'idporten:dcr.modify', 'idporten:dcr.write'],
  modify: ['idporten:dcr.modify', 'idporten:dcr.write'],
  write: ['idporten:dcr.write'],
} as const;

/** What a call does with clients. */
export type Deed = keyof typeof opening;

/** Whose clients are asked about: the organisation of a token of Maskinporten's that it asked for itself. */
export const openCaller =
  (readBearer: ReadBearer, settings: Settings) =>
  async (headers: IncomingHttpHeaders, scopes: readonly string[]): Promise<string> => {
    const claims = await readBearer(headers);
    if (!claims) throw new SelfServiceRefused(401, 'invalid_token', 'The access token is missing or not valid');
    const orgno = orgnoIn(claims.consumer);
    // Clients of one's own are not kept on somebody's behalf.
    if (orgno === undefined || claims.supplier !== undefined || !scopesIn(claims).some((one) => scopes.includes(one)))
      throw new SelfServiceRefused(403, 'insufficient_scope', `The access token needs one of ${scopes.join(', ')}`);
    if (!settings.selfServiceTermsSigned)
      throw new SelfServiceRefused(428, 'PRECONDITION_REQUIRED', 'Terms of use must be signed');
    return orgno;
  };

export const scopesFor = (deed: Deed): readonly string[] => opening[deed];
