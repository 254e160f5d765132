import { mustCall } from '../../src/cli/call-json.ts';
import { isOrganizationNumber } from '../../src/domain/party.ts';
import { tenantScopes } from '../../src/usecases/use-cases.ts';
import { operatorKey, type World } from './hub-test.ts';

export type NewBank = { id: string; orgno: string; key: string };

const organizationNumbers = (count: number): string[] => {
  const found: string[] = [];
  for (let number = 310_200_000; found.length < count; number += 1)
    if (isOrganizationNumber(String(number))) found.push(String(number));
  return found;
};

/**
 * So many banks at once that nobody has given anything yet, but for what Altinn gives to all. `first`: what is done for
 * one before the hub hears of it.
 */
export const newBanks = async (
  { url, sandbox, receiver }: Pick<World, 'url' | 'sandbox' | 'receiver'>,
  count: number,
  services: readonly string[],
  first: (orgno: string, place: number) => Promise<unknown> = async () => undefined,
): Promise<NewBank[]> => {
  const orgnos = organizationNumbers(count);
  for (const [place, orgno] of orgnos.entries()) {
    const name = `Bank ${orgno}`;
    await mustCall('POST', `${sandbox.url}/sandbox/organizations`, undefined, { orgno, name });
    await sandbox.grant(orgno, 'altinn:consentrequests.write');
    await first(orgno, place);
  }
  return Promise.all(
    orgnos.map(async (orgno) => {
      const ask = { orgno, name: `Bank ${orgno}`, redirectUrls: [`${receiver.url}/done`], services };
      const { id } = await mustCall('POST', `${url}/operator/v1/tenants`, operatorKey, ask);
      const wish = { name: 'app', scopes: tenantScopes };
      const { key } = await mustCall('POST', `${url}/operator/v1/tenants/${id}/api-keys`, operatorKey, wish);
      return { id: String(id), orgno, key: String(key) };
    }),
  );
};
