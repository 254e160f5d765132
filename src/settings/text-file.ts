import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** A file → what its text says, read at start. `read` throws an Error with what is wrong with it. */
export const textFile = <T>(read: (text: string) => T) =>
  z.string().transform((path, ctx): T => {
    const fault = (message: string) => {
      ctx.addIssue({ code: 'custom', message });
      return z.NEVER;
    };
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch {
      return fault('the file cannot be read');
    }
    try {
      return read(text);
    } catch (error) {
      return fault((error as Error).message);
    }
  });

/** What a parser says of a file may hold what stands in it: this is said instead. */
export const orFault = <T>(parse: () => T, fault: string): T => {
  try {
    return parse();
  } catch {
    throw new Error(fault);
  }
};
