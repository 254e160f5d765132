import { z } from 'zod';
import { consentStatuses } from '../../domain/consent.ts';
import type { Party } from '../../domain/party.ts';
import {
  Instant,
  InstantIn,
  Line,
  Message,
  Metadata,
  OrganizationNumber,
  PersonNumber,
  RedirectUrl,
  Reference,
  ServiceKey,
  Uuid,
} from '../fields.ts';

/** Told in OpenAPI as two shapes; read as one object, so that a fault names the very field. */
const oneOfTwo = (more: object) => ({
  override: {
    oneOf: [
      {
        type: 'object',
        required: ['person'],
        additionalProperties: false,
        properties: { person: { type: 'string', example: '25922947409' }, ...more },
      },
      {
        type: 'object',
        required: ['organization'],
        additionalProperties: false,
        properties: { organization: { type: 'string', example: '910514318' }, ...more },
      },
    ],
    type: undefined,
    properties: undefined,
    additionalProperties: undefined,
  },
});

const exactlyOne = ({ person, organization }: { person?: string; organization?: string }) =>
  (person === undefined) !== (organization === undefined);
const partyFields = { person: PersonNumber.exactOptional(), organization: OrganizationNumber.exactOptional() };
const Name = Line(200);

/** `{person}` or `{organization}`. */
export const PartyIn = z
  .strictObject(partyFields)
  .refine(exactlyOne, 'must have either person or organization')
  .transform(
    ({ person, organization }): Party => (person === undefined ? { organization: organization ?? '' } : { person }),
  )
  .meta(oneOfTwo({}));

const namesOfAltinn2 = 'Needed by services of Altinn 2: the surname of a person, or the whole name of an organisation.';

const NamedPartyIn = z
  .strictObject({ ...partyFields, name: Name.exactOptional() })
  .refine(exactlyOne, 'must have either person or organization')
  .transform(({ person, organization, ...name }) =>
    person === undefined ? { organization: organization ?? '', ...name } : { person, ...name },
  )
  .meta(oneOfTwo({ name: { type: 'string', description: namesOfAltinn2 } }));

const RightIn = z.strictObject({ service: ServiceKey, metadata: Metadata.default({}) });

export const ConsentAskIn = z
  .strictObject({
    from: NamedPartyIn,
    rights: z.array(RightIn).min(1).max(50),
    validTo: InstantIn.meta({ description: 'When the consent ends.' }),
    redirectUrl: RedirectUrl.meta({
      description:
        'Where the browser goes afterwards, with `consent` and `status` added. A registered address; its query is free.',
    }),
    message: Message.exactOptional(),
    requiredDelegator: z
      .strictObject({ person: PersonNumber, name: Name.exactOptional().meta({ description: namesOfAltinn2 }) })
      .exactOptional(),
    reference: Reference.exactOptional(),
  })
  .meta({ id: 'ConsentAsk' });

const PartyOut = z
  .object({ person: z.string().optional(), organization: z.string().optional() })
  .meta({ description: 'Whom it is about; persons masked.', example: { person: '259229*****' } });

/** A problem as it is kept beside a consent. */
export const KeptProblem = z
  .object({ type: z.string(), title: z.string(), detail: z.string(), mover: z.string(), link: z.string().nullable() })
  .meta({ id: 'KeptProblem' });

export const Consent = z
  .object({
    id: Uuid,
    status: z.enum(consentStatuses),
    version: z.number().int().meta({ description: 'Grows by one with each change.', example: 2 }),
    from: PartyOut,
    rights: z.array(z.object({ service: z.string(), metadata: z.record(z.string(), z.string()) })),
    validTo: Instant,
    redirectUrl: z.string(),
    message: z
      .object({ nb: z.string().exactOptional(), nn: z.string().exactOptional(), en: z.string().exactOptional() })
      .nullable(),
    reference: z.string().nullable(),
    approvalUrl: z
      .string()
      .nullable()
      .meta({ description: 'Where the person answers; set once Altinn has the request.' }),
    createdAt: Instant,
    updatedAt: Instant,
    upstream: z
      .enum(['open', 'closed'])
      .nullable()
      .meta({ description: 'After `withdrawn`: does Altinn still show it to the person?' }),
    problem: KeptProblem.nullable().meta({ description: 'Why it is `blocked` or `failed`, and who can mend it.' }),
  })
  .meta({ id: 'Consent' });
