import type { Standing, StepMover } from '../../domain/readiness.ts';
import { scrub } from '../../lib/mask.ts';
import { ago, count } from '../doctor/finding.ts';

/** Whoever can do something comes first, and those outside before the operator: they have to be written to. */
const moves: readonly (readonly [StepMover, string])[] = [
  ['tenant', 'The tenant’s move'],
  ['api-owner', 'The API owner’s move'],
  ['operator', 'The operator’s move'],
  ['nobody', 'Not known yet'],
];

const namesOf = (standings: readonly Standing[]) => {
  const width = (of: (standing: Standing) => string) => Math.max(0, ...standings.map((one) => of(one).length));
  const [names, services] = [width(({ tenant }) => tenant.name), width(({ service }) => service)];
  return ({ tenant: { orgno, name }, service }: Standing) => [orgno, name.padEnd(names), service.padEnd(services)];
};

/** Under each heading, what that one has to do; where it is done once, for it is the same for all. */
const part = (heading: string, mover: StepMover, standings: readonly Standing[], now: Date): string[] => {
  const theirs = standings.filter(({ left }) => left.some((step) => step.mover === mover));
  if (theirs.length === 0) return [];
  const links = new Set<string>();
  const named = namesOf(theirs);
  const lines = theirs.flatMap((standing) => {
    const state = [
      ...(standing.ready ? ['ready so far'] : []),
      ...(standing.tenant.status === 'suspended' ? ['suspended'] : []),
    ];
    const steps = standing.left.filter((step) => step.mover === mover);
    for (const { link } of steps) if (link !== undefined) links.add(link);
    return [
      `  ${[...named(standing), ...state].join('  ')}`,
      ...steps.map(({ step, since, text }) => `    ${step}, ${ago(since, now)}: ${text}`),
    ];
  });
  return [`${heading} (${theirs.length})`, ...[...links].map((link) => `  → ${link}`), ...lines, ''];
};

/** Whose move it is, and of which tenant and service: whoever must be written to is under one heading. */
export const standingTable = (standings: readonly Standing[], now: Date): string => {
  const ready = standings.filter(({ ready: is }) => is).length;
  const verdict = `${ready} of ${count(standings.length, 'service', 'services')} of tenants ${ready === 1 ? 'is' : 'are'} ready.`;
  // What a tenant is called is for people to read, and nothing in it for the terminal to obey.
  const shown = [...moves.flatMap(([mover, heading]) => part(heading, mover, standings, now)), verdict];
  return scrub(`${shown.map((line) => line.replace(/\p{Cc}/gu, ' ')).join('\n')}\n`);
};
