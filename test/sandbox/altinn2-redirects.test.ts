import { expect, test } from 'vitest';
import { bank, openAltinn2Neighbour, operator, operatorApiKey, year } from './altinn2-neighbour.ts';

const openAsker = async () => {
  const neighbour = await openAltinn2Neighbour();
  const { control, create } = neighbour;
  return {
    ...neighbour,
    asked: async (RedirectUrl: string) => (await create({ RedirectUrl, RequestResources: [year] })).status,
    keyHosts: (...redirectHosts: string[]) =>
      control('POST', 'altinn2/api-keys', { key: operatorApiKey, orgno: operator, redirectHosts }),
    registered: (allowedRedirectDomain: string | null) =>
      control('PUT', `altinn2/srr/4628_210607/${bank}`, { allowedRedirectDomain }),
  };
};

test('browsers go back to hosts of the API key alone, whatever the path', async () => {
  const { asked, keyHosts } = await openAsker();
  await keyHosts('hub.example', 'https://*.banks.example', 'myapp://consent');
  expect(await asked('https://hub.example/any/path?x=1#there')).toBe(201);
  expect(await asked('http://HUB.example:8080')).toBe(201);
  expect(await asked('https://evil.example/hub.example')).toBe(400);
  expect(await asked('https://hub.example.evil.example')).toBe(400);
  expect(await asked('https://one.banks.example/')).toBe(201);
  expect(await asked('http://one.banks.example/')).toBe(400);
  expect(await asked('https://banks.example/')).toBe(400);
  expect(await asked('https://onebanks.example/')).toBe(400);
  expect(await asked('myapp://consent?state=1')).toBe(201);
  expect(await asked('myapp://other')).toBe(400);
  expect(await asked('/callback')).toBe(400);
  expect(await asked('javascript:alert(1)')).toBe(400);
});

test('where the rights register names domains, these count and not the key’s', async () => {
  const { asked, registered } = await openAsker();
  await registered('bank.example;https://*.other.example');
  expect(await asked('https://hub.example/')).toBe(400);
  expect(await asked('https://bank.example/')).toBe(201);
  expect(await asked('https://www.other.example/')).toBe(201);
  await registered(null);
  expect(await asked('https://hub.example/')).toBe(201);
});

test('the way back tells the outcome as the guide shows it, before a fragment', async () => {
  const { created, does } = await openAltinn2Neighbour();
  const redirect = async (RedirectUrl: string, move: string) => {
    const code = await created({ RedirectUrl });
    const { body } = await does(code, move);
    return String(body.redirectTo).replaceAll(code, '{code}');
  };
  expect(await redirect('https://hub.example', 'accept')).toBe(
    'https://hub.example/?AuthorizationCode={code}&Status=OK',
  );
  expect(await redirect('https://hub.example/cb?state=1#top', 'accept')).toBe(
    'https://hub.example/cb?state=1&AuthorizationCode={code}&Status=OK#top',
  );
  expect(await redirect('https://hub.example/cb', 'reject')).toBe(
    'https://hub.example/cb?Status=Failed&ErrorMessage=User%2520did%2520not%2520give%2520consent&FailedAuthorizationCode={code}',
  );
});
