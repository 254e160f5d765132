import { onTestFinished } from 'vitest';
import { openDataSources } from '../../../src/clients/data-source/data-sources.ts';
import type { DataCall, DataTaker } from '../../../src/usecases/data-port.ts';

/** Closed when the test ends, the latest first. */
export const closing = <T extends { close(): Promise<void> }>(opened: T): T => {
  onTestFinished(opened.close);
  return opened;
};
export const sources = (options: Parameters<typeof openDataSources>[0] = {}) => closing(openDataSources(options));

/** Takes everything, or no more than so much until it is drained. */
export const taker = ({ most = Number.POSITIVE_INFINITY } = {}) => {
  let drained = () => {};
  let left = () => {};
  const told = {
    status: 0,
    headers: {} as Readonly<Record<string, string | string[] | undefined>>,
    chunks: [] as Uint8Array[],
    bytes: 0,
    ended: '',
  };
  const takes: DataTaker = {
    begin: (status, headers) => Object.assign(told, { status, headers }),
    write(bytes) {
      told.chunks.push(bytes);
      told.bytes += bytes.length;
      return told.bytes < most;
    },
    end: () => {
      told.ended = 'end';
    },
    break: () => {
      told.ended = 'break';
    },
    onDrained: (listener) => {
      drained = listener;
    },
    onLeft: (listener) => {
      left = listener;
    },
  };
  const text = () => Buffer.concat(told.chunks).toString();
  return { takes, told, text, drain: () => drained(), leave: () => left() };
};

export const callOf = (origin: string, change: Partial<DataCall> = {}): DataCall => ({
  origin,
  path: '/inntekt',
  method: 'GET',
  headers: { accept: 'application/json' },
  maxBytes: 1_000_000,
  timeoutMs: 10_000,
  ...change,
});
export const head = 'HTTP/1.1 200 OK\r\n';
