import { expect } from 'vitest';
import { given } from '../support/given.ts';
import { engines } from '../support/hub-test.ts';
import { drawn } from './chance.ts';
import { faultTest } from './hub-of-processes.ts';
import { openStory } from './story.ts';

for (const { row: engine, chance, label } of drawn('one-key', engines, 1))
  faultTest(`a hundred creates at once with one key over two APIs are one consent, ${label}`, engine, async (hub) => {
    const apis = [hub.api, await hub.startApi('another api')] as const;
    const ask = given.ask(`${hub.receiver.url}/done`);
    const headers = { 'idempotency-key': `order-${chance.whole(1, 1_000_000)}` };
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) => {
        const prefer = chance.oneOf([{}, { prefer: 'wait=20' }]);
        return hub.call('bank', 'POST', '/v1/consents', ask, { ...headers, ...prefer }, apis[index % 2]);
      }),
    );
    for (const { status, body } of answers) expect([201, 202], JSON.stringify(body)).toContain(status);
    const [id, ...others] = new Set(answers.map(({ body }) => String(body['id'])));
    expect(others).toEqual([]);
    expect(await hub.rows('select id from consents')).toEqual([{ id }]);

    const other = { ...ask, reference: 'another-order' };
    for (const api of apis)
      expect(await hub.call('bank', 'POST', '/v1/consents', other, headers, api)).toMatchObject({ status: 422 });
    const story = openStory(hub, chance);
    story.note('bank', id ?? '');
    await story.endsWell();
  });
