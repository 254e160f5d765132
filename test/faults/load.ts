import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { Answer } from '../../src/cli/call-json.ts';
import { given } from '../support/given.ts';
import type { TenantName } from '../support/hub-test.ts';
import { until } from '../support/until.ts';
import type { Chance } from './chance.ts';
import type { FaultHub } from './hub-of-processes.ts';
import type { HubProcess } from './processes.ts';
import type { Story } from './story.ts';

type Try = { api: string; status: number | 'no answer' };
type Create = { key: string; who: TenantName; tries: Try[]; id?: string };

/** For a machine that has much else to do, and a hub of which something is away meanwhile. */
const patienceMs = 120_000;

type Options = {
  chance: Chance;
  /** Creates in all. */
  many: number;
  /** Where creates go: asked anew for each try. */
  apis: () => readonly [HubProcess, ...HubProcess[]];
  sideBySide?: number;
  /** Before a create that got no answer is tried again. */
  unanswered?: (create: Create, api: HubProcess) => Promise<void>;
};

/**
 * Apps of both tenants that ask for consent after consent, as they should: each with an `Idempotency-Key`, tried again
 * with the same key until there is an answer. Only a 2xx or a 503 with `Retry-After` may be one.
 */
export const startLoad = (hub: FaultHub, { chance, many, apis, sideBySide = 12, unanswered }: Options) => {
  const creates: Create[] = [];
  /** One and the same body: another with a key that was used is refused. */
  const ask = given.ask(`${hub.receiver.url}/done`);

  const once = async (create: Create): Promise<Answer | undefined> => {
    const api = chance.oneOf(apis());
    const headers = { 'idempotency-key': create.key };
    const answer = await hub.call(create.who, 'POST', '/v1/consents', ask, headers, api).catch(() => undefined);
    create.tries.push({ api: api.name, status: answer?.status ?? 'no answer' });
    if (!answer) await unanswered?.(create, api);
    return answer;
  };

  const lane = async () => {
    while (creates.length < many) {
      const create: Create = { key: randomUUID(), who: chance.oneOf<TenantName>(['bank', 'insurer']), tries: [] };
      creates.push(create);
      create.id = await until(
        `an answer to ${create.key}`,
        async () => {
          const answer = await once(create);
          if (!answer) return undefined;
          if (answer.status === 503) expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
          else expect(answer.status, JSON.stringify(answer.body)).toBe(202);
          return answer.status === 202 && String(answer.body['id']);
        },
        patienceMs,
      );
    }
  };
  const lanes = Promise.allSettled(Array.from({ length: sideBySide }, lane));

  return {
    creates,
    /** So many have been answered; the others are on their way. */
    answered: (count: number): Promise<unknown> =>
      until(
        `${count} answers`,
        () => creates.filter(({ id }) => id !== undefined).length >= Math.min(count, many),
        patienceMs,
      ),
    /** Altinn has so many of them. */
    pending: (count: number): Promise<unknown> =>
      until(
        `${count} consents at Altinn`,
        async () => {
          const found = await hub.rows(`select 1 from consents where status = 'pending'`);
          return found.length >= Math.min(count, many);
        },
        patienceMs,
      ),
    /** Each create has its answer. */
    async ended(): Promise<void> {
      for (const lane of await lanes) if (lane.status === 'rejected') throw lane.reason;
    },
    /** The same, and the story knows of it. */
    async endsIn(story: Story): Promise<void> {
      await this.ended();
      for (const { who, id } of creates) story.note(who, id ?? '');
      expect(new Set(creates.map(({ id }) => id)).size).toBe(creates.length);
    },
  };
};
