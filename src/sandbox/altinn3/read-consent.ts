import { orgnoIn, type ReadBearer, scopesIn } from '../bearer.ts';
import type { Ask, Reply } from '../exchange.ts';
import { requestView } from './consent-views.ts';
import { organizationUrn } from './parties.ts';
import { bindingRefusal, forbidden, problem, refusal, unauthorized } from './problems.ts';
import type { Altinn3 } from './state.ts';

const readScopes = ['altinn:consentrequests.read', 'altinn:consentrequests.write', 'altinn:consentrequests.org'];

/** The consumer in whose name a caller reads, or the gatekeeper's refusal. */
export const readingConsumer = async (
  readBearer: ReadBearer,
  ask: Ask,
): Promise<{ consumer: string } | { refused: Reply }> => {
  const claims = await readBearer(ask.headers);
  if (!claims) return { refused: unauthorized() };
  if (!scopesIn(claims).some((scope) => readScopes.includes(scope))) return { refused: forbidden() };
  const orgno = orgnoIn(claims.consumer);
  return orgno === undefined ? { refused: unauthorized() } : { consumer: organizationUrn(orgno) };
};

/** `GET …/enterprise/consentrequests/{id}`: for the consumer; whoever merely handled the request is refused. */
export const readConsent =
  (altinn: Altinn3, readBearer: ReadBearer) =>
  async (ask: Ask): Promise<Reply> => {
    const caller = await readingConsumer(readBearer, ask);
    if ('refused' in caller) return caller.refused;
    const id = ask.params.id ?? '';
    if (!/^[0-9a-f-]{36}$/i.test(id)) return bindingRefusal({ consentRequestId: [`The value '${id}' is not valid.`] });
    const consent = altinn.consents.get(id.toLowerCase());
    if (!consent) return refusal(problem('AM-00001'));
    if (consent.to !== caller.consumer) return refusal(problem('AM-00000'));
    return { status: 200, body: requestView(altinn, consent) };
  };
