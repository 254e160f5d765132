import type { Config } from './config.ts';
import type { Settings } from './usecases/ports.ts';

type Known = {
  /** Of one that runs beside the hub. */
  sandboxUrl: string | undefined;
  issuer: string;
  /** Known for good once the hub listens. */
  publicUrl: () => string;
  operatorKey: string | undefined;
};

/** As much of the configuration as use cases go by. */
export const settingsOf = (config: Config, { sandboxUrl, issuer, publicUrl, operatorKey }: Known): Settings => {
  /** Of a sandbox that took any free port, the address is known only now. */
  const rebased = (link: string) => (sandboxUrl ? sandboxUrl + link.slice(new URL(link).origin.length) : link);
  const { delegate, grant, selfService } = config.links;
  return {
    production: config.production,
    operatorOrgno: config.operatorOrgno,
    operatorName: config.operatorName,
    get publicUrl() {
      return publicUrl();
    },
    issuer,
    consentScope: config.consentScope,
    ownScopes: config.ownScopes,
    altinn2: config.altinn2.told,
    links: { delegate: rebased(delegate), grant: rebased(grant), selfService: rebased(selfService) },
    eraseAfterMs: config.eraseAfterMs,
    keepEventsMs: config.keepEventsMs,
    streams: config.streams,
    dataCalls: config.dataCalls,
    dataHosts: config.dataHosts,
    renewAt: config.renewAt,
    refreshPerSecond: config.refreshPerSecond,
    feedsPerSecond: config.feedsPerSecond,
    probesPerSecond: config.probesPerSecond,
    delegationsEveryMs: config.asking.delegationsEveryMs,
    askFor: config.asking.askFor,
    readBudget: config.readBudget,
    selfService: config.selfService,
    webhookSchedule: config.webhookSchedule,
    leaseMs: config.leaseMs,
    ...(operatorKey === undefined ? {} : { bootstrapOperatorKey: operatorKey }),
  };
};
