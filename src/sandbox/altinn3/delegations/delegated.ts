import { delegationKey, type World } from '../../world.ts';

export type Delegated = {
  consumer: string;
  supplier: string;
  /** Undefined for a scope that was delegated alone, which only the sandbox's control calls can do. */
  resource: string | undefined;
  scopes: string[];
  created: Date;
};

/**
 * Delegations as Altinn keeps them: by resource. The sandbox's world knows scopes; a resource counts as delegated when all of
 * its scopes are, and the rest stand alone.
 */
export const delegated = ({ delegations, resources }: World): Delegated[] => {
  const pairs = new Map<string, { consumer: string; supplier: string; scopes: Map<string, Date> }>();
  for (const [key, at] of delegations) {
    const [consumer = '', supplier = '', scope = ''] = key.split(' ');
    const pair = pairs.get(`${consumer} ${supplier}`) ?? { consumer, supplier, scopes: new Map<string, Date>() };
    pair.scopes.set(scope, at);
    pairs.set(`${consumer} ${supplier}`, pair);
  }
  const schemas = [...resources.values()].filter(
    ({ type, scopes }) => type === 'MaskinportenSchema' && scopes.length > 0,
  );
  return [...pairs.values()].flatMap(({ consumer, supplier, scopes }) => {
    const created = (names: string[]): Date =>
      new Date(Math.max(...names.map((name) => scopes.get(name)?.getTime() ?? 0)));
    const whole = schemas
      .filter((schema) => schema.scopes.every((scope) => scopes.has(scope)))
      .map((schema) => ({
        ...{ consumer, supplier, resource: schema.identifier as string | undefined },
        ...{ scopes: schema.scopes, created: created(schema.scopes) },
      }));
    const alone = [...scopes.keys()].filter((scope) => !whole.some((one) => one.scopes.includes(scope)));
    return [
      ...whole,
      ...alone.map((scope) => ({
        consumer,
        supplier,
        resource: undefined,
        scopes: [scope],
        created: created([scope]),
      })),
    ];
  });
};

/** The supplier or the consumer ends it: all scopes that came with it. */
export const undelegate = (world: World, { consumer, supplier, scopes }: Delegated): void => {
  for (const scope of scopes) world.delegations.delete(delegationKey(consumer, supplier, scope));
};
