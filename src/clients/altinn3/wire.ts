import { z } from 'zod';
import { partyUrn } from '../../domain/party.ts';
import type { Submission, UpstreamConsent } from '../../usecases/altinn-port.ts';
import { inLowerCase } from '../in-lower-case.ts';

/** Shapes of Altinn 3's consent requests. @see docs/sources/altinn-3.md */

export const requestsPath = 'accessmanagement/api/v1/enterprise/consentrequests';

/** Altinn keeps microseconds and wants an offset. */
const instant = (at: Date): string => at.toISOString().replace('Z', '+00:00');

export const toWire = ({
  id,
  from,
  to,
  requiredDelegator,
  validTo,
  rights,
  message,
  redirectUrl,
}: Submission): object => ({
  id,
  from: partyUrn(from),
  to: partyUrn({ organization: to }),
  ...(requiredDelegator && { requiredDelegator: partyUrn(requiredDelegator) }),
  validTo: instant(validTo),
  consentRights: rights.map(({ resource, metadata }) => ({
    action: ['consent'],
    resource: [{ type: 'urn:altinn:resource', value: resource }],
    metadata,
  })),
  ...(message && { requestMessage: message }),
  redirectUrl,
});

export const Instant = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

/** Names in lower case: Altinn's casing has changed before. `status` is younger than the rest, and called otherwise in a repeat's answer. */
const Details = z.preprocess(
  inLowerCase,
  z.looseObject({
    id: z.string(),
    status: z.string().nullish(),
    consentrequeststatus: z.string().nullish(),
    consented: Instant.nullish().catch(undefined),
    viewuri: z.url({ protocol: /^https?$/ }),
    consentrequestevents: z
      .array(z.preprocess(inLowerCase, z.looseObject({ eventtype: z.string(), created: Instant })))
      .nullish()
      .catch(undefined),
  }),
);

type Status = UpstreamConsent['status'];
/** By Altinn's word in lower case. */
export const statuses: Record<string, Status> = {
  created: 'Created',
  accepted: 'Accepted',
  rejected: 'Rejected',
  revoked: 'Revoked',
  deleted: 'Deleted',
};

/** Altinn has no status for a consent that ran out; an event `Expired` is made up on reading and says nothing of the answer. */
const statusOf = (details: z.infer<typeof Details>): Status => {
  const said = statuses[(details.status ?? details.consentrequeststatus ?? '').toLowerCase()];
  if (said) return said;
  const told = [...(details.consentrequestevents ?? [])]
    .sort((one, other) => one.created.getTime() - other.created.getTime())
    .map(({ eventtype }) => statuses[eventtype.toLowerCase()])
    .filter((status) => status !== undefined);
  return told.at(-1) ?? (details.consented ? 'Accepted' : 'Created');
};

/** What Altinn says of a consent request; undefined when it cannot be read, or is about another one. */
export const fromWire = (body: unknown, id: string): UpstreamConsent | undefined => {
  const read = Details.safeParse(body);
  if (!read.success || read.data.id.toLowerCase() !== id.toLowerCase()) return undefined;
  const { viewuri, consented } = read.data;
  return { id, status: statusOf(read.data), approvalUrl: viewuri, ...(consented && { consentedAt: consented }) };
};
