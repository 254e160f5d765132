import type { Place } from '../lib/seal.ts';
import { withLogin } from './direct-login.ts';
import { sealedColumns } from './reseal.ts';

/** What is sealed, to be tried with the keys at hand: with the ring, and for the keystore. */
export type SealedSamples = {
  ring: { place: Place; sealed: Uint8Array }[];
  keystore: { client: string; clientId: string; keyId: string; sealed: string }[];
};

/** So many of a kind: a supplier has hundreds of tenants, and none of these columns is ever empty. */
const most = 500;
const tried = ['hmac_key_sealed', 'secret_sealed'];

const keysText = `
  select c.name as client, c.id as "clientId", k.id as "keyId", k.private_sealed as sealed
  from maskinporten_keys k join maskinporten_clients c on c.id = k.client_id
  where k.private_sealed is not null and k.state <> 'retired' order by k.created_at desc limit ${most}`;

/** Each tenant's own key and each endpoint's secret, the newest first, and the private keys of Maskinporten clients. */
export const sealedSamples = (databaseUrl: string): Promise<SealedSamples> =>
  withLogin(
    databaseUrl,
    async (client) => {
      await client.query(`set statement_timeout = '5s'; set role hub_operator`);
      const ring: SealedSamples['ring'] = [];
      for (const { table, column, keys, place } of sealedColumns.filter((one) => tried.includes(one.column))) {
        const { rows } = await client.query<Record<string, string> & { sealed: Buffer }>(
          `select ${keys.join(', ')}, ${column} as sealed from ${table} order by created_at desc limit ${most}`,
        );
        ring.push(...rows.map(({ sealed, ...row }) => ({ place: place(row), sealed: sealed as Buffer })));
      }
      return { ring, keystore: (await client.query<SealedSamples['keystore'][number]>(keysText)).rows };
    },
    { name: 'hub doctor', patienceMs: 5000 },
  );
