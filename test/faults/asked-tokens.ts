import { decodeJwt } from 'jose';
import { expect } from 'vitest';
import { callJson } from '../../src/cli/call-json.ts';
import { operatorOrgno } from '../support/hub-test.ts';
import type { HubProcess } from './processes.ts';

/** One token and no other: whose, for what, for which API, with which consent. */
export type Wish = { orgno: string; key: string; scope: string; resource?: string; consentId?: string };

const organization = (orgno: string) => ({ authority: 'iso6523-actorid-upis', ID: `0192:${orgno}` });

/** The token is the one that was asked for: nothing in it belongs to anybody or anything else. */
export const expectToBeFor = (token: string, { orgno, scope, resource, consentId }: Wish, askedAt: number): void => {
  const claims = decodeJwt(token);
  const details = claims['authorization_details'] as { id: string; to: unknown }[] | undefined;
  expect({
    consumer: claims['consumer'],
    supplier: claims['supplier'],
    scope: claims['scope'],
    aud: claims.aud,
    consents: details?.map(({ id, to }) => ({ id, to })),
  }).toEqual({
    consumer: organization(orgno),
    supplier: orgno === operatorOrgno ? undefined : organization(operatorOrgno),
    scope,
    aud: resource === undefined ? undefined : [resource],
    consents: consentId === undefined ? undefined : [{ id: consentId, to: organization(orgno) }],
  });
  expect((claims.exp ?? 0) * 1000, 'a token that was at its end already').toBeGreaterThan(askedAt);
};

/** What may be said instead of a token while the world is out of joint. */
const excuses = new Set([
  'access-not-delegated',
  'consent-not-usable',
  'maskinporten-unavailable',
  'tenant-suspended',
  'token-not-ready',
]);

/** Asks once, and sees that what is handed out is what was asked for; true when it was. */
export const askFor = async (wish: Wish, api: HubProcess): Promise<boolean> => {
  const askedAt = Date.now();
  const { key, scope, resource, consentId } = wish;
  const { status, body } =
    consentId === undefined
      ? await callJson('POST', `${api.url}/v1/tokens`, key, { scope, ...(resource === undefined ? {} : { resource }) })
      : await callJson('POST', `${api.url}/v1/consents/${consentId}/token`, key);
  if (status !== 200) {
    expect([...excuses]).toContain(String(body['type']).replace('/problems/', ''));
    return false;
  }
  const tokens = consentId === undefined ? [body] : (body['tokens'] as Record<string, unknown>[]);
  expect(tokens).toHaveLength(1);
  for (const { token } of tokens) expectToBeFor(String(token), wish, askedAt);
  return true;
};
