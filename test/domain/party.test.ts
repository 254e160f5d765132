import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isOrganizationNumber, isPersonNumber } from '../../src/domain/party.ts';

test.each(['25922947409', '03867199348', '23886799519'])('%s is a person of the test environment', (number) => {
  expect(isPersonNumber(number)).toBe(true);
});
test.each(['01010199999', '01012012345', '2592294740', '259229474099', '2592294740x', ''])(
  '%s is no person',
  (number) => {
    expect(isPersonNumber(number)).toBe(false);
  },
);
test.each(['313876144', '310149942', '991825827', '974761076', '910514318'])('%s is an organisation', (number) => {
  expect(isOrganizationNumber(number)).toBe(true);
});
test.each(['912345678', '123456789', '31387614', '3138761440', ''])('%s is no organisation', (number) => {
  expect(isOrganizationNumber(number)).toBe(false);
});

test('one digit changed makes an organisation number wrong', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 8 }), fc.integer({ min: 1, max: 9 }), (place, by) => {
      const digits = [...'313876144'];
      digits[place] = String((Number(digits[place]) + by) % 10);
      expect(isOrganizationNumber(digits.join(''))).toBe(false);
    }),
  );
});
