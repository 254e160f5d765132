import type { Settings } from './settings.ts';
import type { Client } from './world.ts';

/** A client as the token endpoint knows it at this moment. */
export const asSpread = (client: Client, now: Date): Client => {
  client.earlier = client.earlier.filter(({ until }) => until > now);
  const [before] = client.earlier;
  return before ? { ...client, active: before.active, scopes: before.scopes, keys: before.keys } : client;
};

/** Before a change through the self-service API: until it has spread, the token endpoint goes by what is now. */
export const rememberFor = (client: Client, { selfServiceDelaySeconds }: Settings, now: Date): void => {
  if (selfServiceDelaySeconds === 0) return;
  const { active, scopes, keys } = client;
  const until = new Date(now.getTime() + selfServiceDelaySeconds * 1000);
  client.earlier.push({ until, active, scopes, keys });
};
