-- AlterTable
ALTER TABLE "tenants" ADD COLUMN     "erase_at" TIMESTAMPTZ(3),
ADD COLUMN     "offboarded_at" TIMESTAMPTZ(3),
ADD COLUMN     "offboarding_at" TIMESTAMPTZ(3);

-- CreateTable
CREATE TABLE "erased_tenants" (
    "id" UUID NOT NULL,
    "orgno_digest" BYTEA NOT NULL,
    "offboarding_at" TIMESTAMPTZ(3) NOT NULL,
    "offboarded_at" TIMESTAMPTZ(3) NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "erased_at" TIMESTAMPTZ(3),
    "before" JSONB NOT NULL,
    "after" JSONB,

    CONSTRAINT "erased_tenants_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "archives" (
    "id" UUID NOT NULL,
    "subject" UUID NOT NULL,
    "made_at" TIMESTAMPTZ(3) NOT NULL,
    "with_persons" BOOLEAN NOT NULL,
    "manifest_digest" BYTEA NOT NULL,
    "public_jwk" JSONB NOT NULL,

    CONSTRAINT "archives_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "archives_subject_idx" ON "archives"("subject");


-- From here on what Prisma's schema cannot say.

ALTER TABLE tenants DROP CONSTRAINT tenants_status;
ALTER TABLE tenants ADD CONSTRAINT tenants_status CHECK (status IN ('active', 'suspended', 'offboarding', 'offboarded'));
ALTER TABLE tenants ADD CONSTRAINT tenants_leaving CHECK (
  (status IN ('active', 'suspended')) = (offboarding_at IS NULL) AND (offboarding_at IS NULL) = (erase_at IS NULL)
  AND (status = 'offboarded') = (offboarded_at IS NOT NULL));

-- Both outlive their tenant, and are the operator's: neither names it but by its id and a digest.
GRANT SELECT, INSERT, UPDATE ON erased_tenants TO hub_operator;
GRANT SELECT, INSERT ON archives TO hub_operator;

-- A tenant's rows go with their tenant, by erase_rows, and not before it has left and its time has come.
GRANT DELETE ON tenants, tenant_counters, api_keys, audit TO hub_operator;

-- Whose rows these are stands in the column that the trigger names.
CREATE FUNCTION goes_with_its_tenant() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  erasing text := nullif(current_setting('hub.erasing', true), '');
BEGIN
  IF erasing IS NULL OR EXISTS (SELECT FROM gone g WHERE to_jsonb(g) ->> TG_ARGV[0] IS DISTINCT FROM erasing) THEN
    RAISE EXCEPTION 'rows of % go with their tenant alone', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
  END IF;
  -- The tenant's own row is the last to go: until then it says whether it has left.
  IF TG_TABLE_NAME <> 'tenants' AND NOT EXISTS (SELECT FROM tenants WHERE id = erasing::uuid AND status = 'offboarded') THEN
    RAISE EXCEPTION 'tenant % has not left', erasing USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER goes_with_its_tenant AFTER DELETE ON tenants REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION goes_with_its_tenant('id');
CREATE TRIGGER goes_with_its_tenant AFTER DELETE ON tenant_counters REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION goes_with_its_tenant('tenant_id');
CREATE TRIGGER goes_with_its_tenant AFTER DELETE ON api_keys REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION goes_with_its_tenant('tenant_id');
CREATE TRIGGER goes_with_its_tenant AFTER DELETE ON audit REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION goes_with_its_tenant('tenant_id');

-- As before, and with their tenant.
CREATE OR REPLACE FUNCTION only_oldest_events_go() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  older_than timestamptz := nullif(current_setting('hub.events_before', true), '')::timestamptz;
  erasing uuid := nullif(current_setting('hub.erasing', true), '')::uuid;
  g record;
BEGIN
  IF erasing IS NOT NULL AND NOT EXISTS (SELECT FROM gone WHERE tenant_id <> erasing) THEN
    IF NOT EXISTS (SELECT FROM tenants WHERE id = erasing AND status = 'offboarded') THEN
      RAISE EXCEPTION 'tenant % has not left', erasing USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
  END IF;
  IF older_than IS NULL THEN
    RAISE EXCEPTION 'events go by drop_events alone' USING ERRCODE = 'insufficient_privilege';
  END IF;
  FOR g IN SELECT tenant_id, min(sequence) AS oldest, max(sequence) AS newest, count(*) AS many, max(timestamp) AS youngest
    FROM gone GROUP BY tenant_id
  LOOP
    UPDATE tenant_counters SET first_sequence = g.newest + 1
    WHERE tenant_id = g.tenant_id AND first_sequence = g.oldest AND g.newest - g.oldest + 1 = g.many AND g.youngest < older_than;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'events % to % are not the oldest of their tenant, or too young to go', g.oldest, g.newest
        USING ERRCODE = 'insufficient_privilege';
    END IF;
  END LOOP;
  RETURN NULL;
END $$;

-- So many rows of one tenant in one table at most. Refused unless the tenant has left, and its time has come by `p_now`.
CREATE FUNCTION erase_rows(p_tenant uuid, p_table text, p_now timestamptz, p_most int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  many int;
BEGIN
  PERFORM at_a_door(), set_config('hub.tenant', p_tenant::text, true);
  PERFORM 1 FROM tenants WHERE id = p_tenant AND status = 'offboarded' AND erase_at <= p_now FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'tenant % has not left, or its time has not come', p_tenant USING ERRCODE = 'insufficient_privilege';
  END IF;
  PERFORM set_config('hub.erasing', p_tenant::text, true);
  EXECUTE format('DELETE FROM %1$I WHERE ctid = ANY (ARRAY(SELECT ctid FROM %1$I WHERE %2$I = $1 LIMIT $2))', p_table,
    CASE p_table WHEN 'tenants' THEN 'id' ELSE 'tenant_id' END) USING p_tenant, p_most;
  GET DIAGNOSTICS many = ROW_COUNT;
  PERFORM set_config('hub.erasing', '', true);
  RETURN many;
END $$;

-- As before; while a tenant leaves, the hub itself still asks for tokens, to give back at Altinn what can be given back. All of
-- them go at the end.
CREATE OR REPLACE FUNCTION keep_token(p_tenant uuid, p_id uuid, p_lease int, p_sealed bytea, p_expires timestamptz, p_fetched timestamptz,
  p_life int, p_consent uuid, p_renew timestamptz) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM at_a_door(), set_config('hub.tenant', p_tenant::text, true);
  -- Locked: a suspension comes wholly before, or after, and then takes this token with it.
  PERFORM 1 FROM tenants WHERE id = p_tenant AND status IN ('active', 'offboarding') FOR SHARE;
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
