import { partyNumber } from '../../domain/party.ts';
import type { Altinn2, Submission } from '../../usecases/altinn-port.ts';
import { type Altinn2Calls, unreadable } from './calls.ts';
import { fromWire, madeFromWire, pageFromWire, placeAt, toWire } from './wire.ts';

const path = 'consentRequests';
const pathOf = (code: string): string => `${path}/${encodeURIComponent(code)}`;

/** What of ours an answer may repeat. */
const wordsOf = ({ from, fromName, requiredDelegator, requiredDelegatorName, redirectUrl }: Submission): string[] =>
  [
    fromName,
    requiredDelegatorName,
    redirectUrl,
    partyNumber(from),
    requiredDelegator && partyNumber(requiredDelegator),
  ].filter((word) => word !== undefined);

/** Requests at Altinn 2: made once each, for nothing in them tells a repeat from another request. */
export const consentRequests = (
  { call, refused, base }: Altinn2Calls,
  operatorOrgno: string,
): Pick<Altinn2, 'submit' | 'read' | 'list' | 'withdraw'> => ({
  async submit(submission, token, signal) {
    const { id: consentId, to } = submission;
    const body = JSON.stringify(toWire(submission, operatorOrgno));
    const answer = await call({ verb: 'submit', method: 'POST', path, body, token }, signal);
    if (answer.status !== 201 && answer.status !== 200)
      throw refused(answer, token, { verb: 'submit', to, sent: wordsOf(submission) }, { consentId });
    const made = madeFromWire(answer.body, base);
    if (!made) throw unreadable();
    return made;
  },

  async read(code, token, signal) {
    const answer = await call({ verb: 'read', method: 'GET', path: pathOf(code), token }, signal);
    if (answer.status !== 200) throw refused(answer, token, { verb: 'read' }, { code });
    const consent = fromWire(answer.body, code, base);
    if (!consent) throw unreadable();
    return consent;
  },

  async list(from, token, signal) {
    const continuation = typeof from === 'object' ? placeAt(from.after) : from;
    const query = { direction: 'outgoing', ...(continuation !== undefined && { continuation }) };
    const answer = await call({ verb: 'list', method: 'GET', path, query, token }, signal);
    if (answer.status !== 200) throw refused(answer, token, { verb: 'list' }, {});
    const page = pageFromWire(answer.body, base);
    // A page that leads to itself would never end.
    if (!page || (page.next !== undefined && page.next === continuation)) throw unreadable();
    return page;
  },

  async withdraw(code, token, signal) {
    const answer = await call({ verb: 'withdraw', method: 'DELETE', path: pathOf(code), token }, signal);
    if (answer.status !== 204 && answer.status !== 200) throw refused(answer, token, { verb: 'withdraw' }, { code });
  },
});
