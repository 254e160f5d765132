import { pino } from 'pino';
import { scrub } from './mask.ts';
import { plainError } from './plain-error.ts';

/** Structured lines; fields first, then a short message. */
export type Log = {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: object): Log;
  /**
   * A line of level `info` whose fields (`"a":"b","c":1`) are put together already, and hold nothing that came from
   * outside: on the hottest path there is, so it is written as it is, without a scrub.
   */
  line(fields: string, message: string): void;
};

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

const withinMs = 5;
let unwritten: string[] = [];
const flush = (): void => {
  if (unwritten.length === 0) return;
  const text = unwritten.join('');
  unwritten = [];
  process.stdout.write(text);
};

/** Lines of a few milliseconds go out in one write; at the latest when the process ends. */
const toStandardOutput = (line: string): void => {
  if (unwritten.push(line) === 1) {
    process.off('exit', flush).once('exit', flush);
    setTimeout(flush, withinMs).unref();
  }
};

/**
 * One JSON line each on `write` (standard output unless told). Every line is scrubbed whole of what looks like a
 * national identity number or a token: a field nobody thought of is scrubbed too.
 */
export const openLog = (level: LogLevel, write: (line: string) => void = toStandardOutput): Log => {
  const logger = pino(
    {
      level,
      base: null,
      // pino's own name for an error that is logged bare is `err`.
      serializers: { error: (error) => plainError(error), err: (error) => plainError(error) },
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line: string) => write(scrub(line)) },
  );
  const isTold = logger.isLevelEnabled('info');
  return Object.assign(logger, {
    line: (fields: string, message: string): void => {
      if (isTold) write(`{"level":"info","time":${Date.now()},${fields},"msg":"${message}"}\n`);
    },
  });
};

export const silentLog: Log = openLog('silent');
