import { type KeyObject, X509Certificate } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { openGate } from '../../lib/gate.ts';
import type { HandedKey } from '../../usecases/use-cases.ts';
import type { ReadKey } from './handed-key.ts';
import { unusable } from './unusable.ts';

export type FromThread =
  | { key: KeyObject; kid?: string; chain: Uint8Array[]; chainField: string }
  | { field: string; detail: string };

/** A thread comes up in a tenth of a second; the slowest locks that are let through take some four seconds. */
const patienceMs = 6000;
const threadsAtOnce = 2;
const mostWaiting = 20;

/** Beside this file: as it was written where that is run, else compiled. */
const thread = new URL(`./key-thread${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);
const resourceLimits = { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 16 };

const inTurn = openGate(threadsAtOnce, mostWaiting, () => unusable('', 'Too many keys are being read: try again.'));

const fieldOf = (given: HandedKey): string => ('jwk' in given ? 'jwk' : 'pkcs12' in given ? 'pkcs12' : 'pem');

const answerOf = async (worker: Worker, field: string): Promise<FromThread> => {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<FromThread>((resolve, reject) => {
      timer = setTimeout(() => reject(unusable(field, 'It takes too long to unlock.')), patienceMs);
      worker.once('message', resolve);
      worker.once('error', (error: NodeJS.ErrnoException) => {
        const isFull = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
        reject(isFull ? unusable(field, 'It takes too much memory to unlock.') : error);
      });
      worker.once('exit', () => reject(new Error('the thread that reads keys ended without a word')));
    });
  } finally {
    clearTimeout(timer);
    worker.terminate();
  }
};

/**
 * Reads a key in a thread of its own: whoever made the file says how long a passphrase is stretched, and this process has
 * others to serve meanwhile. What takes too long or too much memory is given up. PKCS#12 is unlocked in JavaScript, which stops
 * there; OpenSSL would go on to its end, and gets only what has been seen to ask for little.
 *
 * @throws Problem `key-unusable`
 */
export const readInThread = (given: HandedKey): Promise<ReadKey> =>
  inTurn(async () => {
    const worker = new Worker(thread, { workerData: given, env: {}, execArgv: [], resourceLimits });
    const read = await answerOf(worker, fieldOf(given));
    if ('detail' in read) throw unusable(read.field, read.detail);
    return { ...read, chain: read.chain.map((der) => new X509Certificate(der)) };
  });
