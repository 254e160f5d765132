import type { UseCases } from '../usecases/use-cases.ts';
import { callbackRoutes } from './callback/callback.ts';
import { eventCatalogueRoutes } from './events/event-catalogue.ts';
import { archiveKeyRoutes } from './everybody/archive-keys.ts';
import { docsRoutes } from './everybody/docs.ts';
import { healthRoutes } from './everybody/health.ts';
import { problemRoutes } from './everybody/problem-pages.ts';
import { invitationPageRoutes } from './invitation/invitation.ts';
import { oauthRoutes } from './oauth/oauth-routes.ts';
import { accessRequestRoutes } from './operator/access-requests.ts';
import { invitationTextRoutes } from './operator/invitation-texts.ts';
import { invitationRoutes } from './operator/invitations.ts';
import { leavingRoutes } from './operator/leaving.ts';
import { maskinportenClientRoutes } from './operator/maskinporten-clients.ts';
import { operatorKeyRoutes } from './operator/operator-keys.ts';
import { oversightRoutes } from './operator/oversight.ts';
import { readinessRoutes } from './operator/readiness.ts';
import { serviceRoutes } from './operator/services.ts';
import { tenantKeyRoutes } from './operator/tenant-keys.ts';
import { tenantWebhookRoutes } from './operator/tenant-webhooks.ts';
import { tenantRoutes } from './operator/tenants.ts';
import { tenantsImportRoutes } from './operator/tenants-import.ts';
import { tokenUseRoutes } from './operator/token-use.ts';
import { usageRoutes } from './operator/usage.ts';
import type { Route } from './route.ts';
import { aboutRoutes } from './tenant/about.ts';
import { apiKeyRoutes } from './tenant/api-keys.ts';
import { consentRoutes } from './tenant/consents.ts';
import { dataRoutes } from './tenant/data.ts';
import { deliveryRoutes } from './tenant/deliveries.ts';
import { eventRoutes } from './tenant/events.ts';
import { replayRoutes } from './tenant/replays.ts';
import { tokenRoutes } from './tenant/tokens.ts';
import { ownUsageRoutes } from './tenant/usage.ts';
import { webhookEndpointRoutes } from './tenant/webhook-endpoints.ts';

/** Every route there is. The server, the OpenAPI document and the test that tries each as a stranger read this list. */
export const allRoutes = (uses: UseCases): Route[] => [
  ...consentRoutes(uses),
  ...dataRoutes(uses),
  ...tokenRoutes(uses),
  ...eventRoutes(uses),
  ...webhookEndpointRoutes(uses),
  ...deliveryRoutes(uses),
  ...replayRoutes(uses),
  ...apiKeyRoutes(uses),
  ...aboutRoutes(uses),
  ...ownUsageRoutes(uses),

  ...tenantRoutes(uses),
  ...readinessRoutes(uses),
  ...tenantsImportRoutes(uses),
  ...leavingRoutes(uses),
  ...tenantKeyRoutes(uses),
  ...tenantWebhookRoutes(uses),
  ...invitationRoutes(uses),
  ...invitationTextRoutes(uses),
  ...tokenUseRoutes(uses),
  ...accessRequestRoutes(uses),
  ...usageRoutes(uses),
  ...maskinportenClientRoutes(uses),
  ...serviceRoutes(uses),
  ...operatorKeyRoutes(uses),
  ...oversightRoutes(uses),

  ...oauthRoutes(uses),
  ...healthRoutes(),
  ...docsRoutes(),
  ...eventCatalogueRoutes(),
  ...problemRoutes(),
  ...archiveKeyRoutes(uses),
  ...callbackRoutes(uses),
  ...invitationPageRoutes(uses),
];
