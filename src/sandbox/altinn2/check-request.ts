import { isOrgno, isPersonNumber } from '../check-digits.ts';
import { type Service, serviceName, type World } from '../world.ts';
import type { RequestBody } from './bind-request.ts';
import { isAllowedRedirect, rightOf } from './redirects.ts';
import { invalid, type RequestError, wrongParty } from './refusals.ts';
import type { Altinn2, RequestedService } from './state.ts';

/** What may be said in one's own words: `refused` templates have a text of their own. */
const messageRules: Record<string, 'optional' | 'refused' | 'needed'> = {
  default: 'optional',
  sblanesoknad: 'refused',
  samtykkemal_simpleconsent: 'refused',
  poa: 'needed',
};
export const templates = Object.keys(messageRules);

const languages = ['no-nb', 'no-nn', 'en'];

/** Names as registers compare them: in any case, spaces once. */
const plain = (name: string): string => name.normalize('NFC').trim().replace(/\s+/g, ' ').toLocaleUpperCase('nb');

/** The surname of a person or the whole name of an organisation, for a number that exists. */
const registeredName = ({ persons, organizations }: World, number: string): string | undefined =>
  isPersonNumber(number) ? persons.get(number)?.surname : isOrgno(number) ? organizations.get(number)?.name : undefined;

const isNamed = (world: World, number: string, name: string): boolean => {
  const registered = registeredName(world, number);
  return registered !== undefined && plain(registered) === plain(name);
};

const partyErrors = (world: World, body: RequestBody): RequestError[] => {
  const errors: RequestError[] = [];
  if (registeredName(world, body.coveredby) === undefined) errors.push(wrongParty('CoveredBy'));
  if (!isNamed(world, body.offeredby, body.offeredbyname)) errors.push(wrongParty('OfferedBy, OfferedByName'));
  const { requireddelegator: delegator, requireddelegatorname: name } = body;
  if ((delegator || name) && !isNamed(world, delegator ?? '', name ?? ''))
    errors.push(wrongParty('RequiredDelegator, RequiredDelegatorName'));
  return errors;
};

/** What a service declares must come with a value, by exactly that name; whatever else comes is dropped. */
const metadataErrors = (service: Service, given: Record<string, string | number | null>): RequestError[] =>
  service.metadata
    .filter((key) => given[key] === undefined || given[key] === null || given[key] === '')
    .map((key) => invalid(`Metadata ${key} is missing for service ${serviceName(service)}`));

const messageErrors = (template: string, message: RequestBody['requestmessage']): RequestError[] => {
  const texts = Object.entries(message ?? {}).filter(([, text]) => text !== null && text !== '');
  const rule = messageRules[template] ?? 'optional';
  if (rule === 'refused' && texts.length > 0) return [invalid('RequestMessage is not allowed for this template')];
  if (rule === 'needed' && texts.length === 0) return [invalid('RequestMessage is required for this template')];
  return texts
    .filter(([language]) => !languages.includes(language))
    .map(([language]) => invalid(`RequestMessage has no language ${language}`));
};

/** What is stored of a resource whose service is known. */
const requested = (
  service: Service,
  { operations, metadata }: RequestBody['requestresources'][number],
): RequestedService => ({
  serviceCode: service.serviceCode,
  editionCode: service.editionCode,
  operations: operations ?? null,
  metadata: Object.fromEntries(service.metadata.map((key) => [key, String(metadata?.[key] ?? '')])),
});

export type Checked = { services: RequestedService[]; template: string };

/** All that is wrong with a request from somebody who may ask; or what it asks for. */
export const checkRequest = (
  { world, clock }: Altinn2,
  body: RequestBody,
  keyHosts: string[],
): { checked: Checked } | { errors: RequestError[] } => {
  const now = clock.now();
  const errors = partyErrors(world, body);
  if (body.validto <= now) errors.push(invalid('ValidTo must be in the future'));

  const found: Service[] = [];
  const services: RequestedService[] = [];
  for (const resource of body.requestresources) {
    const name = serviceName({ serviceCode: resource.servicecode, editionCode: resource.serviceeditioncode });
    const service = world.services.get(name);
    if (!service) {
      errors.push(invalid(`Service ${name} is no consent service`));
      continue;
    }
    found.push(service);
    services.push(requested(service, resource));
    errors.push(...metadataErrors(service, resource.metadata ?? {}));
    // Whether the real one answers this with 400 or 403 is not known.
    if (service.srr && !rightOf(world, name, body.coveredby, now))
      errors.push(invalid(`CoveredBy is not registered for service ${name}`));
  }
  const [{ template } = { template: 'default' }, ...others] = found;
  if (others.some((other) => other.template !== template)) errors.push(invalid('All resources must share a template'));
  errors.push(...messageErrors(template, body.requestmessage));
  if (!isAllowedRedirect(world, body.redirecturl, { coveredBy: body.coveredby, services }, keyHosts, now))
    errors.push(invalid('RedirectUrl is not allowed for the API key or by the rights register'));
  return errors.length > 0 ? { errors } : { checked: { services, template } };
};
