import { expect } from 'vitest';
import { httpTest } from './http-test.ts';

httpTest(
  'whoever calls the return address again and again is asked to wait, without a look at the database',
  async ({ open }) => {
    let looks = 0;
    const hub = await open({
      returnFromAltinn: async () => {
        looks += 1;
        return undefined;
      },
    });
    const told = await Promise.all(
      Array.from({ length: 250 }, (_, number) =>
        hub.call('GET', `/callback/unknown-state-${String(number).padStart(6, '0')}`),
      ),
    );
    const refused = told.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    expect(looks).toBe(told.length - refused.length);
    expect(refused[0]?.headers.get('retry-after')).toBe('5');
    expect(refused[0]?.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(refused[0]?.text).toContain('Try again in a moment');
  },
);
