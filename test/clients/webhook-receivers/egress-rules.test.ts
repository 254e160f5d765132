import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isPublicAddress } from '../../../src/clients/addresses.ts';
import { egressRules } from '../../../src/clients/webhook-receivers/egress-rules.ts';

const strict = egressRules({ production: true, allow: [] });

test.each([
  'https://bank.example/hooks',
  'https://bank.example:8443/hooks?x=1#y',
  'https://BANK.example/',
  'https://xn--bnk-ula.example/',
])('%s may be sent to', (url) => {
  expect(strict.fault(url)).toBeUndefined();
});

test.each([
  'http://bank.example/',
  'ftp://bank.example/',
  'file:///etc/passwd',
  'javascript:alert(1)',
  'bank.example',
  '',
  'https://',
  'https://user@bank.example/',
  'https://user:secret@bank.example/',
  'https://:secret@bank.example/',
  'https://8.8.8.8/',
  'https://[2606:4700::1111]/',
  'https://127.0.0.1/',
  'https://127.1/',
  'https://0x7f.0.0.1/',
  'https://0177.0.0.1/',
  'https://2130706433/',
  'https://127.0.0.1./',
  'https://%31%32%37.0.0.1/',
  'https://①②⑦.0.0.1/',
  'https://[::1]/',
  'https://[::ffff:127.0.0.1]/',
  'https://[::ffff:7f00:1]/',
  'https://169.254.169.254/latest/meta-data/',
  'https://localhost/',
  'https://localhost./',
  'https://LOCALHOST:8443/',
  'https://redis.localhost/',
  'https://metadata.google.internal/',
  'https://printer.local/',
  'https://1.0.0.127.in-addr.arpa/',
  'https://redis:6379/',
  'https://bank.example:25/',
  'https://bank.example:22/',
  'https://bank.example:80/',
])('%s may not', (url) => {
  expect(strict.fault(url)).toEqual(expect.any(String));
});

test.each([
  '0.0.0.0',
  '10.1.2.3',
  '100.64.0.1',
  '127.0.0.1',
  '127.255.255.254',
  '168.63.129.16',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.8',
  '192.0.2.1',
  '192.88.99.1',
  '192.168.1.1',
  '198.18.0.1',
  '198.51.100.1',
  '203.0.113.1',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::7f00:1',
  '::ffff:10.0.0.1',
  '::ffff:8.8.8.8',
  '::ffff:0:127.0.0.1',
  '64:ff9b::7f00:1',
  '64:ff9b::808:808',
  '64:ff9b:1::1',
  '100::1',
  '2001::1',
  '2001:10::1',
  '2001:db8::1',
  '2002:7f00:1::',
  '2002:808:808::1',
  '3fff::1',
  '5f00::1',
  'fc00::1',
  'fd00:ec2::254',
  'fe80::1',
  'fe80::1%eth0',
  'fec0::1',
  'ff02::1',
  '',
  'bank.example',
  '1.2.3',
])('%s is no public address', (address) => {
  expect(isPublicAddress(address)).toBe(false);
  const target = { protocol: 'https:', hostname: 'bank.example', port: 443 };
  expect(strict.addressFault(target, address)).toEqual(expect.any(String));
});

test.each(['8.8.8.8', '1.1.1.1', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '2a02:9cc::301'])(
  '%s is',
  (address) => {
    expect(isPublicAddress(address)).toBe(true);
    expect(strict.addressFault({ protocol: 'https:', hostname: 'bank.example', port: 443 }, address)).toBeUndefined();
  },
);

test('no way of wrapping a private IPv4 address makes it public', () => {
  const byte = fc.integer({ min: 0, max: 255 });
  const inside = fc.oneof(
    fc.tuple(fc.constant(10), byte, byte, byte),
    fc.tuple(fc.constant(127), byte, byte, byte),
    fc.tuple(fc.constant(192), fc.constant(168), byte, byte),
    fc.tuple(fc.constant(169), fc.constant(254), byte, byte),
  );
  const hex = (high = 0, low = 0) => ((high << 8) | low).toString(16);
  fc.assert(
    fc.property(inside, ([a, b, c, d]) => {
      const low = `${hex(a, b)}:${hex(c, d)}`;
      const forms = [
        `${a}.${b}.${c}.${d}`,
        `::ffff:${low}`,
        `::${low}`,
        `64:ff9b::${low}`,
        `2002:${low}::1`,
        `::ffff:0:${low}`,
      ];
      return forms.every((form) => !isPublicAddress(form));
    }),
  );
});

describe('what is allowed outside production', () => {
  const rules = egressRules({ production: false, allow: ['localhost:4000', '127.0.0.0/8', '[fd00::5]:9000'] });

  test.each([
    'http://localhost:4000/',
    'http://127.0.0.1:1234/hooks',
    'https://127.9.9.9/',
    'http://[fd00::5]:9000/',
    // A name may stand for an address of the range: known only when it is connected to.
    'http://receiver.example:81/',
    'http://localhost:4001/',
  ])('%s may be sent to', (url) => {
    expect(rules.fault(url)).toBeUndefined();
  });

  test.each([
    'http://10.0.0.1/',
    'http://[fd00::5]:9001/',
    'http://[fd00::6]:9000/',
    'http://u:p@localhost:4000/',
    'ftp://127.0.0.1/',
  ])('%s may not', (url) => {
    expect(rules.fault(url)).toEqual(expect.any(String));
  });

  test('a name is only as good as each address it stands for', () => {
    const plain = { protocol: 'http:', hostname: 'receiver.example', port: 81 };
    expect(rules.addressFault(plain, '127.0.0.1')).toBeUndefined();
    expect(rules.addressFault(plain, '8.8.8.8')).toBe('only https is sent to');
    expect(rules.addressFault({ ...plain, hostname: 'localhost', port: 4000 }, '10.0.0.1')).toBeUndefined();
    expect(rules.addressFault(plain, '10.0.0.1')).toEqual(expect.any(String));
    expect(rules.addressFault(plain, '::ffff:127.0.0.1')).toEqual(expect.any(String));
  });

  test('counts for nothing in production', () => {
    const production = egressRules({ production: true, allow: ['localhost:4000', '127.0.0.0/8'] });
    expect(production.fault('http://localhost:4000/')).toEqual(expect.any(String));
    expect(production.fault('https://127.0.0.1/')).toEqual(expect.any(String));
    const target = { protocol: 'https:', hostname: 'localhost', port: 4000 };
    expect(production.addressFault(target, '127.0.0.1')).toEqual(expect.any(String));
  });

  test.each(['localhost', '127.0.0.1', 'a b:80', '10.0.0.0/99', ':80'])(
    '%j in it is said to be wrong at once',
    (entry) => {
      expect(() => egressRules({ production: false, allow: [entry] })).toThrow();
    },
  );
});
