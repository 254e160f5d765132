import { expect } from 'vitest';
import { fateOf, Problem } from '../../src/domain/problem.ts';
import { problems } from '../../src/domain/problems.ts';
import { randomIds } from '../../src/lib/ids.ts';
import { problemOf } from '../clients/maskinporten/given-client.ts';
import { department, patience } from '../clients/neighbour.ts';
import { nationalNumber } from '../support/not-for-logs.ts';
import type { Opened } from './opened.ts';

type Behaviour = (opened: Opened) => Promise<void>;

const moverOf = async (trying: Promise<unknown>) => problems[(await problemOf(trying)).code].mover;

const refusedForGood: Record<string, Parameters<Opened['submit']>[0]> = {
  'somebody nobody knows': { from: { person: '15871200022' } },
  'an end in the past': { validTo: new Date('2020-01-01T00:00:00Z') },
};

/** What a hub may rely on, whichever generation a service lives in. */
export const behaviours: Record<string, Behaviour> = {
  async 'a request is made, and waits for a person at a page of Altinn’s'({ submit, read, requests }) {
    const made = await submit();
    expect(made).toEqual({ id: expect.any(String), status: 'Created', approvalUrl: expect.stringMatching(/^https?:/) });
    expect(await read(made.id)).toEqual(made);
    expect(await requests()).toBe(1);
  },

  async 'it is accepted, and when is told'({ submit, does, read }) {
    const { id } = await submit();
    await does(id, 'accept');
    const { status, consentedAt } = await read(id);
    expect(status).toBe('Accepted');
    expect(Math.abs((consentedAt?.getTime() ?? 0) - Date.now())).toBeLessThan(60_000);
  },

  async 'it is rejected, and stays so'({ submit, does, read }) {
    const { id } = await submit();
    await does(id, 'reject');
    expect(await read(id)).toMatchObject({ status: 'Rejected' });
    expect((await read(id)).consentedAt).toBeUndefined();
  },

  async 'an organisation is asked like a person'({ submit, does, read }) {
    const { id } = await submit({ from: { organization: '910514318' }, fromName: 'Syntetisk foretak' });
    await does(id, 'accept');
    expect(await read(id)).toMatchObject({ status: 'Accepted' });
  },

  async 'its end arrives as the same instant, also in the hour that comes twice'({ submit, endOf }) {
    for (const text of ['2031-03-30T00:59:59.000Z', '2031-10-26T00:30:00.000Z', '2031-10-26T01:30:00.000Z']) {
      const { id } = await submit({ validTo: new Date(text) });
      expect((await endOf(id)).toISOString()).toBe(text);
    }
  },

  async 'tokens come while it is accepted, and then alone'({ submit, does, tokensFor, move }) {
    const { id: open } = await submit();
    const { id: rejected } = await submit();
    await does(rejected, 'reject');
    const { id: revoked } = await submit();
    await does(revoked, 'accept');
    expect(await tokensFor(revoked)).toContain('maskinporten');
    await does(revoked, 'revoke');
    const { id: short } = await submit({ validTo: new Date(Date.now() + 20_000) });
    await does(short, 'accept');
    await tokensFor(short);
    move(20_000);
    for (const id of [open, rejected, revoked, short])
      expect(await moverOf(tokensFor(id)), 'nobody can mend it').toBe('nobody');
  },

  async 'what nobody can grant is refused for good, and makes no request'({ submit, requests }) {
    for (const [what, changes] of Object.entries(refusedForGood)) {
      const problem = await problemOf(submit(changes));
      expect(fateOf(problem), `${what}: ${problem.message}`).toBe('final');
    }
    expect(await requests()).toBe(0);
  },

  async 'who is not on the data source’s list is told to ask its owner'({ submit, strikeOff, requests }) {
    const problem = await problemOf(submit({ rights: await strikeOff() }));
    expect(problem.code).toBe('not-on-access-list');
    expect(fateOf(problem)).toBe('blocked');
    expect(await requests()).toBe(0);
  },

  async 'a token without the scope, and another tenant’s, are told from other refusals'(opened) {
    const { gateway, powerless, token, asked } = opened;
    expect((await problemOf(gateway.submit(asked(), powerless, patience()))).code).toBe('client-scope-missing');
    const foreign = gateway.submit(asked({ to: department }), token, patience());
    expect((await problemOf(foreign)).code).toBe('token-unexpected');
  },

  async 'a token that Altinn does not take may be replaced'({ gateway }) {
    const trying = gateway.read(randomIds.uuid(), 'eyJub3QiOjF9.e30.x', patience());
    expect((await problemOf(trying)).code).toBe('altinn-not-authorised');
  },

  async 'an unknown id is no request, and is not asked for again'({ read }) {
    expect((await problemOf(read(randomIds.uuid()))).code).toBe('altinn-refused');
  },

  async 'bad weather is over soon, and until then nobody claims to know'({ submit, read, weather }) {
    const faults = [
      { kind: 'html', status: 503 },
      { kind: 'html', status: 200 },
      { kind: 'status', status: 500 },
      { kind: 'reset', when: 'before' },
      { kind: 'reset', when: 'after' },
    ];
    const { id } = await submit();
    for (const fault of faults) {
      await weather('read', fault);
      expect((await problemOf(read(id))).code).toBe('altinn-unavailable');
      await weather('submit', fault);
      expect((await problemOf(submit())).code).toBe('altinn-unavailable');
    }
    expect(await read(id)).toMatchObject({ id, status: 'Created' });
  },

  async 'told to wait, it is tried again later'({ submit, weather, requests }) {
    await weather('submit', { kind: 'status', status: 429, retryAfter: 7 });
    const problem = await problemOf(submit());
    expect(fateOf(problem)).toBe('again');
    expect(problem.more.retryAfterSeconds).toBe(7);
    expect(await requests()).toBe(0);
  },

  async 'neither problems nor the log tell who is asked, or hold a token'({ submit, does, tokensFor, lines }) {
    const { id } = await submit();
    const told = await Promise.all(
      [submit({ from: { person: '15871200022' } }), tokensFor(id), does(id, 'accept')].map((trying) =>
        trying.catch((error: unknown) => error),
      ),
    );
    const said = told.map((one) => (one instanceof Problem ? `${one.message} ${JSON.stringify(one.more)}` : ''));
    for (const secret of [nationalNumber, /eyJ|nordmann/i]) expect(`${said.join()}${lines.join()}`).not.toMatch(secret);
  },
};
