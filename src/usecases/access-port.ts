import type { Access } from '../domain/access.ts';
import type { Generation } from '../domain/consent.ts';
import type { Tenant } from './use-cases.ts';

/** What each generation of Altinn itself takes a token of. */
export type OwnScopes = Record<Generation, readonly string[]>;

/** Whose looks are owed: of this tenant, of all that have this service, or of everybody. `all`: also where one lies ahead. */
export type LooksOf = { tenantId?: string; service?: string; all?: boolean };

/** Everybody's, inside one transaction. */
export type OperatorAccessRows = {
  /** A look at each scope that tenants at work need for their services. Answers how many. */
  oweLooks(of: LooksOf, own: OwnScopes, now: Date): Promise<number>;
};

export type AccessStatements = {
  /** Tenants with services in the order of their ids, from that one on; all that their readiness hangs on, in one statement. */
  standings(from: { at: string } | { after: string } | undefined, limit: number): Promise<TenantStanding[]>;
  /** The next free moment at this pace, which may be now; one that lies ahead is kept beside the access. */
  takeProbeTurn(
    access: Pick<Access, 'tenantId' | 'id'>,
    pace: string,
    now: Date,
    rate: { everyMs: number; most: number },
  ): Promise<Date>;
  /** For whoever watches: nothing hangs on it. */
  accessSeen(): Promise<AccessSeen[]>;
};

/** Consents that wait for somebody outside, and access that tenants at work lack, by whose move it is. */
export type AccessSeen = { what: 'blocked' | 'missing'; mover: string; many: number };

/** What is known of one tenant, as far as its readiness hangs on it. */
export type TenantStanding = {
  tenant: Tenant;
  access: readonly Access[];
  /** Since when there is an endpoint that is sent to. */
  webhookSince?: Date | undefined;
};
