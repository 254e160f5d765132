import type { Examination } from '../../compose-examination.ts';
import { keptLives, type LongestLives } from '../../domain/client-scopes.ts';
import type { Service } from '../../domain/service.ts';
import type { ClientWithKeys } from '../../usecases/memory.ts';
import type { Finding } from './finding.ts';

/** The operator's own: what every path leads through. */
export type House = { clients: ClientWithKeys[]; services: Service[]; lives: LongestLives };

export const readHouse = ({ reader }: Pick<Examination, 'reader'>): Promise<House> =>
  reader.asOperator(async (rows) => ({
    clients: await rows.clients.list(),
    services: await rows.services.list(),
    lives: ((await rows.known.read(keptLives)) as LongestLives | undefined) ?? {},
  }));

/** Maskinporten, Altinn and the clocks, as they were found before the path was walked. */
export type Outside = { maskinporten: Finding; altinn: Finding; altinn2?: Finding; clock: Finding };
