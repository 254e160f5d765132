import pg from 'pg';
import { expect, onTestFinished } from 'vitest';
import type { Finding } from '../../src/cli/doctor/finding.ts';
import type { FreshDatabase } from '../support/database.ts';
import { runHub } from './run-hub.ts';

/** What `hub doctor` says; `wrong` are the names of what is. */
export const examine = async (settings: NodeJS.ProcessEnv) => {
  const { code, stdout, stderr } = await runHub(['doctor', '--json'], settings);
  const { ok, findings } = JSON.parse(stdout) as { ok: boolean; findings: Finding[] };
  const wrong = [...new Set(findings.filter(({ state }) => state === 'wrong').map(({ what }) => what))];
  expect({ code, ok, stderr }).toEqual(
    wrong.length === 0 ? { code: 0, ok: true, stderr: '' } : { code: 1, ok: false, stderr: '' },
  );
  for (const finding of findings.filter(({ state }) => state === 'wrong')) expect(finding.next).toMatch(/\w/);
  return { wrong, of: (what: string) => findings.filter((finding) => finding.what === what) };
};

/** For this test, with a connection that sees everything. */
export const ownDatabase = async (made: Promise<FreshDatabase>): Promise<FreshDatabase & { admin: pg.Client }> => {
  const fresh = await made;
  const admin = new pg.Client({ connectionString: fresh.adminUrl });
  await admin.connect();
  onTestFinished(async () => {
    await admin.end();
    await fresh.drop();
  });
  return { ...fresh, admin };
};
