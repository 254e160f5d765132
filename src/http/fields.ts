import { z } from 'zod';
import { isOrganizationNumber, isPersonNumber } from '../domain/party.ts';
import { redirectKind } from '../domain/redirect.ts';
import { coded } from './faults.ts';
import { looksNational, namesPerson } from './national-id.ts';

const noNational = coded('national-id-not-allowed', 'must not hold a national identity number');
const noPerson = (text: string) => !namesPerson(text);

/** One line of text, without the blanks around it. */
export const Line = (most: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(most)
    .regex(/^\P{Cc}*$/u);

export const PersonNumber = z
  .string()
  .refine(isPersonNumber, coded('person-number-invalid', 'must be eleven digits with right check digits'))
  .meta({
    description: 'National identity number, D-number or a synthetic one; eleven digits.',
    example: '25922947409',
  });

export const OrganizationNumber = z
  .string()
  .refine(isOrganizationNumber, coded('organization-number-invalid', 'must be nine digits with a right check digit'))
  .meta({ description: 'Organisation number, nine digits.', example: '910514318' });

/** Read as a `Date`; any offset is fine. */
export const InstantIn = z.iso
  .datetime({ offset: true })
  .transform((text) => new Date(text))
  .meta({ example: '2026-12-24T12:00:00Z' });

/** As written: ISO 8601 in UTC. */
export const Instant = z.string().meta({ format: 'date-time', example: '2026-11-24T08:30:00.000Z' });

export const Uuid = z.string().meta({ format: 'uuid', example: '0193627c-9c3e-7d1a-b0a4-6f8f2a1c5e77' });

/** In a path: another form is simply not there. */
const UuidIn = z.uuid().toLowerCase().meta({ example: '0193627c-9c3e-7d1a-b0a4-6f8f2a1c5e77' });
export const ById = z.strictObject({ id: UuidIn });
export const ByKeyId = z.strictObject({ id: UuidIn, keyId: UuidIn });

export const Reference = Line(255)
  .refine((text) => !looksNational(text), noNational)
  .meta({ description: 'Your own word for it. May not hold a national identity number.', example: 'loan-4711' });

/** May a browser be sent there at all? Whether it is registered, the use case looks up. */
export const RedirectUrl = z
  .string()
  .max(2000)
  .refine(
    (text) => redirectKind(text, false) !== undefined,
    coded('redirect-url-invalid', 'must be https, http on localhost, or a private-use scheme'),
  )
  .refine((text) => !looksNational(text), noNational)
  .meta({ format: 'uri', example: 'https://bank.example/done' });

export const WebhookUrl = z
  .string()
  .max(2000)
  .refine((text) => URL.canParse(text), coded('webhook-url-invalid', 'must be an address'))
  .refine((text) => !looksNational(text), noNational)
  .meta({ format: 'uri', example: 'https://bank.example/webhooks/consents' });

/** Shown to the person, and repeated in events. */
export const Message = z
  .strictObject({
    nb: z.string().min(1).max(4000).refine(noPerson, noNational).exactOptional(),
    nn: z.string().min(1).max(4000).refine(noPerson, noNational).exactOptional(),
    en: z.string().min(1).max(4000).refine(noPerson, noNational).exactOptional(),
  })
  .meta({
    description: 'A message to the person, by language.',
    example: { nb: 'Vi trenger dette for å vurdere lånesøknaden.' },
  });

/** One check over all of it: this is on the way of every consent. */
export const Metadata = z
  .record(z.string(), z.string())
  .superRefine((metadata, { addIssue }) => {
    for (const [name, value] of Object.entries(metadata)) {
      if (name.length > 100 || value.length > 1000)
        addIssue({
          code: 'custom',
          path: [name],
          message: 'must have at most 100 characters in its name and 1000 in its value',
          params: { code: 'too-big' },
        });
      if (namesPerson(value))
        addIssue({ code: 'custom', path: [name], message: noNational.error, params: noNational.params });
    }
  })
  .meta({
    description: 'All names that the service declares, with values.',
    example: { fraogmed: '2024-01', tilogmed: '2024-12' },
  });

export const ServiceKey = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,99}$/)
  .refine((text) => !looksNational(text), noNational)
  .meta({ description: 'Lower-case letters, digits, dot, dash and underscore.', example: 'ske-inntekt' });

export const Scope = z
  .string()
  .max(200)
  .regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/)
  .meta({ example: 'skatteetaten:inntekt' });

/** What a reply leaves open is told as `null`. */
export const orNull = <T>(value: T | undefined): T | null => value ?? null;
export const isoOrNull = (at: Date | undefined): string | null => at?.toISOString() ?? null;
