import { filledPath, segmentsOf } from '../../domain/data-path.ts';
import type { DataSource } from '../../domain/data-source.ts';
import { partyNumber } from '../../domain/party.ts';
import { Problem } from '../../domain/problem.ts';
import type { Service } from '../../domain/service.ts';
import type { SealedParty } from '../consent-rows-port.ts';
import { openParties } from '../consents/parties.ts';
import type { DataAsk } from '../data-port.ts';
import type { Parts } from '../memory.ts';
import { chooseService } from './choose-service.ts';

/** Where a call goes, for one consent. Its path may hold the giver's number. */
export type Plan = { service: Service; source: DataSource; path: string };

type Services = ReadonlyMap<string, Service>;

/** Of one consent so many at most, and none that is long: whoever asks for ever other paths fills nothing. */
const mostPlans = 20;
const mostCharacters = 200;

/**
 * What a path leads to. Found out once for as long as consent and catalogue are remembered: the same is asked for again and again,
 * for another period each time.
 *
 * @throws Problem as `segmentsOf` and `chooseService`; `consent-not-usable` where the number is wanted and was erased
 */
export const planCall = ({ sealing, settings }: Pick<Parts, 'sealing' | 'settings'>) => {
  const plans = new WeakMap<SealedParty, { services: Services; byAsk: Map<string, Plan> }>();

  const numberOf = ({ consent, partySealed }: SealedParty): string => {
    if (!partySealed) throw new Problem('consent-not-usable', 'Whom it is about was erased');
    return partyNumber(openParties(sealing, consent.tenantId, consent.id, partySealed).from);
  };

  const plansOf = (sealed: SealedParty, services: Services): Map<string, Plan> => {
    const known = plans.get(sealed);
    if (known?.services === services) return known.byAsk;
    const byAsk = new Map<string, Plan>();
    plans.set(sealed, { services, byAsk });
    return byAsk;
  };

  return (sealed: SealedParty, services: Services, { method, path, service: key }: DataAsk): Plan => {
    const byAsk = plansOf(sealed, services);
    const name = `${method} ${path} ${key ?? ''}`;
    const known = byAsk.get(name);
    if (known) return known;
    const segments = segmentsOf(path);
    const asked = { method, segments, service: key };
    const { service, source, pattern } = chooseService(sealed.consent, services, asked, settings);
    const plan = { service, source, path: source.basePath + filledPath(pattern, segments, () => numberOf(sealed)) };
    if (name.length <= mostCharacters && byAsk.size < mostPlans) byAsk.set(name, plan);
    return plan;
  };
};
