import { parentPort, workerData } from 'node:worker_threads';
import { Problem } from '../../domain/problem.ts';
import { readHandedKey } from './handed-key.ts';
import type { FromThread } from './read-in-thread.ts';

/** What started this thread has sent it a key to read, and waits for one message. */
const read = (): FromThread => {
  try {
    const { chain, ...found } = readHandedKey(workerData);
    return { ...found, chain: chain.map(({ raw }) => raw) };
  } catch (error) {
    if (!(error instanceof Problem && error.code === 'key-unusable')) throw error;
    return { field: error.more.errors?.[0]?.field.slice(1) ?? '', detail: error.detail };
  }
};

parentPort?.postMessage(read());
