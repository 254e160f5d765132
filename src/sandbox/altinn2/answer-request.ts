import type { Altinn2, ConsentRequest } from './state.ts';

/** For oneself always; for an organisation its managers; and where the request names who must answer, nobody else. */
export const mayAnswer = ({ world }: Altinn2, request: ConsentRequest, person: string): boolean => {
  if (request.requiredDelegator !== null && request.requiredDelegator !== person) return false;
  return request.offeredBy.length === 11
    ? request.offeredBy === person
    : (world.organizations.get(request.offeredBy)?.managers.has(person) ?? false);
};

export type Move = 'open' | 'accept' | 'reject' | 'revoke';
type Refusal = 'not-yours' | 'answered' | 'expired';

const isPending = ({ status }: ConsentRequest): boolean => status === 'Unopened' || status === 'Opened';

/** Is this a consent that opens data, now? */
export const isInForce = ({ clock }: Altinn2, { status, ended, validTo }: ConsentRequest): boolean =>
  status === 'Accepted' && ended === null && validTo > clock.now();

const setStatus = (altinn: Altinn2, request: ConsentRequest, status: ConsentRequest['status']): void => {
  request.status = status;
  request.lastChanged = altinn.stamp();
};

/** What a person does with a request. Opening it twice, or after the answer, changes nothing. */
export const moveRequest = (
  altinn: Altinn2,
  request: ConsentRequest,
  move: Move,
  person: string,
): { refused: Refusal } | undefined => {
  if (!mayAnswer(altinn, request, person)) return { refused: 'not-yours' };
  switch (move) {
    case 'open':
      if (request.status === 'Unopened') setStatus(altinn, request, 'Opened');
      return undefined;
    case 'accept':
      if (!isPending(request)) return { refused: 'answered' };
      if (request.validTo <= altinn.clock.now()) return { refused: 'expired' };
      setStatus(altinn, request, 'Accepted');
      request.given = request.lastChanged;
      return undefined;
    case 'reject':
      if (!isPending(request)) return { refused: 'answered' };
      setStatus(altinn, request, 'Rejected');
      return undefined;
    case 'revoke':
      if (request.status !== 'Accepted' || request.ended !== null) return { refused: 'answered' };
      // The request itself stays accepted, and its last change what it was: the token call alone tells.
      request.ended = { at: altinn.stamp(), why: 'revoked' };
      return undefined;
  }
};
