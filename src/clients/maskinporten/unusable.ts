import { Problem } from '../../domain/problem.ts';

/** Why a key cannot be used, and which field of what was handed over is to blame. Nothing of the key itself is said. */
export const unusable = (field: string, detail: string, cause?: unknown): Problem =>
  new Problem('key-unusable', detail, { cause, errors: [{ field: `/${field}`, code: 'key-unusable', detail }] });
