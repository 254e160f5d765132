import { openDatabase } from '../../compose.ts';
import { openExamination } from '../../compose-examination.ts';
import type { Config } from '../../config.ts';
import { silentLog } from '../../lib/log.ts';
import { tryLogin } from '../../store/look-over.ts';
import { clientPath } from './client-path.ts';
import { type Finding, wordsOf, wrong } from './finding.ts';
import { examineOutside } from './outside.ts';
import { tenantPath } from './tenant-path.ts';

/** Whose path: a client of ours by name, `client_id` or id; a tenant by its organisation number. */
export type Whose = { client: string } | { tenant: string };

const walked = async (config: Config, databaseUrl: string, whose: Whose, hsm: boolean): Promise<Finding[]> => {
  const outside = examineOutside(config);
  await tryLogin(databaseUrl);
  const parts = await openExamination(config, databaseUrl, { hsm });
  try {
    const fault = await parts.reader.fault();
    if (fault !== undefined) return [wrong('database', fault, '`hub doctor` says more of the database')];
    const { maskinporten, altinn, altinn2, clockWith } = await outside;
    const short = (line: Finding, address: string): Finding =>
      line.state === 'ok' ? { ...line, says: `${address} answers` } : line;
    const found = {
      maskinporten: short(maskinporten, config.issuer),
      altinn: short(altinn, config.altinn3Url),
      ...(altinn2 ? { altinn2: short(altinn2, config.altinn2.url) } : {}),
      clock: clockWith(undefined),
    };
    return await ('client' in whose ? clientPath(parts, whose.client, found) : tenantPath(parts, whose.tenant, found));
  } finally {
    await parts.close();
  }
};

/**
 * Walks the whole path of one client or tenant. Asks outside as a worker would, and changes nothing, here or there. With `hsm`
 * also the PIN of an HSM is used, which counts wrong ones.
 */
export const examinePath = async (config: Config, whose: Whose, hsm: boolean): Promise<Finding[]> => {
  try {
    const database = await openDatabase(config, silentLog);
    try {
      return await walked(config, database.url, whose, hsm);
    } finally {
      await database.close();
    }
  } catch (error) {
    return [wrong('database', wordsOf(error), '`hub doctor` says more of the database and the configuration')];
  }
};
