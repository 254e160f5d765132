import { z } from 'zod';
import { parseJson, type Reply } from '../../exchange.ts';
import type { OwnerList, World } from '../../world.ts';
import { numberIn, parseParty } from '../parties.ts';
import { bindingRefusal, registryRefusal } from '../problems.ts';

export type MembersMove = 'add' | 'remove' | 'replace';

const most = 100;
const Body = z.object({ data: z.array(z.string()) });

export const memberViews = ({ organizations }: World, { members }: OwnerList) =>
  [...members].map(([orgno, since]) => {
    const id = organizations.get(orgno)?.partyUuid;
    return {
      id,
      since: since.toISOString(),
      identifiers: { 'urn:altinn:party:uuid': id, 'urn:altinn:organization:identifier-no': orgno },
    };
  });

/** Each move may be made again: who is there is not added, who is not there is not removed. */
export const moveMembers = (
  world: World,
  list: OwnerList,
  move: MembersMove,
  text: string,
  now: Date,
): { changed: boolean } | { refused: Reply } => {
  const body = Body.safeParse(parseJson(text));
  if (!body.success) return { refused: bindingRefusal({ data: ['The value is not valid.'] }) };
  const { data } = body.data;
  if (data.length > most) return { refused: registryRefusal(move === 'replace' ? 'RR.VLD-00000' : 'RR.VLD-00001') };
  if (!data.every((urn) => parseParty(urn)?.kind === 'organization'))
    return { refused: bindingRefusal({ data: ['The value is not valid.'] }) };
  const named = data.map(numberIn);
  // One that the register does not know spoils them all.
  if (!named.every((orgno) => world.organizations.has(orgno))) return { refused: registryRefusal('RR-00001') };
  const { members } = list;
  const before = [...members.keys()].join();
  if (move === 'replace') for (const orgno of members.keys()) if (!named.includes(orgno)) members.delete(orgno);
  for (const orgno of named) {
    if (move === 'remove') members.delete(orgno);
    else if (!members.has(orgno)) members.set(orgno, now);
  }
  return { changed: [...members.keys()].join() !== before };
};
