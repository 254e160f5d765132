import { describe, expect, test } from 'vitest';
import { openServer } from '../neighbour.ts';
import { openSender } from './given.ts';

/**
 * Ways that were found round such doors elsewhere, tried on the door as production has it. The name is whatever the
 * attacker's DNS says: where no addresses stand beside an address of the web, the text alone gives it away.
 */
const ways: [how: string, url: string, addresses?: string[]][] = [
  // Another way of writing 127.0.0.1
  ['plainly', 'https://127.0.0.1/'],
  ['on a port where receivers listen', 'https://127.0.0.1:8443/'],
  ['as one decimal number', 'https://2130706433/'],
  ['as one octal number', 'https://017700000001/'],
  ['as one hexadecimal number', 'https://0x7f000001/'],
  ['with octal parts', 'https://0177.0.0.1/'],
  ['with hexadecimal parts', 'https://0x7f.0x0.0x0.0x1/'],
  ['with two parts', 'https://127.1/'],
  ['with three parts', 'https://127.0.1/'],
  ['with a dot at its end', 'https://127.0.0.1./'],
  ['with digits of full width', 'https://１２７.０.０.１/'],
  ['with digits in circles', 'https://①②⑦.⓪.⓪.①/'],
  ['with ideographic stops', 'https://127。0。0。1/'],
  ['with escapes', 'https://%31%32%37.0.0.1/'],
  ['as nought', 'https://0/'],
  ['as 0.0.0.0', 'https://0.0.0.0/'],
  ['as another of its network', 'https://127.255.255.254/'],
  ['in IPv6', 'https://[::1]/'],
  ['as unspecified in IPv6', 'https://[::]/'],
  ['mapped into IPv6', 'https://[::ffff:127.0.0.1]/'],
  ['mapped into IPv6 in hexadecimal', 'https://[::ffff:7f00:1]/'],
  ['compatible in IPv6', 'https://[::127.0.0.1]/'],
  ['through NAT64', 'https://[64:ff9b::7f00:1]/'],
  ['through 6to4', 'https://[2002:7f00:1::]/'],
  ['with a zone', 'https://[fe80::1%25eth0]/'],
  // Another way of writing whom to ask
  ['behind a user', 'https://bank.example@127.0.0.1/'],
  ['behind a user and password', 'https://bank.example:443@10.0.0.1/'],
  ['before an empty user', 'https://@bank.example/'],
  ['behind a backslash', 'https://bank.example\\@127.0.0.1/'],
  ['with backslashes for slashes', 'https:\\\\127.0.0.1\\'],
  ['without slashes', 'https:127.0.0.1'],
  ['with a third slash', 'https:///127.0.0.1/'],
  ['with a line break inside', 'https://127.0.\n0.1/'],
  ['with a blank before it', ' https://127.0.0.1/'],
  ['with a NUL', 'https://bank.example\0.127.0.0.1/'],
  // Names
  ['localhost', 'https://localhost/'],
  ['localhost with a dot', 'https://localhost./'],
  ['localhost in capitals', 'https://LOCALHOST/'],
  ['below localhost', 'https://x.localhost/'],
  ['a machine of the house', 'https://redis:8443/'],
  ['a name of the house', 'https://db.internal/'],
  ['a printer', 'https://printer.local/'],
  ['a public name with a dot at its end', 'https://bank.example./'],
  ['metadata by name', 'https://metadata.google.internal/'],
  ['metadata by address', 'https://169.254.169.254/latest/meta-data/'],
  // Schemes and ports
  ['without encryption', 'http://bank.example/'],
  ['a file', 'file:///etc/passwd'],
  ['gopher', 'gopher://bank.example:6379/_FLUSHALL'],
  ['mail', 'https://bank.example:25/'],
  ['a shell', 'https://bank.example:22/'],
  ['http’s port', 'https://bank.example:80/'],
  ['a database', 'https://bank.example:5432/'],
  ['a Redis', 'https://bank.example:6379/'],
  ['a Docker', 'https://bank.example:2375/'],
  // Public names that stand for something else
  ['a name for loopback', 'https://127-0-0-1.bank.example/', ['127.0.0.1']],
  ['a name for loopback in IPv6', 'https://bank.example/', ['::1']],
  ['a name for a private network', 'https://bank.example/', ['10.1.2.3']],
  ['a name for another', 'https://bank.example/', ['172.31.0.1']],
  ['a name for a third', 'https://bank.example/', ['192.168.0.1']],
  ['a name for a carrier’s network', 'https://bank.example/', ['100.64.0.1']],
  ['a name for unique local', 'https://bank.example/', ['fd12:3456::1']],
  ['a name for link-local', 'https://bank.example/', ['169.254.1.1']],
  ['a name for link-local in IPv6', 'https://bank.example/', ['fe80::1']],
  ['a name for a zone', 'https://bank.example/', ['fe80::1%eth0']],
  ['a name for AWS’ metadata', 'https://bank.example/', ['169.254.169.254']],
  ['a name for AWS’ metadata in IPv6', 'https://bank.example/', ['fd00:ec2::254']],
  ['a name for Azure’s', 'https://bank.example/', ['168.63.129.16']],
  ['a name for Alibaba’s', 'https://bank.example/', ['100.100.100.200']],
  ['a name for Oracle’s', 'https://bank.example/', ['192.0.0.192']],
  ['a name for a mapped address', 'https://bank.example/', ['::ffff:10.0.0.1']],
  ['a name for a translated one', 'https://bank.example/', ['64:ff9b::a00:1']],
  ['a name for one in 6to4', 'https://bank.example/', ['2002:a00:1::1']],
  ['a name for one in Teredo', 'https://bank.example/', ['2001:0:a00:1::1']],
  ['a name for one in ISATAP', 'https://bank.example/', ['2606:4700::5efe:a00:1']],
  ['a name for many at once', 'https://bank.example/', ['224.0.0.1']],
  ['a name for all', 'https://bank.example/', ['255.255.255.255']],
  ['one bad address among good ones', 'https://bank.example/', ['8.8.8.8', '1.1.1.1', '10.0.0.1']],
  [
    'one bad address after many good ones',
    'https://bank.example/',
    [...Array<string>(500).fill('8.8.8.8'), '10.0.0.1'],
  ],
  ['something that is no address', 'https://bank.example/', ['bank.example']],
];

test('there are forty ways at least, each another', () => {
  expect(new Set(ways.map((way) => JSON.stringify(way.slice(1)))).size).toBe(ways.length);
  expect(ways.length).toBeGreaterThan(40);
});

describe.each(ways)('%s', (_how, url, addresses) => {
  const asked: string[] = [];
  const resolve = async (name: string) => {
    asked.push(name);
    return addresses ?? ['8.8.8.8'];
  };

  test('is no way to a receiver', async () => {
    const { send, sender } = openSender({ production: true, allow: ['127.0.0.0/8'], resolve });
    expect(await send(url)).toMatchObject({ error: 'refused-address' });
    expect(await sender.look(url)).toEqual(expect.any(String));
    if (!addresses) expect(asked).toEqual([]);
  });

  test('is no way to a token either', async () => {
    const { send } = openSender({ production: true, resolve });
    const oauth = { kind: 'oauth', clientId: 'hub', clientSecret: 's', clientAuthentication: 'basic' } as const;
    // The receiver itself is fine, as far as anybody looks.
    const auth = { ...oauth, version: '1', tokenUrl: url };
    expect(await send('https://receiver.example/', { auth })).toMatchObject({ error: 'refused-address' });
  });
});

test('a name that means something else the next time is connected to where it was checked', async () => {
  const { port } = await openServer((_request, response) => response.end('ok'));
  const answers = [['127.0.0.1'], ['127.0.0.2'], ['127.0.0.3']];
  let asked = 0;
  const { send } = openSender({ allow: ['127.0.0.1/32'], resolve: async () => answers[asked++] ?? [] });
  expect(await send(`http://rebind.example:${port}/`)).toMatchObject({ status: 200 });
  expect(asked).toBe(1);
  // Another tenant's connection is another, and looked at anew.
  expect(await send(`http://rebind.example:${port}/`, { tenantId: 'insurer' })).toMatchObject({
    error: 'refused-address',
  });
  expect(asked).toBe(2);
});

test('a redirect leads nowhere, least of all inside', async () => {
  const inside: string[] = [];
  const { url: secret } = await openServer((request, response) => {
    inside.push(request.url ?? '');
    response.end('secret');
  });
  for (const status of [301, 302, 303, 307, 308]) {
    const { url } = await openServer((_request, response) => response.writeHead(status, { location: secret }).end());
    expect(await openSender().send(url)).toMatchObject({ status, error: 'redirect' });
  }
  expect(inside).toEqual([]);
});
