import { tenantsReadiness } from './access/overview.ts';
import { probeAccess } from './access/probe-access.ts';
import { checkReadiness, readReadiness } from './access/readiness.ts';
import { asking } from './asking/ask-for-access.ts';
import { followAccessRequest } from './asking/follow-access-request.ts';
import { oweDelegations, readDelegations } from './asking/read-delegations.ts';
import { eraseConsent, lookAtConsent } from './consents/look-at-consent.ts';
import { listConsents, readConsent, searchConsents, settledConsent } from './consents/read-consents.ts';
import { readFeed } from './consents/read-feed.ts';
import { requestConsent } from './consents/request-consent.ts';
import { returnFromAltinn } from './consents/return-from-altinn.ts';
import { submitConsent } from './consents/submit-consent.ts';
import { withdrawConsent } from './consents/withdraw-consent.ts';
import { logUse } from './data/log-use.ts';
import { passData } from './data/pass-data.ts';
import { followEvents } from './events/follow-events.ts';
import { listEvents } from './events/list-events.ts';
import type { JobName } from './jobs.ts';
import { eraseTenant } from './leaving/erase-tenant.ts';
import { offboardTenant } from './leaving/offboard-tenant.ts';
import { leavingVerbs } from './leaving/verbs.ts';
import type { Parts } from './memory.ts';
import { catalogue } from './operator/catalogue.ts';
import { maskinportenClients } from './operator/clients.ts';
import { generateKey } from './operator/generate-key.ts';
import { mendingClients } from './operator/mend-client.ts';
import { operatorKeys } from './operator/operator-keys.ts';
import { oweTidying, tidy } from './operator/tidy.ts';
import { resting } from './resting.ts';
import { rotateClientKey } from './selfservice/rotate-key.ts';
import { tendClientKeys } from './selfservice/tend-client-keys.ts';
import { apiKeys } from './tenants/api-keys.ts';
import { appsThatSign } from './tenants/grant-access-token.ts';
import { importTenants } from './tenants/import-tenants.ts';
import { invitationPages } from './tenants/invitation-page.ts';
import { invitationTexts } from './tenants/invitation-texts.ts';
import { invitations } from './tenants/invitations.ts';
import { identifyOperator, identifyTenant } from './tenants/keys.ts';
import { tenants } from './tenants/tenants.ts';
import { fetchToken } from './tokens/fetch-token.ts';
import { probeClient } from './tokens/probe-client.ts';
import { consentTokens, readConsentTokens, readToken } from './tokens/read-token.ts';
import { refreshToken } from './tokens/refresh-token.ts';
import { tokenFor } from './tokens/token-for.ts';
import { usage } from './usage/read-usage.ts';
import type { UseCases, Work } from './use-cases.ts';
import { deliverWebhook } from './webhooks/deliver-webhook.ts';
import { deliveries } from './webhooks/deliveries.ts';
import { webhookEndpoints } from './webhooks/endpoints.ts';
import { privateTargets } from './webhooks/private-targets.ts';
import { replayEvents } from './webhooks/replay-events.ts';
import { tendEndpoint } from './webhooks/tend-endpoint.ts';

/** What callers may ask of the hub; `use-cases.ts` explains each verb. */
export const useCases = (parts: Parts): UseCases => ({
  identifyTenant: identifyTenant(parts),
  identifyOperator: identifyOperator(parts),
  requestConsent: requestConsent(parts),
  settledConsent: settledConsent(parts),
  readConsent: readConsent(parts),
  listConsents: listConsents(parts),
  searchConsents: searchConsents(parts),
  withdrawConsent: withdrawConsent(parts),
  readConsentTokens: readConsentTokens(parts),
  readToken: readToken(parts),
  passData: passData(parts, consentTokens(parts)),
  returnFromAltinn: returnFromAltinn(parts),
  readReadiness: readReadiness(parts),
  checkReadiness: checkReadiness(parts),
  ...tenantsReadiness(parts),
  listEvents: listEvents(parts),
  followEvents: followEvents(parts),
  ...webhookEndpoints(parts),
  ...privateTargets(parts),
  ...deliveries(parts),
  replayEvents: replayEvents(parts),
  ...apiKeys(parts),
  ...appsThatSign(parts),
  ...usage(parts),
  ...tenants(parts),
  ...invitations(parts),
  ...invitationTexts(parts),
  ...invitationPages(parts),
  importTenants: importTenants(parts, { ...tenants(parts), ...invitations(parts) }),
  ...leavingVerbs(parts),
  ...maskinportenClients(parts),
  ...mendingClients(parts),
  rotateClientKey: rotateClientKey(parts),
  ...catalogue(parts),
  ...operatorKeys(parts),
  ...asking(parts),
});

/** What workers do, a verb a queue. */
export const works = (parts: Parts): Record<JobName, Work> => {
  const token = tokenFor(parts);
  return resting(parts, {
    'submit-consent': submitConsent(parts, token),
    'fetch-token': fetchToken(parts, token),
    'refresh-token': refreshToken(parts, token),
    'read-consent': lookAtConsent(parts, token),
    'read-feed': readFeed(parts, token),
    'deliver-webhook': deliverWebhook(parts),
    'tend-webhook-endpoint': tendEndpoint(parts),
    'probe-access': probeAccess(parts, token),
    'read-delegations': readDelegations(parts),
    'ask-for-access': followAccessRequest(parts),
    'probe-client': probeClient(parts),
    'tend-client-keys': tendClientKeys(parts),
    'generate-key': generateKey(parts),
    'log-use': logUse(parts, token),
    'erase-consent': eraseConsent(parts),
    'offboard-tenant': offboardTenant(parts),
    'erase-tenant': eraseTenant(parts),
    tidy: tidy(parts),
  });
};

export { oweDelegations, oweTidying };
