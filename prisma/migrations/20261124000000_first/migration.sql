-- CreateEnum
CREATE TYPE "consent_status" AS ENUM ('queued', 'blocked', 'pending', 'accepted', 'rejected', 'revoked', 'expired', 'withdrawn', 'failed');

-- CreateTable
CREATE TABLE "tenants" (
    "id" UUID NOT NULL,
    "orgno" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'active',
    "redirect_urls" TEXT[],
    "services" TEXT[],
    "expiring_days" INTEGER,
    "hmac_key_sealed" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "tenants_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "tenant_counters" (
    "tenant_id" UUID NOT NULL,
    "last_sequence" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "tenant_counters_pkey" PRIMARY KEY ("tenant_id")
);

-- CreateTable
CREATE TABLE "api_keys" (
    "tenant_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "prefix" TEXT NOT NULL,
    "digest" BYTEA NOT NULL,
    "scopes" TEXT[],
    "expires_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "api_keys_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "operator_keys" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "prefix" TEXT NOT NULL,
    "digest" BYTEA NOT NULL,
    "expires_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "operator_keys_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "maskinporten_clients" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "client_id" TEXT NOT NULL,
    "purpose" TEXT NOT NULL,
    "scopes" TEXT[],
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "maskinporten_clients_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "maskinporten_keys" (
    "id" UUID NOT NULL,
    "client_id" UUID NOT NULL,
    "kid" TEXT,
    "state" TEXT NOT NULL,
    "public_jwk" JSONB,
    "private_sealed" TEXT,
    "certificate_chain" TEXT[],
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "retired_at" TIMESTAMPTZ(3),

    CONSTRAINT "maskinporten_keys_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "services" (
    "key" TEXT NOT NULL,
    "generation" TEXT NOT NULL,
    "resource" TEXT,
    "service_code" TEXT,
    "service_edition_code" INTEGER,
    "consent_header" TEXT,
    "data_scope" TEXT NOT NULL,
    "metadata" TEXT[],
    "max_validity_days" INTEGER,
    "message_allowed" BOOLEAN NOT NULL,
    "data_url" TEXT,
    "data_paths" TEXT[],
    "check_data_access" BOOLEAN NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "services_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "consents" (
    "tenant_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "status" "consent_status" NOT NULL,
    "version" INTEGER NOT NULL,
    "generation" TEXT NOT NULL,
    "reference" TEXT,
    "party_kind" TEXT NOT NULL,
    "party_masked" TEXT NOT NULL,
    "party_lookup" BYTEA,
    "party_sealed" BYTEA,
    "rights" JSONB NOT NULL,
    "valid_to" TIMESTAMPTZ(3) NOT NULL,
    "redirect_url" TEXT NOT NULL,
    "message" JSONB,
    "approval_url" TEXT,
    "upstream" TEXT,
    "problem" JSONB,
    "blocked_on" UUID,
    "created_by" UUID NOT NULL,
    "idempotency_key" TEXT,
    "body_hmac" BYTEA,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "requested_at" TIMESTAMPTZ(3),
    "consented_at" TIMESTAMPTZ(3),
    "looked_at" TIMESTAMPTZ(3),
    "returned_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "consents_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "callback_states" (
    "digest" BYTEA NOT NULL,
    "tenant_id" UUID NOT NULL,
    "consent_id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "callback_states_pkey" PRIMARY KEY ("digest")
);

-- CreateTable
CREATE TABLE "outbox" (
    "job" TEXT NOT NULL,
    "tenant_id" UUID NOT NULL,
    "subject_id" UUID NOT NULL,
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "due_at" TIMESTAMPTZ(3) NOT NULL,
    "leased_until" TIMESTAMPTZ(3),
    "hand_outs" INTEGER NOT NULL DEFAULT 0,
    "again_at" TIMESTAMPTZ(3),
    "failures" INTEGER NOT NULL DEFAULT 0,
    "last_problem" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "outbox_pkey" PRIMARY KEY ("job","tenant_id","subject_id")
);

-- CreateTable
CREATE TABLE "events" (
    "tenant_id" UUID NOT NULL,
    "sequence" BIGINT NOT NULL,
    "id" UUID NOT NULL,
    "type" TEXT NOT NULL,
    "timestamp" TIMESTAMPTZ(3) NOT NULL,
    "consent_id" UUID,
    "data" JSONB NOT NULL,

    CONSTRAINT "events_pkey" PRIMARY KEY ("tenant_id","sequence")
);

-- CreateTable
CREATE TABLE "webhook_endpoints" (
    "tenant_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "url" TEXT NOT NULL,
    "description" TEXT,
    "events" TEXT[],
    "status" TEXT NOT NULL DEFAULT 'enabled',
    "secret_sealed" BYTEA NOT NULL,
    "previous_secret_sealed" BYTEA,
    "previous_until" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "webhook_endpoints_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "webhook_deliveries" (
    "tenant_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "endpoint_id" UUID NOT NULL,
    "sequence" BIGINT NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'pending',
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "next_at" TIMESTAMPTZ(3),
    "delivered_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "webhook_deliveries_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "webhook_attempts" (
    "tenant_id" UUID NOT NULL,
    "delivery_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "duration_ms" INTEGER NOT NULL,
    "http_status" INTEGER,
    "error" TEXT,
    "answer_sealed" BYTEA,

    CONSTRAINT "webhook_attempts_pkey" PRIMARY KEY ("tenant_id","delivery_id","number")
);

-- CreateTable
CREATE TABLE "access" (
    "tenant_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "problem" JSONB,
    "since" TIMESTAMPTZ(3) NOT NULL,
    "checked_at" TIMESTAMPTZ(3),
    "probes" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "access_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "tokens" (
    "tenant_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "identity" BYTEA NOT NULL,
    "client_id" UUID NOT NULL,
    "scopes" TEXT[],
    "resource" TEXT[],
    "consent_id" UUID,
    "token_sealed" BYTEA,
    "expires_at" TIMESTAMPTZ(3),
    "fetched_at" TIMESTAMPTZ(3),
    "used_at" TIMESTAMPTZ(3),
    "failure" JSONB,
    "failed_until" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "lease_number" INTEGER NOT NULL DEFAULT 0,
    "leased_until" TIMESTAMPTZ(3),

    CONSTRAINT "tokens_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "audit" (
    "id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "tenant_id" UUID,
    "actor_kind" TEXT NOT NULL,
    "actor_id" TEXT NOT NULL,
    "actor_name" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "target" TEXT NOT NULL,
    "details" JSONB NOT NULL,
    "request_id" UUID,

    CONSTRAINT "audit_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "known_good" (
    "name" TEXT NOT NULL,
    "value" JSONB NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "known_good_pkey" PRIMARY KEY ("name")
);

-- CreateIndex
CREATE UNIQUE INDEX "tenants_orgno_key" ON "tenants"("orgno");

-- CreateIndex
CREATE UNIQUE INDEX "api_keys_digest_key" ON "api_keys"("digest");

-- CreateIndex
CREATE UNIQUE INDEX "operator_keys_digest_key" ON "operator_keys"("digest");

-- CreateIndex
CREATE UNIQUE INDEX "maskinporten_clients_client_id_key" ON "maskinporten_clients"("client_id");

-- CreateIndex
CREATE UNIQUE INDEX "maskinporten_keys_kid_key" ON "maskinporten_keys"("kid");

-- CreateIndex
CREATE INDEX "maskinporten_keys_client_id_idx" ON "maskinporten_keys"("client_id");

-- CreateIndex
CREATE UNIQUE INDEX "consents_tenant_id_idempotency_key_key" ON "consents"("tenant_id", "idempotency_key");

-- CreateIndex
CREATE INDEX "consents_tenant_id_party_lookup_idx" ON "consents"("tenant_id", "party_lookup");

-- CreateIndex
CREATE INDEX "consents_tenant_id_reference_idx" ON "consents"("tenant_id", "reference");

-- CreateIndex
CREATE INDEX "callback_states_tenant_id_consent_id_idx" ON "callback_states"("tenant_id", "consent_id");

-- CreateIndex
CREATE INDEX "outbox_job_due_at_idx" ON "outbox"("job", "due_at");

-- CreateIndex
CREATE INDEX "outbox_job_tenant_id_due_at_idx" ON "outbox"("job", "tenant_id", "due_at");

-- CreateIndex
CREATE UNIQUE INDEX "events_tenant_id_id_key" ON "events"("tenant_id", "id");

-- CreateIndex
CREATE INDEX "webhook_deliveries_tenant_id_endpoint_id_sequence_idx" ON "webhook_deliveries"("tenant_id", "endpoint_id", "sequence");

-- CreateIndex
CREATE UNIQUE INDEX "access_tenant_id_kind_name_key" ON "access"("tenant_id", "kind", "name");

-- CreateIndex
CREATE UNIQUE INDEX "tokens_tenant_id_identity_key" ON "tokens"("tenant_id", "identity");

-- CreateIndex
CREATE INDEX "audit_tenant_id_at_idx" ON "audit"("tenant_id", "at");

-- CreateIndex
CREATE INDEX "audit_at_idx" ON "audit"("at");

-- AddForeignKey
ALTER TABLE "maskinporten_keys" ADD CONSTRAINT "maskinporten_keys_client_id_fkey" FOREIGN KEY ("client_id") REFERENCES "maskinporten_clients"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- From here on what Prisma's schema cannot say: checks, doors, row policies and functions.
-- The roles hub_tenant and hub_operator exist already: `hub migrate` makes them or prints what a DBA must run.

-- Checks
ALTER TABLE tenants ADD CONSTRAINT tenants_status CHECK (status IN ('active', 'suspended'));
ALTER TABLE operator_keys ADD CONSTRAINT operator_keys_role CHECK (role IN ('reader', 'support', 'administrator'));
ALTER TABLE maskinporten_clients ADD CONSTRAINT maskinporten_clients_purpose CHECK (purpose IN ('consents', 'data', 'admin'));
ALTER TABLE maskinporten_keys ADD CONSTRAINT maskinporten_keys_state CHECK (state IN ('generating', 'active', 'retired'));
ALTER TABLE services ADD CONSTRAINT services_generation CHECK (generation IN ('altinn2', 'altinn3'));
ALTER TABLE webhook_endpoints ADD CONSTRAINT webhook_endpoints_status CHECK (status IN ('enabled', 'disabled'));
ALTER TABLE webhook_deliveries ADD CONSTRAINT webhook_deliveries_status CHECK (status IN ('pending', 'delivered', 'given-up'));
ALTER TABLE access ADD CONSTRAINT access_kind CHECK (kind IN ('scope', 'service'));
ALTER TABLE access ADD CONSTRAINT access_state CHECK (state IN ('granted', 'missing', 'unknown'));

-- Rows of the outbox change often and live shortly: room on the page keeps those updates cheap.
ALTER TABLE outbox SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
ALTER TABLE consents SET (fillfactor = 85);
ALTER TABLE tenant_counters SET (fillfactor = 50);

-- Indexes that cost nothing while consents are made: those that wait for access, and those that have ended and whose person
-- is not erased yet, for the hourly look at them.
CREATE INDEX consents_blocked ON consents (tenant_id, blocked_on) WHERE blocked_on IS NOT NULL;
CREATE INDEX consents_to_erase ON consents (ended_at) WHERE ended_at IS NOT NULL AND party_sealed IS NOT NULL;

-- The tenant of this transaction, set by an earlier statement of it; null when nobody set one, and then no row is seen.
CREATE FUNCTION current_tenant() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT nullif(current_setting('hub.tenant', true), '')::uuid $$;

-- The functions below write for whoever calls them. Where the caller came through neither door (a pooler that drops the role
-- a connection starts in), row policies may not hold, and nothing is written.
CREATE FUNCTION at_a_door() RETURNS void LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF current_user NOT IN ('hub_tenant', 'hub_operator') THEN
    RAISE EXCEPTION 'the connection acts as %, which is no door of the hub', current_user USING ERRCODE = 'insufficient_privilege';
  END IF;
END $$;

-- Two doors: hub_tenant sees the rows of one tenant, hub_operator those of all. Forced, so that the owner is no third door.
ALTER TABLE tenants ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_door ON tenants TO hub_tenant USING (id = current_tenant()) WITH CHECK (id = current_tenant());
CREATE POLICY operator_door ON tenants TO hub_operator USING (true) WITH CHECK (true);
DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['tenant_counters', 'api_keys', 'consents', 'callback_states', 'outbox',
    'events', 'webhook_endpoints', 'webhook_deliveries', 'webhook_attempts', 'access', 'tokens', 'audit']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY tenant_door ON %I TO hub_tenant USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant())', name);
    EXECUTE format('CREATE POLICY operator_door ON %I TO hub_operator USING (true) WITH CHECK (true)', name);
  END LOOP;
END $$;

GRANT SELECT ON tenants, services TO hub_tenant;
GRANT SELECT, UPDATE ON tenant_counters TO hub_tenant;
GRANT SELECT, INSERT, UPDATE ON api_keys, consents TO hub_tenant;
GRANT SELECT, INSERT ON events, audit, webhook_attempts TO hub_tenant;
GRANT SELECT, INSERT, DELETE ON callback_states TO hub_tenant;
GRANT SELECT, INSERT, UPDATE, DELETE ON outbox, webhook_endpoints, webhook_deliveries, access, tokens TO hub_tenant;

GRANT SELECT, INSERT, UPDATE ON tenants, tenant_counters, api_keys, operator_keys, maskinporten_clients, maskinporten_keys, services, known_good TO hub_operator;
GRANT SELECT, INSERT, UPDATE, DELETE ON consents, callback_states, outbox, webhook_endpoints, webhook_deliveries,
  webhook_attempts, access, tokens TO hub_operator;
-- Append-only for everybody.
GRANT SELECT, INSERT ON events, audit TO hub_operator;

-- New consents, each with the work it owes: all of them or none. Groups are of one tenant each; the tenant is set before
-- a group's rows are touched, so that the policies hold for its statement, and no statement holds rows of two. Locks are
-- taken in the order given. Answers a row for each one that led to an earlier consent by its key, with the same body or
-- another; what it does not name has been created.
CREATE FUNCTION create_consents(p_groups jsonb) RETURNS TABLE (asked uuid, consent_id uuid, same boolean) LANGUAGE plpgsql AS $$
DECLARE
  g record;
  created bigint;
  known bigint;
BEGIN
  PERFORM at_a_door();
  FOR g IN SELECT x.* FROM jsonb_to_recordset(p_groups) AS x(tenant uuid, now timestamptz, rows jsonb) LOOP
    PERFORM set_config('hub.tenant', g.tenant::text, true);
    WITH made AS (
      INSERT INTO consents (tenant_id, id, status, version, generation, reference, party_kind, party_masked, party_lookup, party_sealed,
        rights, valid_to, redirect_url, message, created_by, idempotency_key, body_hmac, created_at, updated_at)
      SELECT g.tenant, a.id, 'queued', 1, a.generation, a.reference, a.party_kind, a.party_masked, a.party_lookup, a.party_sealed,
        a.rights, a.valid_to, a.redirect_url, a.message, a.created_by, a.key, a.body_hmac, g.now, g.now
      FROM jsonb_to_recordset(g.rows) AS a(
        id uuid, generation text, reference text, party_kind text, party_masked text, party_lookup bytea, party_sealed bytea,
        rights jsonb, valid_to timestamptz, redirect_url text, message jsonb, created_by uuid, key text, body_hmac bytea)
      ON CONFLICT (tenant_id, idempotency_key) DO NOTHING
      RETURNING id
    )
    INSERT INTO outbox (job, tenant_id, subject_id, due_at, created_at)
    SELECT 'submit-consent', g.tenant, m.id, g.now, g.now FROM made m;
    GET DIAGNOSTICS created = ROW_COUNT;
    CONTINUE WHEN created = jsonb_array_length(g.rows);
    -- A statement of its own: it sees what others had committed when the insert above stepped back.
    RETURN QUERY
      SELECT r.id, c.id, coalesce(c.body_hmac = r.body_hmac, false)
      FROM jsonb_to_recordset(g.rows) AS r(id uuid, key text, body_hmac bytea)
      JOIN consents c ON c.tenant_id = g.tenant AND c.idempotency_key = r.key
      WHERE c.id <> r.id;
    GET DIAGNOSTICS known = ROW_COUNT;
    IF created + known <> jsonb_array_length(g.rows) THEN
      RAISE EXCEPTION 'a consent vanished between two statements' USING ERRCODE = 'serialization_failure';
    END IF;
  END LOOP;
END $$;

-- One consent of one tenant in one round trip; the first statement sets the tenant, so that the policies hold for the next.
CREATE FUNCTION find_consent(p_tenant uuid, p_id uuid) RETURNS SETOF consents LANGUAGE plpgsql AS $$
BEGIN
  PERFORM at_a_door(), set_config('hub.tenant', p_tenant::text, true);
  RETURN QUERY SELECT c.* FROM consents c WHERE c.tenant_id = p_tenant AND c.id = p_id;
END $$;

-- Events of one tenant, numbered without holes, with the deliveries they owe. Called last in the transaction that made
-- them true, so that the counter's row is held as briefly as can be. An event naming an `endpoint` goes to that one alone.
CREATE FUNCTION append_events(p_tenant uuid, p_now timestamptz, p_events jsonb) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  many int := jsonb_array_length(p_events);
  newest bigint;
BEGIN
  PERFORM at_a_door(), set_config('hub.tenant', p_tenant::text, true);
  UPDATE tenant_counters SET last_sequence = last_sequence + many WHERE tenant_id = p_tenant RETURNING last_sequence INTO STRICT newest;
  WITH told AS (
    SELECT newest - many + e.place AS sequence, (e.value->>'id')::uuid AS id, e.value->>'type' AS type,
      (e.value->>'consentId')::uuid AS consent_id, e.value->'data' AS data, (e.value->>'endpoint')::uuid AS endpoint
    FROM jsonb_array_elements(p_events) WITH ORDINALITY AS e(value, place)
  ), kept AS (
    INSERT INTO events (tenant_id, sequence, id, type, timestamp, consent_id, data)
    SELECT p_tenant, t.sequence, t.id, t.type, p_now, t.consent_id, t.data FROM told t
  ), sent AS (
    INSERT INTO webhook_deliveries (tenant_id, id, endpoint_id, sequence, next_at, created_at)
    SELECT p_tenant, gen_random_uuid(), w.id, t.sequence, p_now, p_now FROM told t
    JOIN webhook_endpoints w ON w.tenant_id = p_tenant AND (t.endpoint = w.id
      OR t.endpoint IS NULL AND w.status = 'enabled' AND (cardinality(w.events) = 0 OR t.type = ANY (w.events)))
    RETURNING id
  )
  INSERT INTO outbox (job, tenant_id, subject_id, due_at, created_at)
  SELECT 'deliver-webhook', p_tenant, s.id, p_now, p_now FROM sent s;
  RETURN newest;
END $$;

-- Work is owed once for each subject: owing it again makes it due at the earlier of both times. While it is handed out
-- the wish is noted beside it, since the run under way may have begun too early to meet it.
CREATE FUNCTION owe(p_job text, p_tenant uuid, p_subject uuid, p_due timestamptz, p_now timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM at_a_door();
  INSERT INTO outbox AS o (job, tenant_id, subject_id, due_at, created_at) VALUES (p_job, p_tenant, p_subject, p_due, p_now)
  ON CONFLICT (job, tenant_id, subject_id) DO UPDATE SET
    due_at = CASE WHEN o.leased_until > clock_timestamp() THEN o.due_at ELSE least(o.due_at, p_due) END,
    again_at = CASE WHEN o.leased_until > clock_timestamp() THEN least(o.again_at, p_due) END;
END $$;
