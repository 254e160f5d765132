import { expect } from 'vitest';
import { given, persons } from '../support/given.ts';
import { hubTest } from '../support/hub-test.ts';
import { offerBoth } from '../support/offer-both.ts';
import { until } from '../support/until.ts';

type Token = { kind: string; token: string; header: string; expiresAt: string };

for (const generation of ['altinn3', 'altinn2'] as const)
  hubTest(`asked, accepted, its data read, taken back and told: ${generation}`, async (world) => {
    const { call, receiver, sandbox } = world;
    await offerBoth(world);
    const asked = await call('bank', 'POST', '/v1/consents', given.askOf(generation, `${receiver.url}/done`), {
      prefer: 'wait=20',
    });
    expect(asked.body).toMatchObject({ status: 'pending', problem: null });
    expect(asked.status).toBe(201);
    const [id, approvalUrl] = [String(asked.body['id']), String(asked.body['approvalUrl'])];
    const back = await world.answer(approvalUrl, 'accept');
    expect(Object.fromEntries(back.searchParams)).toEqual({ consent: id, status: 'accepted' });
    await world.becomes('bank', id, 'accepted');

    const tokens = async () => {
      const { status, body } = await call('bank', 'POST', `/v1/consents/${id}/token`);
      return { status, tokens: (body['tokens'] ?? []) as Token[], code: String(body['type'] ?? '') };
    };
    const data = async (with_: readonly Token[]) => {
      const headers = Object.fromEntries(
        with_.map(({ header, token }) => [header, header === 'Authorization' ? `Bearer ${token}` : token]),
      );
      return (
        await fetch(`${sandbox.url}/data/skatteetaten/inntekt/${persons.one}?fraOgMed=2025-01&tilOgMed=2025-12`, {
          headers,
        })
      ).status;
    };
    const first = await tokens();
    expect(first.tokens.map(({ kind }) => kind)).toEqual(
      generation === 'altinn3' ? ['maskinporten'] : ['maskinporten', 'consent'],
    );
    expect(await data(first.tokens)).toBe(200);
    const path = `/v1/consents/${id}/data/inntekt/%7Bfrom%7D?fraOgMed=2025-01&tilOgMed=2025-12`;
    const read = await call('bank', 'GET', path);
    expect(read.status, JSON.stringify(read.body)).toBe(200);
    expect(read.body['inntekt']).toHaveLength(12);
    // A use is noted before its data go on.
    await world.settled();
    const uses = (await sandbox.calls('altinn2-log-use')).map(({ status }) => status);
    expect(uses).toEqual(generation === 'altinn3' ? [] : [204]);

    const upstreamId = new URL(approvalUrl).searchParams.get('id') ?? '';
    expect(upstreamId === id).toBe(generation === 'altinn3');
    await sandbox.person(upstreamId, 'revoke');
    // A consent token is good for half a minute, whatever became of the consent.
    await sandbox.advance(150_000);
    await until('the tokens to be refused', async () => (await tokens()).status === 409);
    await world.becomes('bank', id, 'revoked');
    expect((await call('bank', 'GET', path)).status).toBe(409);
    await receiver.got('consent.revoked', id);
    const told = receiver.received.filter(({ event }) => event.data.consent?.['id'] === id);
    expect(told.map(({ event }) => event.type)).toEqual(['consent.requested', 'consent.accepted', 'consent.revoked']);
  });
