import { randomUUID } from 'node:crypto';
import type { Clock } from '../../lib/clock.ts';
import type { Altinn2 } from '../altinn2/state.ts';
import type { ReadBearer } from '../bearer.ts';
import type { Ask, Endpoint, Reply } from '../exchange.ts';
import { altinn2Metadata, consentTokenIn, refuseConsentToken } from './check-altinn2-consent.ts';
import { callingConsumer, consentedMetadata, prefersXml, refuse } from './check-consent.ts';
import { monthlyIncome, monthsBetween, studentLoan, taxBasis } from './figures.ts';

const xmlOf = (name: string, value: unknown): string => {
  if (Array.isArray(value)) return value.map((item) => xmlOf(name, item)).join('');
  const inner =
    typeof value === 'object' && value !== null
      ? Object.entries(value)
          .map(([key, member]) => xmlOf(key, member))
          .join('')
      : String(value).replace(/[<&]/g, (sign) => (sign === '<' ? '&lt;' : '&amp;'));
  return `<${name}>${inner}</${name}>`;
};

const dataReply = (ask: Ask, root: string, data: object): Reply =>
  prefersXml(ask)
    ? {
        status: 200,
        headers: { 'content-type': 'application/xml; charset=utf-8' },
        body: `<?xml version="1.0" encoding="UTF-8"?>${xmlOf(root, data)}`,
      }
    : { status: 200, body: data };

type Source = { clock: Clock; readBearer: ReadBearer; altinn2: Altinn2 };

/** One thing to be told, under the names it has in either generation. */
type Wanted = { scope: string; resource?: string; services: string[] };
type Find = (metadata: Record<string, string>[], ask: Ask) => object | undefined;

/**
 * Either pair will do: a token that holds the consent (Altinn 3), or the consumer's plain token and beside it the consent
 * token of Altinn 2. Who sends the header is taken at his word.
 */
const consentedIn = async (
  { clock, readBearer, altinn2 }: Source,
  ask: Ask,
  { scope, resource = '', services }: Wanted,
): Promise<{ metadata: Record<string, string>[] } | { reply: Reply }> => {
  const subject = ask.params.subject ?? '';
  const claims = await readBearer(ask.headers);
  const consentToken = consentTokenIn(ask);
  if (consentToken === undefined) {
    const checked = consentedMetadata(claims, { scope, resource, services, subject }, clock.now());
    return 'refused' in checked ? { reply: refuse(checked.refused) } : checked;
  }
  const caller = callingConsumer(claims, scope);
  if ('refused' in caller) return { reply: refuse(caller.refused) };
  const checked = await altinn2Metadata(altinn2, consentToken, { consumer: caller.consumer, subject, services });
  return 'refused' in checked ? { reply: refuseConsentToken(checked.refused, randomUUID()) } : checked;
};

/** One API of the data source: what it wants to see, and what it then tells. */
const dataApi = (source: Source, path: string, wanted: Wanted, root: string, find: Find): Endpoint[] => {
  const handle = async (ask: Ask): Promise<Reply> => {
    const subject = ask.params.subject ?? '';
    const checked = await consentedIn(source, ask, wanted);
    if ('reply' in checked) return checked.reply;
    const data = find(checked.metadata, ask);
    if (!data) {
      return consentTokenIn(ask) === undefined
        ? refuse('consent-not-covering')
        : refuseConsentToken('not-covering', randomUUID());
    }
    return dataReply(ask, root, { id: subject, ...data });
  };
  // Some APIs are asked with POST; what is posted changes nothing here.
  return (['get', 'post'] as const).map((method) => ({ on: 'data', method, path: `/data/${path}/:subject`, handle }));
};

const monthForm = /^\d{4}-(?:0[1-9]|1[0-2])$/;

/** The months asked for (`?fraOgMed=2024-01&tilOgMed=2024-06`), all of which one consented period must hold. */
const incomeIn: Find = (periods, { params, query }) => {
  for (const { fraogmed = '', tilogmed = '' } of periods) {
    const first = query.get('fraOgMed') ?? fraogmed;
    const last = query.get('tilOgMed') ?? tilogmed;
    if (![fraogmed, tilogmed, first, last].every((month) => monthForm.test(month))) continue;
    if (first < fraogmed || last > tilogmed || first > last) continue;
    const months = monthsBetween(first, last).map((month) => monthlyIncome(params.subject ?? '', month));
    return { fraOgMed: first, tilOgMed: last, inntekt: months };
  }
  return undefined;
};

/** The year asked for (`?inntektsaar=2024`), else the first one consented to. */
const basisIn: Find = (years, { params, query }) => {
  const wanted = query.get('inntektsaar');
  const year = years.map(({ inntektsaar }) => inntektsaar).find((one) => one && (wanted === null || wanted === one));
  return year === undefined ? undefined : taxBasis(params.subject ?? '', year);
};

/** What a student still owes. */
const balanceIn: Find = ([first], { params }) => first && studentLoan(params.subject ?? '');

/** So many bytes of nothing (`?bytes=1000000`), to measure how large answers pass. */
const bulkIn: Find = (_, { query }) => ({ fyll: 'x'.repeat(Math.min(Number(query.get('bytes')) || 1000, 50_000_000)) });

/**
 * Data sources that trust tokens alone. `:subject` is the person's eleven or the organisation's nine digits, as the
 * real ones have them in their addresses.
 */
export const dataEndpoints = (source: Source): Endpoint[] => {
  const inntekt = {
    scope: 'skatteetaten:inntekt',
    resource: 'ske-samtykke-sbl-inntekt',
    services: ['4804_210607', '4630_2'],
  };
  const skattegrunnlag = {
    scope: 'skatteetaten:summertskattegrunnlag',
    resource: 'ske-samtykke-sbl-summert-skattegrunnlag',
    services: ['4628_210607', '4629_2'],
  };
  const saldo = { scope: 'lanekassen:lan/v1/saldoopplysninger', services: ['5252_2'] };
  return [
    ...dataApi(source, 'skatteetaten/inntekt', inntekt, 'inntektsmottaker', incomeIn),
    ...dataApi(source, 'skatteetaten/summertskattegrunnlag', skattegrunnlag, 'skattegrunnlag', basisIn),
    ...dataApi(source, 'skatteetaten/store-svar', inntekt, 'svar', bulkIn),
    ...dataApi(source, 'lanekassen/saldoopplysninger', saldo, 'saldo', balanceIn),
  ];
};
