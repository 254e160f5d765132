import { maskPerson } from '../../lib/mask.ts';
import type { Altinn2, ConsentRequest } from './state.ts';
import { osloText } from './times.ts';

const masked = (number: string): string => (number.length === 11 ? maskPerson(number) : number);

/** Where the person is sent. */
export const guiHref = ({ baseUrl }: Altinn2, code: string): string => `${baseUrl}ui/AccessConsent/request?id=${code}`;

export const linksOf = (altinn: Altinn2, { code }: ConsentRequest) => ({
  self: { href: `${altinn.baseUrl}api/consentRequests/${code}` },
  gui: { href: guiHref(altinn, code) },
});

/** A request as it is answered: persons' numbers masked, and no names. */
export const requestView = ({ settings }: Altinn2, request: ConsentRequest) => {
  const time = (at: Date): string => osloText(at, settings.altinn2Offsets);
  return {
    AuthorizationCode: request.code,
    RequestStatus: request.status,
    CoveredBy: masked(request.coveredBy),
    OfferedBy: masked(request.offeredBy),
    ...(request.handledBy !== null && { HandledBy: request.handledBy }),
    ...(request.requiredDelegator !== null && { RequiredDelegator: masked(request.requiredDelegator) }),
    ValidTo: time(request.validTo),
    RedirectUrl: request.redirectUrl,
    RequestResources: request.services.map(({ serviceCode, editionCode, operations, metadata }) => ({
      ServiceCode: serviceCode,
      ServiceEditionCode: editionCode,
      ...(operations && { Operations: operations }),
      Metadata: metadata,
    })),
    ...(request.message && { RequestMessage: request.message }),
    PortalViewMode: request.portalViewMode,
    Created: time(request.created),
    LastChanged: time(request.lastChanged),
  };
};
