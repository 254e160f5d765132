import { Problem } from '../../domain/problem.ts';

/** Work of a suspended tenant is put off as if it had failed; `resume` makes it due again. */
export const resting = (): Problem => new Problem('tenant-suspended', 'The tenant is suspended: its work rests');
