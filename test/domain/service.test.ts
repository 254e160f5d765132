import { expect, test } from 'vitest';
import { dataUrlFault } from '../../src/domain/service.ts';

test.each(['https://api.skatteetaten.no/inntekt', 'https://data.example:8443/v1?x=1'])(
  'a data source at %s is called, in production too',
  (url) => {
    expect(dataUrlFault(url, true)).toBeUndefined();
    expect(dataUrlFault(url, false)).toBeUndefined();
  },
);

test.each([
  'http://localhost:3100/data',
  'http://data-source:8080',
  'http://127.0.0.1:3100',
  'https://127.0.0.1',
  'https://2130706433/',
  'https://[::1]/',
  'https://localhost/',
  'https://data.localhost.:8443/',
])('a data source at %s is called outside production alone', (url) => {
  expect(dataUrlFault(url, false)).toBeUndefined();
  expect(dataUrlFault(url, true)).toBeDefined();
});

test.each(['api.example/inntekt', 'ftp://api.example', 'javascript:alert(1)', 'https://user:secret@api.example', ''])(
  '%j is no data source',
  (url) => {
    expect(dataUrlFault(url, false)).toBeDefined();
  },
);
