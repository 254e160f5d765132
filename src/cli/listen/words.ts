import { parseArgs } from 'node:util';
import { Webhook } from 'standardwebhooks';
import { type EventType, eventTypes } from '../../domain/event.ts';
import { newSigner } from '../../usecases/webhooks/secrets.ts';

const usage = `hub listen                       print a tenant's events as they come
  --key <api key>                 with the scope events:read; better in HUB_API_KEY: words stay in the shell's history, and others on this machine see them
  --url <address>                 of the hub; or HUB_URL (unless set: http://localhost:3000)
  --types <type,type>             only these
  --from-start | --since <cursor> also what happened before: all of it, or what came after a cursor
  --forward <address>             send each on, signed as a webhook, and tell what was answered
  --secret <whsec_…>              to sign with (unless set: one is made and printed)
  --json                          one line of JSON each
`;

export type ListenAsk = {
  hub: URL;
  key: string;
  types: EventType[];
  from: 'now' | 'start' | { cursor: string };
  forward?: { to: URL; secret: string; isNew: boolean };
  json: boolean;
};
export type Given = { key?: string | undefined; url?: string | undefined };

const fault = (text: string) => ({ usage: `${text}\n\n${usage}` });

/** Encrypted, or within this machine: nobody on the way reads the key. */
export const isPrivateWay = ({ protocol, hostname }: URL): boolean =>
  protocol === 'https:' || /^(?:localhost|.+\.localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname);

/** Without a user and a password: they would be shown with it. */
const addressOf = (text: string): URL | undefined => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isWeb = url?.protocol === 'http:' || url?.protocol === 'https:';
  return isWeb && url.username === '' && url.password === '' ? url : undefined;
};

/** Standard Webhooks: 24 to 64 bytes in base64 behind `whsec_`. */
const isSecret = (text: string): boolean => {
  try {
    new Webhook(text);
    const { length } = Buffer.from(text.replace(/^whsec_/, ''), 'base64');
    return length >= 24 && length <= 64;
  } catch {
    return false;
  }
};

const isType = (text: string): text is EventType => eventTypes.some((type) => type === text);

/** What was asked for on the command line; or what can be, where that is not understood. No value that may be secret is repeated. */
export const readWords = (words: readonly string[], given: Given): ListenAsk | { usage: string } => {
  if (words.includes('--help') || words.includes('-h')) return { usage };
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = {
    ...{ key: text, url: text, types: text, since: text, forward: text, secret: text },
    ...{ 'from-start': flag, json: flag },
  };
  let said: ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];
  try {
    said = parseArgs({ args: [...words], options }).values;
  } catch {
    // What was typed may be a key in the wrong place.
    return fault('these words are not understood');
  }
  const key = said.key ?? given.key;
  if (!key) return fault('an API key is needed: set HUB_API_KEY, or --key');
  if (!/^[\x21-\x7e]+$/.test(key)) return fault('the API key holds what no key holds');
  const hub = addressOf(said.url ?? given.url ?? 'http://localhost:3000');
  if (!hub)
    return fault(
      '--url (or HUB_URL) is an address that begins with http:// or https://, without a user and a password',
    );
  if (said.since !== undefined && said['from-start']) return fault('--since and --from-start do not go together');
  const types = (said.types ?? '').split(',').filter((type) => type !== '');
  const unknown = types.find((type) => !isType(type));
  if (unknown !== undefined) return fault(`there is no event type "${unknown}"; there are ${eventTypes.join(', ')}`);
  const to = said.forward === undefined ? undefined : addressOf(said.forward);
  if (said.forward !== undefined && !to)
    return fault('--forward is an address that begins with http:// or https://, without a user and a password');
  if (said.secret !== undefined && !to) return fault('--secret goes with --forward');
  if (said.secret !== undefined && !isSecret(said.secret))
    return fault('--secret is whsec_ and then 24 to 64 bytes in base64');
  return {
    hub,
    key,
    types: types.filter(isType),
    from: said['from-start'] ? 'start' : said.since === undefined ? 'now' : { cursor: said.since },
    json: said.json ?? false,
    ...(to && {
      forward: {
        to,
        secret: said.secret ?? newSigner('v1').secret,
        isNew: said.secret === undefined,
      },
    }),
  };
};
