import { expect, test } from 'vitest';
import { isRegistered, redirectKind, returnAddress } from '../../src/domain/redirect.ts';

test.each([
  ['https://bank.example/done', 'web', 'web'],
  ['https://bank.example:8443/done?loan=1#x', 'web', 'web'],
  ['http://localhost:3000/done', 'web', undefined],
  ['http://127.0.0.1/done', 'web', undefined],
  ['no.bank.app://consent/done', 'app', 'app'],
  ['http://bank.example/done', undefined, undefined],
  ['javascript:alert(1)', undefined, undefined],
  ['JAVASCRIPT:alert(1)', undefined, undefined],
  ['java\nscript:alert(1)', undefined, undefined],
  ['data:text/html,x', undefined, undefined],
  ['file:///etc/passwd', undefined, undefined],
  ['blob:https://bank.example/x', undefined, undefined],
  ['https://user:secret@bank.example/', undefined, undefined],
  ['myapp://done', undefined, undefined],
  ['https:\\\\bank.example', undefined, undefined],
  ['//bank.example', undefined, undefined],
  ['', undefined, undefined],
])('%s is sent to as %s in development and as %s in production', (url, development, production) => {
  expect([redirectKind(url, false), redirectKind(url, true)]).toEqual([development, production]);
});

test('a registered address matches in scheme, host, port and path; its query is free', () => {
  const registered = ['https://bank.example/done', 'no.bank.app://consent/done'];
  for (const url of [
    'https://bank.example/done',
    'https://BANK.example:443/done?x=1',
    'no.bank.app://consent/done?x=1',
  ])
    expect([url, isRegistered(url, registered)]).toEqual([url, true]);
  for (const url of [
    'https://bank.example/done/',
    'https://bank.example/done/../evil',
    'https://bank.example/DONE',
    'http://bank.example/done',
    'https://bank.example:444/done',
    'https://bank.example.evil/done',
    'https://evil@bank.example.evil/done',
    'no.bank.app://consent/other',
    'not an address',
  ])
    expect([url, isRegistered(url, registered)]).toEqual([url, false]);
});

test('the browser comes back with the consent and its status, beside what the tenant had there', () => {
  expect(returnAddress('https://bank.example/done?loan=1&status=mine#part', 'c1', 'accepted')).toBe(
    'https://bank.example/done?loan=1&status=accepted&consent=c1#part',
  );
  expect(returnAddress('no.bank.app://consent/done', 'c1', 'pending')).toBe(
    'no.bank.app://consent/done?consent=c1&status=pending',
  );
});
