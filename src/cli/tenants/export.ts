import { hash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type CommandParts, openCommand } from '../../compose-command.ts';
import type { Config } from '../../config.ts';
import { openLog } from '../../lib/log.ts';
import { scrub } from '../../lib/mask.ts';
import { sealingRing } from '../../lib/seal.ts';
import { signOnce } from '../../lib/signed-manifest.ts';
import { openKeys } from '../../local-keys.ts';
import { leftOut, readWholeTenant, type TenantLine } from '../../store/whole-tenant.ts';
import { systemEntry } from '../../usecases/audit.ts';
import { openParties } from '../../usecases/consents/parties.ts';
import type { Tenant } from '../../usecases/use-cases.ts';
import { stopWanted } from '../stop-signals.ts';
import { sayUsage } from '../usage.ts';
import { withDatabase } from '../with-database.ts';
import { type Manifest, openParts } from './archive-parts.ts';
import { writeTar } from './tar.ts';

export const exportUsage = `hub tenants export <orgno or id>   everything of a tenant as a signed archive: a tar of JSON lines
  --out <folder>                  where it goes; this one unless said
  --with-persons                  open the national numbers that are still kept, too (needs HUB_SEALING_KEYS; audited)
`;

type Asked = { whose: string; out: string; withPersons: boolean };

const read = (words: readonly string[]): Asked | undefined => {
  const options = {
    out: { type: 'string', default: '.' },
    'with-persons': { type: 'boolean', default: false },
  } as const;
  try {
    const { values, positionals } = parseArgs({ args: [...words], options, allowPositionals: true });
    const [whose, ...more] = positionals;
    // Not repeated: whoever mistook it may have typed a person's number.
    if (whose === undefined || more.length > 0 || !/^(?:\d{9}|[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})$/.test(whose))
      return undefined;
    return { whose, out: values.out, withPersons: values['with-persons'] };
  } catch {
    return undefined;
  }
};

const findTenant = async ({ store }: CommandParts, whose: string): Promise<Tenant> => {
  const tenant = await store.asOperator(async (rows) =>
    whose.length === 9 ? (await rows.tenants.findByOrgnos([whose]))[0] : rows.tenants.find(whose),
  );
  if (!tenant) throw new Error('There is no such tenant');
  return tenant;
};

/** Lines as they go out: with the persons, where they were asked for and are still kept. */
const linesWith = async (config: Config, tenantId: string, withPersons: boolean) => {
  if (!withPersons) return (lines: readonly TenantLine[]) => lines.map(({ line }) => line);
  const { sealing } = await openKeys(config, { openKeystore: false });
  if (sealing.length === 0) throw new Error('HUB_SEALING_KEYS: is needed to open national numbers');
  const ring = sealingRing(sealing);
  return (lines: readonly TenantLine[]) =>
    lines.map(({ line, id = '', party }) =>
      party ? JSON.stringify({ ...JSON.parse(line), parties: openParties(ring, tenantId, id, party) }) : line,
    );
};

const run = async (config: Config, databaseUrl: string, { whose, out, withPersons }: Asked): Promise<string> => {
  const parts = await openCommand(config, databaseUrl, openLog('warn'));
  const folder = resolve(out);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const spool = await mkdtemp(join(folder, '.archive-'));
  const begun = [spool];
  // What was opened does not lie about because somebody was impatient.
  void stopWanted().then(() => {
    for (const path of begun) rmSync(path, { recursive: true, force: true });
    process.exit(130);
  });
  try {
    const { clock, ids, store } = parts;
    const { id, orgno, name } = await findTenant(parts, whose);
    const shown = await linesWith(config, id, withPersons);
    const lines = openParts(spool);
    const madeAt = clock.now();
    await readWholeTenant(config.database.directUrl ?? databaseUrl, id, (table, some) => lines.add(table, shown(some)));
    const files = await lines.end();
    const archive = ids.uuid();
    const manifest: Manifest = {
      ...{
        format: 'samtykkehub-archive/1',
        archive,
        madeAt: madeAt.toISOString(),
        tenant: { id, orgno, name },
        withPersons,
      },
      files: files.map(({ path: _, ...file }) => file),
      leftOut,
      keyAt: new URL(`/archive-keys/${archive}`, config.publicUrl ?? `http://localhost:${config.port}`).href,
    };
    const text = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
    const { jws, publicJwk } = await signOnce(text, archive);
    const manifestDigest = hash('sha256', text, 'buffer');
    await store.asOperator(async (rows) => {
      await rows.leaving.addArchive({ id: archive, tenantId: id, madeAt, withPersons, manifestDigest, publicJwk });
      const details = { archive, withPersons, manifestSha256: manifestDigest.toString('hex') };
      await rows.audit.add({ ...systemEntry(parts, 'tenants export', 'tenant.exported', id, details), tenantId: id });
    });
    const path = join(folder, `${orgno}-${archive}.tar`);
    const entries = [
      { name: 'manifest.json', bytes: text },
      { name: 'manifest.jws', bytes: Buffer.from(jws) },
      ...files.map((file) => ({ name: file.name, path: file.path, size: file.bytes })),
    ];
    begun.push(path);
    await writeTar(path, entries, madeAt).catch(async (error: unknown) => {
      await rm(path, { force: true });
      throw error;
    });
    const rows = files.reduce((all, file) => all + file.rows, 0);
    return `${path}\n${rows} rows in ${files.length} files; its key is published at ${manifest.keyAt}\n`;
  } finally {
    await rm(spool, { recursive: true, force: true });
    await parts.close();
  }
};

/** `hub tenants export`: on the database, as it opens what is sealed and may be large. */
export const exportCommand = async (words: readonly string[]): Promise<number> => {
  const ask = read(words);
  if (!ask) return sayUsage(words, exportUsage);
  return withDatabase(async ({ config, databaseUrl }) => {
    process.stdout.write(scrub(await run(config, databaseUrl, ask)));
    return 0;
  });
};
