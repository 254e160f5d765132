import { describe, expect, test } from 'vitest';
import { movableClock } from '../../../src/lib/clock.ts';
import { openServer, sendJson } from '../neighbour.ts';
import { openSender, type SenderOptions } from './given.ts';

type Asked = { authorization: string | undefined; type: string | undefined; body: string };

/** A receiver that takes the tokens its own token server has given last, and that server. */
const openOAuth = async (options: SenderOptions = {}) => {
  const asked: Asked[] = [];
  const got: (string | undefined)[] = [];
  const world = { valid: '', life: 3600 as number | undefined, refuses: false };
  const tokens = await openServer((request, response, body) => {
    const { authorization, 'content-type': type } = request.headers;
    asked.push({ authorization, type, body });
    if (world.refuses) return sendJson(response, 400, { error: 'invalid_client', error_description: 'secret-word' });
    world.valid = `token-${asked.length}`;
    const life = world.life === undefined ? {} : { expires_in: world.life };
    return sendJson(response, 200, { access_token: world.valid, token_type: 'Bearer', ...life });
  });
  const receiver = await openServer((request, response) => {
    const { authorization } = request.headers;
    got.push(authorization);
    response.writeHead(authorization === `Bearer ${world.valid}` ? 200 : 401).end(`you said ${authorization}`);
  });
  const clock = movableClock();
  const { send, lines } = openSender({ clock, ...options });
  const auth = {
    kind: 'oauth' as const,
    version: 'one',
    tokenUrl: `${tokens.url}/token`,
    clientId: 'hub',
    clientSecret: 'client-secret',
    scope: 'events',
    clientAuthentication: 'basic' as const,
  };
  return {
    asked,
    got,
    world,
    clock,
    lines,
    auth,
    url: receiver.url,
    post: (more: object = {}) => send(receiver.url, { auth, ...more }),
  };
};

describe('a receiver that asks for a token', () => {
  test('gets one by client credentials, as RFC 6749 has it', async () => {
    const { post, asked, got } = await openOAuth();
    expect(await post()).toMatchObject({ status: 200, answer: 'you said Bearer [token]' });
    expect(asked).toEqual([
      {
        authorization: expect.stringMatching(/^Basic /),
        type: expect.stringMatching(/^application\/x-www-form-urlencoded/),
        body: expect.any(String),
      },
    ]);
    const [{ authorization = '', body } = { body: '' }] = asked;
    const credentials = Buffer.from(authorization.replace('Basic ', ''), 'base64').toString();
    expect(credentials.split(':').map(decodeURIComponent)).toEqual(['hub', 'client-secret']);
    expect(Object.fromEntries(new URLSearchParams(body))).toEqual({
      grant_type: 'client_credentials',
      scope: 'events',
    });
    expect(got).toEqual(['Bearer token-1']);
  });

  test('gets it with the secret in the body where that is wished', async () => {
    const { post, asked, auth } = await openOAuth();
    await post({ auth: { ...auth, clientAuthentication: 'post', scope: undefined } });
    expect(asked[0]?.authorization).toBeUndefined();
    expect(Object.fromEntries(new URLSearchParams(asked[0]?.body))).toEqual({
      grant_type: 'client_credentials',
      client_id: 'hub',
      client_secret: 'client-secret',
    });
  });

  test('gets the same for as long as it is good, fetched once for many', async () => {
    const { post, asked, clock } = await openOAuth();
    for (const result of await Promise.all(Array.from({ length: 20 }, () => post())))
      expect(result).toMatchObject({ status: 200 });
    expect(asked).toHaveLength(1);
    clock.move(3500 * 1000);
    await post();
    expect(asked).toHaveLength(1);
    // Shortly before its end, not at it.
    clock.move(50 * 1000);
    expect(await post()).toMatchObject({ status: 200 });
    expect(asked).toHaveLength(2);
  });

  test('whose token server tells no life is asked anew after minutes', async () => {
    const { post, asked, clock, world } = await openOAuth();
    world.life = undefined;
    await post();
    clock.move(60_000);
    await post();
    expect(asked).toHaveLength(1);
    clock.move(5 * 60_000);
    await post();
    expect(asked).toHaveLength(2);
  });

  test('and refuses a kept one gets a fresh one, once', async () => {
    const { post, asked, got, world } = await openOAuth();
    await post();
    world.valid = 'revoked meanwhile';
    expect(await post()).toMatchObject({ status: 200 });
    expect(asked).toHaveLength(2);
    expect(got).toEqual(['Bearer token-1', 'Bearer token-1', 'Bearer token-2']);
    // Many at once that are refused the same one share the next.
    world.valid = 'revoked again';
    for (const result of await Promise.all(Array.from({ length: 8 }, () => post())))
      expect(result).toMatchObject({ status: 200 });
    expect(asked).toHaveLength(3);
  });

  test('and refuses the one just fetched has refused', async () => {
    const { url } = await openServer((_request, response) => response.writeHead(401).end());
    const { auth, asked } = await openOAuth();
    const { send } = openSender();
    expect(await send(url, { auth })).toMatchObject({ status: 401 });
    expect(asked).toHaveLength(1);
  });

  test.each([0, 500, 1000, 1015, 1023])(
    'repeats it at byte %d, and the log of tries has no part of it',
    async (before) => {
      const token = `${'opaque.Token~'.repeat(100)}end`;
      for (const length of [20, 60, 1100, token.length]) {
        const own = `${token.slice(0, length - 1)}!`;
        const tokens = await openServer((_request, response) =>
          sendJson(response, 200, { access_token: own, token_type: 'Bearer' }),
        );
        const echo = await openServer((request, response) =>
          response.writeHead(200).end(`${'-'.repeat(before)}${request.headers.authorization} and more`),
        );
        const { auth } = await openOAuth();
        const { send } = openSender();
        const { status, answer } = await send(echo.url, { auth: { ...auth, tokenUrl: tokens.url } });
        expect(status).toBe(200);
        expect(answer).not.toContain('opaq');
      }
    },
  );

  test('shares it with no other tenant and no other endpoint, nor with itself after its credentials changed', async () => {
    const { post, asked, auth } = await openOAuth();
    await post();
    await post({ tenantId: 'insurer' });
    await post({ auth: { ...auth, version: 'two' } });
    expect(asked).toHaveLength(3);
  });
});

describe('a token server', () => {
  test('that refuses is a try that failed, told in OAuth’s own word and no other', async () => {
    const { post, world, asked, got, lines } = await openOAuth();
    world.refuses = true;
    expect(await post()).toEqual({
      error: 'oauth-token',
      answer: 'the token address answered 400 invalid_client',
      durationMs: expect.any(Number),
    });
    // It is left alone for a moment, whatever is due.
    for (const result of await Promise.all(Array.from({ length: 20 }, () => post())))
      expect(result).toMatchObject({ error: 'oauth-token' });
    expect(asked).toHaveLength(1);
    expect(got).toEqual([]);
    expect(lines.join()).not.toMatch(/secret|token-1|hub:/);
  });

  test.each<[string, (response: import('node:http').ServerResponse) => void, string]>([
    ['hangs', () => undefined, 'timeout|oauth-token'],
    ['hangs up', (response) => response.destroy(), 'oauth-token'],
    [
      'sends us elsewhere',
      (response) => response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end(),
      'oauth-token',
    ],
    [
      'answers with a page',
      (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>'),
      'oauth-token',
    ],
    [
      'answers with half of its JSON',
      (response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"a'),
      'oauth-token',
    ],
    ['answers with nothing', (response) => response.writeHead(204).end(), 'oauth-token'],
    ['gives no token', (response) => sendJson(response, 200, { token_type: 'Bearer' }), 'oauth-token'],
    [
      'gives another kind',
      (response) => sendJson(response, 200, { access_token: 'x', token_type: 'mac' }),
      'oauth-token',
    ],
    [
      'gives a header of its own',
      (response) => sendJson(response, 200, { access_token: 'x\r\nhost: evil', token_type: 'Bearer' }),
      'oauth-token',
    ],
    [
      'gives one without an end',
      (response) => sendJson(response, 200, { access_token: 'x'.repeat(70_000), token_type: 'Bearer' }),
      'oauth-token',
    ],
    [
      'wants another way to say who we are',
      (response) => response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end(),
      'oauth-token',
    ],
    [
      'says a number that may be somebody’s',
      (response) => sendJson(response, 400, { error: '25922947409' }),
      'oauth-token',
    ],
    [
      'says a word of its own',
      (response) => sendJson(response, 400, { error: 'client-secret was <wrong>' }),
      'oauth-token',
    ],
    [
      'never ends',
      (response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        const more = () => response.writable && response.write('{'.repeat(65_536), more);
        more();
      },
      'oauth-token',
    ],
  ])('that %s is a try that failed', async (_name, answer, word) => {
    const tokens = await openServer((_request, response) => answer(response));
    const { post, auth, got } = await openOAuth(word === 'oauth-token' ? {} : { timeoutMs: 500 });
    const result = await post({ auth: { ...auth, tokenUrl: tokens.url } });
    expect(result).toMatchObject({ error: expect.stringMatching(word) });
    expect(result.answer ?? '').not.toMatch(/secret|evil|<p>|25922947409/);
    expect(got).toEqual([]);
  });

  test('is reached through the same door', async () => {
    const { auth, got, url } = await openOAuth();
    const port = Number(new URL(url).port);
    // The receiver is allowed by host and port; its tokens would come from inside.
    const { send } = openSender({ allow: [`127.0.0.1:${port}`] });
    expect(await send(url, { auth })).toMatchObject({ error: 'refused-address' });
    expect(got).toEqual([]);
  });
});
