import type { Ask, Reply } from '../exchange.ts';
import { isRecord } from '../exchange.ts';
import type { Altinn2 } from './state.ts';

/** HAL is what those get who ask for it; without, there are no links. */
export const wantsHal = ({ headers: { accept = '' } }: Ask): boolean => /application\/hal\+json/i.test(accept);

export const wantsXml = ({ headers: { accept = '' } }: Ask): boolean => /\/xml|hal\+xml/i.test(accept);

/** Their keys are data. */
const kept = ['Metadata', 'RequestMessage'];

const camel = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(camel);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      `${name.slice(0, 1).toLowerCase()}${name.slice(1)}`,
      kept.includes(name) ? member : camel(member),
    ]),
  );
};

/** An answer in the form that was asked for. */
export const answer = ({ settings }: Altinn2, ask: Ask, status: number, body: object, links: object): Reply => {
  const whole = wantsHal(ask) && !Array.isArray(body) ? { ...body, _links: links } : body;
  return {
    status,
    headers: { 'content-type': `application/${wantsHal(ask) ? 'hal+json' : 'json'}; charset=utf-8` },
    body: JSON.stringify(settings.altinn2Names === 'camel' ? camel(whole) : whole),
  };
};

/** Parameter names in any case, and lists as `status=a&status=b` or `status[0]=a`. */
export const parameters = (ask: Ask): { one(name: string): string | undefined; all(name: string): string[] } => {
  const all = (name: string): string[] =>
    [...ask.query].filter(([key]) => key.toLowerCase().replace(/\[\d*\]$/, '') === name).map(([, value]) => value);
  return { all, one: (name) => all(name)[0] };
};
