-- AlterTable
ALTER TABLE "maskinporten_clients" ADD COLUMN     "paced_until" TIMESTAMPTZ(6),
ADD COLUMN     "probes" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "stopped_at" TIMESTAMPTZ(3),
ADD COLUMN     "stopped_problem" JSONB;

-- AlterTable
ALTER TABLE "maskinporten_keys" ADD COLUMN     "active_since" TIMESTAMPTZ(3),
ADD COLUMN     "expires_at" TIMESTAMPTZ(3),
ADD COLUMN     "fault" TEXT,
ADD COLUMN     "problem" JSONB,
ADD COLUMN     "proved_at" TIMESTAMPTZ(3),
ADD COLUMN     "registered_at" TIMESTAMPTZ(3),
ADD COLUMN     "source" JSONB,
ADD COLUMN     "warned_days" INTEGER;

-- DropIndex
DROP INDEX "maskinporten_keys_kid_key";

-- AlterTable
ALTER TABLE "tokens" ADD COLUMN     "life_seconds" INTEGER;

-- CreateTable
CREATE TABLE "token_counts" (
    "tenant_id" UUID NOT NULL,
    "key_id" UUID NOT NULL,
    "scope" TEXT NOT NULL,
    "span" TEXT NOT NULL,
    "since" TIMESTAMPTZ(3) NOT NULL,
    "count" BIGINT NOT NULL,
    "last_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "token_counts_pkey" PRIMARY KEY ("tenant_id","key_id","scope","span","since")
);


-- From here on what Prisma's schema cannot say.

-- A key is pending until Maskinporten has taken a grant signed with it, and retiring while it is still there to fall back on.
ALTER TABLE maskinporten_keys DROP CONSTRAINT maskinporten_keys_state;
ALTER TABLE maskinporten_keys ADD CONSTRAINT maskinporten_keys_state
  CHECK (state IN ('generating', 'pending', 'active', 'retiring', 'retired'));
UPDATE maskinporten_keys SET registered_at = created_at, active_since = created_at,
  expires_at = CASE WHEN kid IS NOT NULL THEN created_at + interval '365 days' END
WHERE state = 'active';
-- A name is free again once its key is retired: the same key may come back from another place.
CREATE UNIQUE INDEX maskinporten_keys_kid_live ON maskinporten_keys (kid) WHERE state <> 'retired';
-- A key that a worker found unusable is not kept, nor is a client that came with it.
GRANT DELETE ON maskinporten_keys, maskinporten_clients TO hub_operator;

ALTER TABLE token_counts ADD CONSTRAINT token_counts_span CHECK (span IN ('hour', 'month'));
ALTER TABLE token_counts ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_door ON token_counts TO hub_tenant USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
CREATE POLICY operator_door ON token_counts TO hub_operator USING (true) WITH CHECK (true);
-- Counted for many tenants at once. What goes is an hour long past, added to its month in the same statement.
GRANT SELECT ON token_counts TO hub_tenant;
GRANT SELECT, INSERT, UPDATE, DELETE ON token_counts TO hub_operator;

-- The steps towards an approval address that a person waits for take one round trip each. As everywhere, the first statement
-- of a function sets the tenant.

-- For the lock alone: by its policy a tenant's row keeps the id it has.
GRANT UPDATE (id) ON tenants TO hub_tenant;

-- About to be put to Altinn, with this state to come back by; false when it waits no longer. Locks the consent's row: a
-- withdrawal comes before this, and it does not go out, or after, and sees the state.
CREATE FUNCTION goes_out(p_tenant uuid, p_id uuid, p_digest bytea, p_now timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM at_a_door(), set_config('hub.tenant', p_tenant::text, true);
  INSERT INTO callback_states (digest, tenant_id, consent_id, created_at)
  SELECT p_digest, tenant_id, id, p_now FROM consents
  WHERE tenant_id = p_tenant AND id = p_id AND status IN ('queued', 'blocked') FOR UPDATE;
  RETURN FOUND;
END $$;

-- What is known of a tenant's access.
CREATE FUNCTION list_access(p_tenant uuid) RETURNS SETOF access LANGUAGE plpgsql AS $$
BEGIN
  PERFORM at_a_door(), set_config('hub.tenant', p_tenant::text, true);
  RETURN QUERY SELECT a.* FROM access a WHERE a.tenant_id = p_tenant;
END $$;

-- A consent as it becomes, the work that follows, and last of all the events; false, and nothing written, when it is no
-- longer at the version that was seen.
CREATE FUNCTION change_consent(p_tenant uuid, p_seen int, p_consent jsonb, p_owed jsonb, p_events jsonb, p_now timestamptz)
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM at_a_door(), set_config('hub.tenant', p_tenant::text, true);
  UPDATE consents c SET status = n.status, version = n.version, approval_url = n."approvalUrl", upstream = n.upstream,
    problem = n.problem, blocked_on = n."blockedOn", updated_at = n."updatedAt", requested_at = n."requestedAt",
    consented_at = n."consentedAt", ended_at = n."endedAt"
  FROM jsonb_to_record(p_consent) AS n(id uuid, status consent_status, version int, "approvalUrl" text, upstream text, problem jsonb,
    "blockedOn" uuid, "updatedAt" timestamptz, "requestedAt" timestamptz, "consentedAt" timestamptz, "endedAt" timestamptz)
  WHERE c.tenant_id = p_tenant AND c.id = n.id AND c.version = p_seen;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  PERFORM owe(o.job, p_tenant, o.subject, o.due, p_now) FROM jsonb_to_recordset(p_owed) AS o(job text, subject uuid, due timestamptz);
  PERFORM append_events(p_tenant, p_now, p_events);
  RETURN true;
END $$;

-- Likewise for tokens: an app waits for them.

CREATE FUNCTION find_token(p_tenant uuid, p_id uuid) RETURNS SETOF tokens LANGUAGE plpgsql AS $$
BEGIN
  PERFORM at_a_door(), set_config('hub.tenant', p_tenant::text, true);
  RETURN QUERY SELECT t.* FROM tokens t WHERE t.tenant_id = p_tenant AND t.id = p_id;
END $$;

-- The row of that identity, made when there is none; nothing when the tenant holds that scope for too many resources already.
CREATE FUNCTION token_row(p_tenant uuid, p_identity bytea, p_id uuid, p_client uuid, p_scopes text[], p_resource text[],
  p_consent uuid, p_most int, p_now timestamptz) RETURNS SETOF tokens LANGUAGE plpgsql AS $$
BEGIN
  PERFORM at_a_door(), set_config('hub.tenant', p_tenant::text, true);
  RETURN QUERY SELECT t.* FROM tokens t WHERE t.tenant_id = p_tenant AND t.identity = p_identity;
  IF FOUND THEN
    RETURN;
  END IF;
  IF cardinality(p_resource) > 0 AND p_most <= (
    SELECT count(*) FROM tokens t WHERE t.tenant_id = p_tenant AND t.scopes = p_scopes AND cardinality(t.resource) > 0
      AND (t.expires_at > p_now OR t.created_at > p_now - interval '1 hour')) THEN
    RETURN;
  END IF;
  INSERT INTO tokens (tenant_id, id, identity, client_id, scopes, resource, consent_id, created_at)
  VALUES (p_tenant, p_id, p_identity, p_client, p_scopes, p_resource, p_consent, p_now) ON CONFLICT DO NOTHING;
  -- A statement of its own: it sees the row of whoever was quicker.
  RETURN QUERY SELECT t.* FROM tokens t WHERE t.tenant_id = p_tenant AND t.identity = p_identity;
END $$;

-- Owed at once, for somebody who waits; false for a suspended tenant, whose work rests.
CREATE FUNCTION owe_for_waiting(p_job text, p_tenant uuid, p_subject uuid, p_now timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM at_a_door(), set_config('hub.tenant', p_tenant::text, true);
  PERFORM 1 FROM tenants WHERE id = p_tenant AND status = 'active';
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  PERFORM owe(p_job, p_tenant, p_subject, p_now, p_now);
  RETURN true;
END $$;

-- The right to fetch a token, for so long; null while somebody else has it, or has fetched one since the row was read. The one
-- place where the database's clock counts: leases must mean the same to all processes.
CREATE FUNCTION lease_token(p_tenant uuid, p_id uuid, p_for_ms int, p_seen timestamptz) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  taken int;
BEGIN
  PERFORM at_a_door(), set_config('hub.tenant', p_tenant::text, true);
  UPDATE tokens SET lease_number = lease_number + 1, leased_until = clock_timestamp() + p_for_ms * interval '1 millisecond'
  WHERE tenant_id = p_tenant AND id = p_id AND (leased_until IS NULL OR leased_until < clock_timestamp())
    AND fetched_at IS NOT DISTINCT FROM p_seen
  RETURNING lease_number INTO taken;
  RETURN taken;
END $$;

-- A token that has come, with its renewal where it is to be renewed: `kept`; `late`, and nothing written, when the lease has
-- passed on; `ended` likewise when the consent it carries is not in force any more, and `suspended` when its tenant is:
-- nobody would take it back again.
CREATE FUNCTION keep_token(p_tenant uuid, p_id uuid, p_lease int, p_sealed bytea, p_expires timestamptz, p_fetched timestamptz,
  p_life int, p_consent uuid, p_renew timestamptz) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM at_a_door(), set_config('hub.tenant', p_tenant::text, true);
  -- Locked: a suspension comes wholly before, or after, and then takes this token with it.
  PERFORM 1 FROM tenants WHERE id = p_tenant AND status = 'active' FOR SHARE;
  IF NOT FOUND THEN
    RETURN 'suspended';
  END IF;
  IF p_consent IS NOT NULL THEN
    -- Locked: it ends wholly before, or after, and then takes this token with it.
    PERFORM 1 FROM consents WHERE tenant_id = p_tenant AND id = p_consent AND status = 'accepted' AND valid_to > p_fetched FOR SHARE;
    IF NOT FOUND THEN
      RETURN 'ended';
    END IF;
  END IF;
  UPDATE tokens SET token_sealed = p_sealed, expires_at = p_expires, fetched_at = p_fetched, life_seconds = p_life,
    failure = NULL, failed_until = NULL, leased_until = NULL
  WHERE tenant_id = p_tenant AND id = p_id AND lease_number = p_lease;
  IF NOT FOUND THEN
    RETURN 'late';
  END IF;
  IF p_renew IS NOT NULL THEN
    PERFORM owe('refresh-token', p_tenant, p_id, p_renew, p_fetched);
  END IF;
  RETURN 'kept';
END $$;

-- A refusal, believed for a while; false when the lease has passed on.
CREATE FUNCTION fail_token(p_tenant uuid, p_id uuid, p_lease int, p_failure jsonb, p_until timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM at_a_door(), set_config('hub.tenant', p_tenant::text, true);
  UPDATE tokens SET failure = p_failure, failed_until = p_until, leased_until = NULL
  WHERE tenant_id = p_tenant AND id = p_id AND lease_number = p_lease;
  RETURN FOUND;
END $$;
