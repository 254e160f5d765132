import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { listen } from '../../src/http/listen.ts';

test('closing waits for no connection that was opened ahead and never used', async () => {
  const { url, close } = await listen((_, response) => void response.end('here'), { host: '127.0.0.1', port: 0 });
  const unused = connect(Number(new URL(url).port), '127.0.0.1');
  onTestFinished(() => void unused.destroy());
  await once(unused, 'connect');
  expect(await (await fetch(url)).text()).toBe('here'); // by now the other is accepted, too
  const began = performance.now();
  await close();
  expect(performance.now() - began).toBeLessThan(10_000);
});
