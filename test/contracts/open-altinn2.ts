import { asked, months, once, openAltinn2, openClient, year } from '../clients/altinn2/given-altinn2.ts';
import { bank, patience, person } from '../clients/neighbour.ts';
import type { Opened } from './opened.ts';

export const openAltinn2Contract = async (): Promise<Opened> => {
  const altinn = await openAltinn2();
  const { accepted, client, clock, consentToken, control, does, fail, forTokens, lines, requests, token } = altinn;
  return {
    gateway: client,
    token,
    powerless: forTokens,
    asked,
    submit: altinn.submit,
    read: (id) => client.read(id, token, patience()),
    does,
    async tokensFor(code) {
      await client.consentToken({ code, from: { person }, to: bank, rights: [year] }, forTokens, patience());
      return ['maskinporten', 'consent'];
    },
    async endOf(code) {
      const { validTo } = (await control('GET', `altinn2/requests/${code}`)) as { validTo: string };
      return new Date(validTo);
    },
    requests: async () => (await requests()).length,
    async strikeOff() {
      const resource = '4804_210607';
      await control('DELETE', `altinn2/srr/${resource}/${bank}`);
      return [{ ...months, resource }];
    },
    weather: (on, fault) => fail({ submit: 'altinn2-create', read: 'altinn2-get' }[on], fault),
    move: (byMs) => clock.move(byMs),
    nowhere: () => openClient('http://127.0.0.1:1/').client,
    withdraw: (code) => client.withdraw(code, token, patience()),
    async useOnce() {
      const code = await accepted({ rights: [once] });
      await client.logUse(code, { resource: once.resource, at: clock.now() }, forTokens, patience());
      await consentToken(code, { rights: [once] });
      return code;
    },
    news: 'a list of requests',
    lines,
  };
};
