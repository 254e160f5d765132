import { createHash } from 'node:crypto';
import type { ReceiverAuthAsk } from '../../domain/receiver.ts';
import type { HowToSend, Ports } from '../ports.ts';
import type { SentTo } from '../webhook-rows-port.ts';
import { authPlace } from './receiver-auth.ts';
import { secretPlace } from './secrets.ts';

/** A name for what was sealed: sealed anew, though it is the same, it is another. */
const versionOf = (sealed: Uint8Array): string => createHash('sha256').update(sealed).digest('base64url');

/** An endpoint's secrets, opened for one try: what signs now, how it shows who we are, and where it may go. */
export const howToSend = (
  { sealing, clock }: Pick<Ports, 'sealing' | 'clock'>,
  tenantId: string,
  { id, secret, previous, previousUntil, authSealed, privateTarget: opened }: SentTo,
): HowToSend => {
  const open = (sealed: Uint8Array) => sealing.open(secretPlace(tenantId, id), sealed).toString();
  const openAuth = (sealed: Uint8Array) => ({
    ...(JSON.parse(sealing.open(authPlace(tenantId, id), sealed).toString()) as ReceiverAuthAsk),
    version: versionOf(sealed),
  });
  return {
    secrets: [open(secret), ...(previous && previousUntil && previousUntil > clock.now() ? [open(previous)] : [])],
    ...(authSealed ? { auth: openAuth(authSealed) } : {}),
    ...(opened ? { opened } : {}),
  };
};
