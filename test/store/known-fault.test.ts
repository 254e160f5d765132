import { DriverAdapterError } from '@prisma/driver-adapter-utils';
import { expect, test } from 'vitest';
import { knownFault } from '../../src/store/doors.ts';

const ofPostgres = (code: string) => {
  const said = {
    code,
    severity: 'FATAL',
    message: 'said by PostgreSQL',
    detail: undefined,
    column: undefined,
    hint: undefined,
  };
  return new DriverAdapterError({ kind: 'postgres', ...said });
};

test('a connection that is cut off where a transaction begins is a database that is away, and another fault is not', () => {
  expect(knownFault(ofPostgres('57P01'))).toMatchObject({ code: 'database-unavailable' });
  expect(knownFault(new Error('no', { cause: ofPostgres('57P01') }))).toMatchObject({ code: 'database-unavailable' });
  expect(knownFault(ofPostgres('22P02'))).toBeInstanceOf(DriverAdapterError);
});
