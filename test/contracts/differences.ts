import { problemOf } from '../clients/maskinporten/given-client.ts';
import { patience } from '../clients/neighbour.ts';
import type { Opened } from './opened.ts';

const accepted = async ({ submit, does }: Opened): Promise<string> => {
  const { id } = await submit();
  await does(id, 'accept');
  return id;
};

const statusAfter = async (opened: Opened, happens: (id: string) => unknown): Promise<string> => {
  const id = await accepted(opened);
  await happens(id);
  return (await opened.read(id)).status;
};

/** What differs between generations, each row of the table in docs/generations.md: looked at, and put in the table's words. */
export const differences: Record<string, (opened: Opened) => Promise<string>> = {
  async 'A request’s id at Altinn'({ asked, gateway, token }) {
    const submission = asked();
    const { id } = await gateway.submit(submission, token, patience());
    return id === submission.id ? 'the hub’s' : 'Altinn’s own';
  },

  async 'The same request sent twice'({ asked, gateway, token, requests }) {
    const submission = asked();
    for (let count = 0; count < 2; count += 1) await gateway.submit(submission, token, patience());
    return (await requests()) === 1 ? 'one request' : 'two requests';
  },

  async 'No connection to Altinn'({ nowhere, asked, token }) {
    return (await problemOf(nowhere().submit(asked(), token, patience()))).code;
  },

  async 'Too many requests (429)'({ submit, weather }) {
    await weather('submit', { kind: 'status', status: 429 });
    return (await problemOf(submit())).code;
  },

  async 'The name of who is asked'({ asked, gateway, token }) {
    const { fromName: _, ...nameless } = asked();
    const made = await gateway.submit(nameless, token, patience()).catch((error: { code?: string }) => error);
    return 'id' in made ? 'not needed' : `needed: ${made.code}`;
  },

  async 'Somebody unknown'({ submit }) {
    return (await problemOf(submit({ from: { person: '15871200022' } }))).code;
  },

  async 'Taking back a request that nobody has answered'({ withdraw, submit, requests }) {
    const { id } = await submit();
    if (!withdraw) return 'impossible';
    await withdraw(id);
    return (await requests()) === 0 ? 'possible' : 'in vain';
  },

  'Where changes are found': async ({ news }) => news,

  'A revoked consent reads as': (opened) => statusAfter(opened, (id) => opened.does(id, 'revoke')),

  'A consent that ran out reads as': async (opened) => {
    const { id } = await opened.submit({ validTo: new Date(Date.now() + 10_000) });
    await opened.does(id, 'accept');
    opened.move(10_000);
    return (await opened.read(id)).status;
  },

  'Tokens that open the data': async (opened) => (await opened.tokensFor(await accepted(opened))).join(' and '),

  'No token, since no consent is in force': async (opened) => {
    const { id } = await opened.submit();
    return (await problemOf(opened.tokensFor(id))).code;
  },

  async 'A one-time consent after its use is logged'({ useOnce }) {
    if (!useOnce) return 'use is not logged';
    return `ended: ${(await problemOf(useOnce())).code}`;
  },
};
