import type { Clock } from '../../lib/clock.ts';
import type { ReadBearer } from '../bearer.ts';
import type { Ask, Endpoint, Reply } from '../exchange.ts';
import { consentedMetadata, prefersXml, refuse, type Wanted } from './check-consent.ts';
import { monthlyIncome, monthsBetween, taxBasis } from './figures.ts';

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

type Source = { clock: Clock; readBearer: ReadBearer };
type Find = (metadata: Record<string, string>[], ask: Ask) => object | undefined;

/** One API of the data source: what it wants to see, and what it then tells. */
const dataApi = (
  { clock, readBearer }: Source,
  path: string,
  wanted: Omit<Wanted, 'subject'>,
  root: string,
  find: Find,
): Endpoint[] => {
  const handle = async (ask: Ask): Promise<Reply> => {
    const subject = ask.params.subject ?? '';
    const checked = consentedMetadata(await readBearer(ask.headers), { ...wanted, subject }, clock.now());
    if ('refused' in checked) return refuse(checked.refused);
    const data = find(checked.metadata, ask);
    if (!data) return refuse('consent-not-covering');
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

/** So many bytes of nothing (`?bytes=1000000`), to measure how large answers pass. */
const bulkIn: Find = (_, { query }) => ({ fyll: 'x'.repeat(Math.min(Number(query.get('bytes')) || 1000, 50_000_000)) });

/**
 * Data sources that trust the token alone. `:subject` is the person's eleven or the organisation's nine digits, as the
 * real ones have them in their addresses.
 */
export const dataEndpoints = (source: Source): Endpoint[] => {
  const inntekt = { scope: 'skatteetaten:inntekt', resource: 'ske-samtykke-sbl-inntekt' };
  const skattegrunnlag = {
    scope: 'skatteetaten:summertskattegrunnlag',
    resource: 'ske-samtykke-sbl-summert-skattegrunnlag',
  };
  return [
    ...dataApi(source, 'skatteetaten/inntekt', inntekt, 'inntektsmottaker', incomeIn),
    ...dataApi(source, 'skatteetaten/summertskattegrunnlag', skattegrunnlag, 'skattegrunnlag', basisIn),
    ...dataApi(source, 'skatteetaten/store-svar', inntekt, 'svar', bulkIn),
  ];
};
