import { expect } from 'vitest';
import { until } from '../support/until.ts';
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
    const told: Awaited<ReturnType<typeof hub.call>>[] = [];
    const call = async () =>
      void told.push(await hub.call('GET', `/callback/unknown-state-${String(told.length).padStart(6, '0')}`));
    const refused = await until('some to be refused', async () => {
      await Promise.all(Array.from({ length: 250 }, call));
      const found = told.filter(({ status }) => status === 429);
      return found.length > 0 && found;
    });
    expect(looks).toBe(told.length - refused.length);
    expect(refused[0]?.headers.get('retry-after')).toBe('5');
    expect(refused[0]?.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(refused[0]?.text).toContain('Try again in a moment');
  },
);
