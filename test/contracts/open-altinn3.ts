import { asked, openAltinn, openClient } from '../clients/altinn3/given-altinn.ts';
import { openClient as openMaskinportenClient } from '../clients/maskinporten/given-client.ts';
import { bank, dataScope, patience, person, readScope } from '../clients/neighbour.ts';
import type { Opened } from './opened.ts';

const listed = 'ske-samtykke-sbl-inntekt';

export const openAltinn3Contract = async (): Promise<Opened> => {
  const altinn = await openAltinn();
  const { client, clock, control, fail, lines, token, tokenFor, url } = altinn;
  const { ask } = openMaskinportenClient(`${url}/maskinporten/`, { clock });
  const consents = async () => (await control('GET', 'consents')) as unknown[];
  return {
    gateway: client,
    token,
    powerless: await tokenFor(readScope),
    asked,
    submit: (changes) => client.submit(asked(changes), token, patience()),
    read: (id) => client.read(id, token, patience()),
    does: (id, what) => control('POST', `consents/${id}/${what}`, {}),
    async tokensFor(id) {
      await ask({ scopes: [dataScope], consent: { id, from: { person } } });
      return ['maskinporten'];
    },
    async endOf(id) {
      const { validTo } = (await control('GET', `consents/${id}`)) as { validTo: string };
      return new Date(validTo);
    },
    requests: async () => (await consents()).length,
    async strikeOff() {
      await control('DELETE', `access-lists/${listed}/${bank}`);
      return [{ resource: listed, metadata: { fraogmed: '2024-01', tilogmed: '2024-12' } }];
    },
    weather: (on, fault) => fail({ submit: 'create', read: 'get' }[on], fault),
    move: (byMs) => clock.move(byMs),
    nowhere: () => openClient('http://127.0.0.1:1/').client,
    news: 'a feed of changes',
    lines,
  };
};
