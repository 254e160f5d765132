import { z } from 'zod';
import { isOrganizationNumber, isPersonNumber } from '../domain/party.ts';
import { redirectKind } from '../domain/redirect.ts';
import { holdsNationalId, namesPerson } from '../lib/mask.ts';
import { coded } from './faults.ts';

export const noNational = coded('national-id-not-allowed', 'must not hold a national identity number');
/** For what people write: account and loan numbers have as many digits, so that check digits decide. */
const noPerson = (text: string) => !namesPerson(text);
/** For what ends up in other people's logs: nothing that looks like one. */
const noNumber = (text: string) => !holdsNationalId(text);

/** A text that is too long is not looked at any further. */
export const lastCheck = { abort: true };

const OneLine = (most: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(most, lastCheck)
    .regex(/^\P{Cc}*$/u);

/** One line of text, without the blanks around it. It is kept and shown in clear, so that it may name no person by number. */
export const Line = (most: number) => OneLine(most).refine(noPerson, noNational);

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

/** Text in paragraphs; line breaks are the only control characters, each written as one. */
export const Paragraphs = (most: number) =>
  z
    .string()
    .max(most, lastCheck)
    .transform((text) => text.replace(/\r\n?/g, '\n').trim())
    .pipe(
      z
        .string()
        .min(1)
        .regex(/^(?:\P{Cc}|\n)*$/u)
        .refine(noPerson, noNational),
    );

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
export const ByEndpointId = z.strictObject({ id: UuidIn, endpointId: UuidIn });
export const ByInvitationId = z.strictObject({ id: UuidIn, invitationId: UuidIn });

export const Reference = OneLine(255)
  .refine(noNumber, noNational)
  .meta({ description: 'Your own word for it. May not hold a national identity number.', example: 'loan-4711' });

/** May a browser be sent there at all? Whether it is registered, the use case looks up. */
export const RedirectUrl = z
  .string()
  .max(2000, lastCheck)
  .refine(
    (text) => redirectKind(text, false) !== undefined,
    coded('redirect-url-invalid', 'must be https, http on localhost, or a private-use scheme'),
  )
  .refine(noNumber, noNational)
  .meta({ format: 'uri', example: 'https://bank.example/done' });

/** Readers differ in what they make of these; ours would take them out before anybody looks. */
const isPlainlyWritten = (text: string): boolean =>
  !/\\|\p{Cc}/u.test(text) && /^[a-z]+:\/\/[^/]/i.test(text) && !/^[a-z]+:\/\/[^/?#]*@/i.test(text);

/** As browsers and we read it: what was stored is what is called. */
export const WebhookUrl = z
  .string()
  .max(2000, lastCheck)
  .refine((text) => URL.canParse(text), coded('webhook-url-invalid', 'must be an address'))
  .refine(noNumber, { ...noNational, abort: true })
  .refine(
    (text) => isPlainlyWritten(text.trim()),
    coded('webhook-url-invalid', 'must be written plainly: no backslashes or line breaks, no user and no password'),
  )
  .transform((text) => new URL(text).href)
  // Reading it takes out what is ignored, and writes other digits as ours: a number may show only now.
  .refine(noNumber, noNational)
  .meta({ format: 'uri', example: 'https://bank.example/webhooks/consents' });

/** Shown to the person, and repeated in events. */
const Prose = z.string().min(1).max(4000, lastCheck).refine(noPerson, noNational);
export const Message = z
  .strictObject({ nb: Prose.exactOptional(), nn: Prose.exactOptional(), en: Prose.exactOptional() })
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
      if (namesPerson(name) || namesPerson(value))
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
  .refine(noNumber, noNational)
  .meta({ description: 'Lower-case letters, digits, dot, dash and underscore.', example: 'ske-inntekt' });

export const Scope = z
  .string()
  .max(200, lastCheck)
  .regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/)
  .refine(noPerson, noNational)
  .meta({ example: 'skatteetaten:inntekt' });

/** An absolute URI without a fragment (RFC 8707), in the characters a URI has: it goes to Maskinporten, and into its answers. */
export const AudienceUri = Line(500)
  .regex(/^[A-Za-z][A-Za-z0-9+.-]*:[\w.~:/?[\]@!$&'()*+,;=%-]+$/, lastCheck)
  .refine((text) => URL.canParse(text), { error: 'must be an absolute URI' })
  .meta({ format: 'uri' });

/** What a reply leaves open is told as `null`. */
export const orNull = <T>(value: T | undefined): T | null => value ?? null;
export const isoOrNull = (at: Date | undefined): string | null => at?.toISOString() ?? null;
