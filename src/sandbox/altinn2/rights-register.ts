import { z } from 'zod';
import { addRight } from '../change-world.ts';
import { isOrgno, isPersonNumber } from '../check-digits.ts';
import { type Ask, isRecord, parseJson, type Reply } from '../exchange.ts';
import { type Service, type SrrRight, serviceName } from '../world.ts';
import { answer, parameters } from './answers.ts';
import type { Identify } from './caller.ts';
import { forbidden } from './refusals.ts';
import type { Altinn2 } from './state.ts';
import { osloText, readTime } from './times.ts';

/** As NAV's client reads it: a flat list, in PascalCase; the conditions are from Altinn's own draft. */
const rightView = (service: Service, right: SrrRight, operationResult?: string) => ({
  Id: right.id,
  ...(operationResult && { OperationResult: operationResult }),
  Reportee: right.reportee,
  ServiceCode: service.serviceCode,
  ServiceEditionCode: String(service.editionCode),
  Right: right.right,
  ValidTo: osloText(right.validTo),
  Condition: {
    AllowedRedirectDomain: right.allowedRedirectDomain,
    KeepSessionAlive: right.keepSessionAlive,
    HandledBy: right.handledBy,
  },
});

const lower = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(lower);
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name.toLowerCase(), lower(member)]));
};

const Conditions = z
  .object({
    allowedredirectdomain: z.string().nullish(),
    keepsessionalive: z.boolean().nullish(),
    handledby: z.string().nullish(),
  })
  .nullish();
const time = z.string().transform((text, context) => {
  const read = readTime(text);
  if (!read) context.addIssue('is no time');
  return read ?? new Date(Number.NaN);
});

const Right = z.object({
  reportee: z.string().refine((number) => isOrgno(number) || isPersonNumber(number)),
  right: z.string().regex(/^(?:read|write)$/i),
  validto: time,
  condition: Conditions,
  conditions: Conditions,
});
const Body = z.object({
  servicecode: z.string(),
  serviceeditioncode: z.union([z.string(), z.number()]),
  rights: z.array(Right).min(1),
});

const conditionsOf = ({ validto: validTo, condition, conditions }: z.infer<typeof Right>) => {
  const given = condition ?? conditions;
  return {
    validTo,
    allowedRedirectDomain: given?.allowedredirectdomain ?? null,
    keepSessionAlive: given?.keepsessionalive ?? false,
    handledBy: given?.handledby ?? null,
  };
};

const ruleRefused = (): Reply => ({
  status: 403,
  reason: 'The API key is not authorized for this operation, or the supplied rule id is invalid.',
});

/** `/api/serviceowner/srr`, as far as its draft and its known clients tell. */
export const rightsRegister = (altinn: Altinn2, identify: Identify) => {
  const { world, clock } = altinn;

  const ownerOf = async (ask: Ask, kind: 'read' | 'write'): Promise<{ orgno: string } | { refused: Reply }> => {
    const identified = await identify(ask, { scopes: [`altinn:serviceowner/srr.${kind}`] });
    if ('refused' in identified) return identified;
    return identified.caller.key.serviceOwner ? identified.caller : { refused: forbidden() };
  };
  const ownService = (name: string, orgno: string): Service | undefined => {
    const service = world.services.get(name);
    return service?.owner === orgno ? service : undefined;
  };
  const ownRight = (id: string | undefined, orgno: string): { right: SrrRight; service: Service } | undefined => {
    const right = world.srr.find((one) => String(one.id) === id);
    const service = right && ownService(right.service, orgno);
    return service && { right, service };
  };

  return {
    async list(ask: Ask): Promise<Reply> {
      const owner = await ownerOf(ask, 'read');
      if ('refused' in owner) return owner.refused;
      const { one } = parameters(ask);
      const service = ownService(`${one('servicecode')}_${one('serviceeditioncode')}`, owner.orgno);
      if (!service) return ruleRefused();
      const reportee = one('reportee');
      const found = world.srr.filter(
        (right) => right.service === serviceName(service) && (reportee === undefined || right.reportee === reportee),
      );
      const views = found.map((right) => rightView(service, right));
      return answer(altinn, ask, 200, views, {});
    },
    async read(ask: Ask): Promise<Reply> {
      const owner = await ownerOf(ask, 'read');
      if ('refused' in owner) return owner.refused;
      const found = ownRight(ask.params.id, owner.orgno);
      return found ? answer(altinn, ask, 200, rightView(found.service, found.right), {}) : ruleRefused();
    },
    async add(ask: Ask): Promise<Reply> {
      const owner = await ownerOf(ask, 'write');
      if ('refused' in owner) return owner.refused;
      const body = Body.safeParse(lower(parseJson(ask.body)));
      if (!body.success) return { status: 400 };
      const { servicecode, serviceeditioncode, rights } = body.data;
      const service = ownService(`${servicecode}_${serviceeditioncode}`, owner.orgno);
      if (!service) return forbidden();
      const name = serviceName(service);
      const isThere = ({ reportee }: { reportee: string }): boolean =>
        world.srr.some((right) => right.service === name && right.reportee === reportee);
      if (rights.some(isThere)) return { status: 409 };
      const added = rights.map((right) => addRight(world, name, right.reportee, conditionsOf(right), clock.now()));
      const views = added.map((right) => rightView(service, right, 'Ok'));
      return answer(altinn, ask, 201, views, {});
    },
    async change(ask: Ask): Promise<Reply> {
      const owner = await ownerOf(ask, 'write');
      if ('refused' in owner) return owner.refused;
      const found = ownRight(ask.params.id, owner.orgno);
      if (!found) return ruleRefused();
      const body = Body.safeParse(lower(parseJson(ask.body)));
      const [right] = body.data?.rights ?? [];
      if (!right || right.reportee !== found.right.reportee) return { status: 400 };
      Object.assign(found.right, conditionsOf(right));
      return { status: 204 };
    },
    async remove(ask: Ask): Promise<Reply> {
      const owner = await ownerOf(ask, 'write');
      if ('refused' in owner) return owner.refused;
      const found = ownRight(ask.params.id, owner.orgno);
      if (!found) return ruleRefused();
      world.srr = world.srr.filter((right) => right !== found.right);
      return { status: 204 };
    },
  };
};
