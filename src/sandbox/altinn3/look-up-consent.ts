import { type ReadBearer, scopesIn } from '../bearer.ts';
import { type Ask, isRecord, parseJson, type Reply } from '../exchange.ts';
import { formatInstant, microsOf } from '../instants.ts';
import { type AltinnProblem, bindingRefusal, forbidden, problem, refusal, unauthorized } from './problems.ts';
import type { Altinn3, ConsentRight } from './state.ts';

type Question = { id: string; from: string; to: string };

/** What Maskinporten is told about a consent that may be used. */
export type UsableConsent = {
  id: string;
  from: string;
  to: string;
  handledBy: string | null;
  consented: string | null;
  validTo: string;
  consentRights: ConsentRight[];
};

/** All that stands against using a consent, in the order of the real service. */
export const lookUpConsent = (
  { consents, clock }: Altinn3,
  { id, from, to }: Question,
): { consent: UsableConsent } | { refused: AltinnProblem[] } => {
  const consent = consents.get(id);
  if (!consent) return { refused: [problem('AM-00001')] };
  const refused: AltinnProblem[] = [];
  if (to !== consent.to && to !== consent.handledBy) refused.push(problem('AM-00001'));
  if (from !== consent.from) refused.push(problem('AM-00012'));
  if (consent.validTo <= microsOf(clock.now())) refused.push(problem('AM-00013'));
  if (consent.status === 'Revoked') refused.push(problem('AM-00011'));
  else if (consent.status !== 'Accepted') refused.push(problem('AM-00014'));
  if (refused.length > 0) return { refused };
  return {
    consent: {
      id,
      from: consent.from,
      to: consent.to,
      handledBy: consent.handledBy,
      consented: consent.consented === null ? null : formatInstant(consent.consented),
      validTo: formatInstant(consent.validTo),
      consentRights: consent.rights,
    },
  };
};

/** `POST …/maskinporten/consent/lookup`: for Maskinporten alone. */
export const lookupEndpoint =
  (altinn: Altinn3, readBearer: ReadBearer) =>
  async (ask: Ask): Promise<Reply> => {
    const claims = await readBearer(ask.headers);
    if (!claims) return unauthorized();
    if (!scopesIn(claims).includes('altinn:maskinporten/consent.read')) return forbidden();
    const body = parseJson(ask.body);
    if (!isRecord(body)) return bindingRefusal({ $: ['The JSON value could not be converted'] });
    const { id, from, to } = body;
    if (typeof id !== 'string' || typeof from !== 'string' || typeof to !== 'string') {
      return bindingRefusal({ $: ['id, from and to are required'] });
    }
    const found = lookUpConsent(altinn, { id: id.toLowerCase(), from, to });
    if ('consent' in found) return { status: 200, body: found.consent };
    const [first = problem('AM-00001'), ...others] = found.refused;
    return refusal(first, ...others);
  };
