import type { Examination } from '../../compose-examination.ts';
import { findClient } from '../../usecases/tokens/find-client.ts';
import { whileItLives } from '../../usecases/tokens/while-it-lives.ts';
import type { Tenant } from '../../usecases/use-cases.ts';
import { readHouse } from '../doctor/house.ts';
import { openedKey, tryToken } from '../doctor/try-token.ts';

/** Tokens to read a tenant's consents with, asked for as a worker would; each is used while it lives. */
export const openTenantToken = async (
  parts: Examination,
  tenant: Pick<Tenant, 'orgno'>,
): Promise<() => Promise<string>> => {
  const { settings, clock } = parts;
  const { clients } = await readHouse(parts);
  const scope = settings.consentScope;
  const by = await findClient({ memories: { clients: async () => clients }, settings })(scope);
  const opened = await openedKey(parts, by);
  if ('closed' in opened) throw new Error(`Nothing to sign with: ${opened.closed}`);
  const ask = { clientId: by.client.clientId, key: opened.key, scope, consumer: tenant.orgno };
  const fetched = async () => {
    const tried = await tryToken(parts, ask);
    if ('issued' in tried) return tried.issued;
    const { code, detail, link } = tried.problem;
    throw new Error(
      `No token for ${tenant.orgno}: ${detail} (/problems/${code})${link === undefined ? '' : `\n${link}`}`,
    );
  };
  const known = whileItLives(clock, fetched);
  return async () => (await known()).token;
};
