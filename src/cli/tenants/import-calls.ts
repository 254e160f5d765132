import { setTimeout } from 'node:timers/promises';
import type { TenantRow } from '../../domain/tenant-import.ts';
import { callJson } from '../call-json.ts';
import { reasonOf } from '../listen/hub-call.ts';

/** What the hub says of a row; see `POST /operator/v1/tenants/import`. */
export type Outcome = {
  orgno: string | null;
  what: 'new' | 'changed' | 'unchanged' | 'refused';
  tenantId: string | null;
  changes: { field: string; ours: unknown; theirs: unknown }[];
  problem: { type: string; detail: string } | null;
  invites: boolean;
  invitation: { id: string; link: string; expiresAt: string } | null;
};
export type ImportCall = (
  rows: readonly TenantRow[],
  ask: { dryRun: boolean; invite?: { language?: string } | undefined },
) => Promise<Outcome[]>;

const mostTries = 5;
const mostPauseMs = 10_000;

const isOutcomes = (items: unknown, many: number): items is Outcome[] =>
  Array.isArray(items) && items.length === many && items.every((item) => typeof item === 'object' && item !== null);

/** Rows to the hub, and what it says of each; tries again while it says that it has too much to do. @throws Error */
export const importCall =
  (hub: URL, key: string): ImportCall =>
  async (rows, ask) => {
    const url = new URL('/operator/v1/tenants/import', hub).href;
    for (let tries = 1; ; tries += 1) {
      const { status, body, headers } = await callJson('POST', url, key, { rows, ...ask }).catch((error: unknown) => {
        throw new Error(`no answer from ${hub.origin} (${reasonOf(error)})`);
      });
      if (status === 200 && isOutcomes(body['items'], rows.length)) return body['items'];
      if ((status === 429 || status === 503) && tries < mostTries) {
        const seconds = Number(headers.get('retry-after')) || 1;
        await setTimeout(Math.min(seconds * 1000, mostPauseMs));
        continue;
      }
      if (status === 401) throw new Error('The hub does not know this operator key');
      const said =
        typeof body['detail'] === 'string' ? body['detail'].replace(/\p{Cc}/gu, ' ') : `it answers ${status}`;
      throw new Error(
        String(body['type'] ?? '').startsWith('/problems/')
          ? `The hub says: ${said}`
          : `There is no hub at ${hub.origin}: ${said}`,
      );
    }
  };
