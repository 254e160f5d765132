-- AlterTable
ALTER TABLE "api_keys" ADD COLUMN     "allowed_addresses" TEXT[] DEFAULT ARRAY[]::TEXT[],
ADD COLUMN     "kind" TEXT NOT NULL DEFAULT 'secret',
ADD COLUMN     "public_keys" JSONB;

-- CreateTable
CREATE TABLE "used_assertions" (
    "tenant_id" UUID NOT NULL,
    "key_id" UUID NOT NULL,
    "digest" BYTEA NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "used_assertions_pkey" PRIMARY KEY ("tenant_id","key_id","digest")
);

-- CreateTable
CREATE TABLE "usage_months" (
    "tenant_id" UUID NOT NULL,
    "month" DATE NOT NULL,
    "what" TEXT NOT NULL,
    "count" BIGINT NOT NULL,

    CONSTRAINT "usage_months_pkey" PRIMARY KEY ("tenant_id","month","what")
);

-- CreateIndex
CREATE UNIQUE INDEX "api_keys_id_key" ON "api_keys"("id");


-- From here on what Prisma's schema cannot say.

-- A secret is shown by whoever calls; the other kind signs for itself, and is known by its public half. That one's digest is
-- of nothing anybody could show: an older hub beside this one reads each row with a digest in it.
ALTER TABLE api_keys ADD CONSTRAINT api_keys_kind CHECK (
  kind IN ('secret', 'private_key_jwt') AND (kind = 'secret') = (public_keys IS NULL));

ALTER TABLE used_assertions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_door ON used_assertions TO hub_tenant USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
CREATE POLICY operator_door ON used_assertions TO hub_operator USING (true) WITH CHECK (true);
-- Used once: nobody takes that back before its time is over.
GRANT SELECT, INSERT ON used_assertions TO hub_tenant;
GRANT SELECT, DELETE ON used_assertions TO hub_operator;

ALTER TABLE usage_months ADD CONSTRAINT usage_months_what
  CHECK (what IN ('consents-requested', 'consents-accepted', 'data-calls', 'webhooks-delivered'));
ALTER TABLE usage_months ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_door ON usage_months TO hub_tenant USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
CREATE POLICY operator_door ON usage_months TO hub_operator USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE ON usage_months TO hub_tenant, hub_operator;
-- It goes with its tenant alone.
GRANT DELETE ON usage_months TO hub_operator;
CREATE TRIGGER goes_with_its_tenant AFTER DELETE ON usage_months REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION goes_with_its_tenant('tenant_id');

-- What is invoiced is counted from events and deliveries for as long as they are kept. When they go, whoever lets them go,
-- their number is added to their month in the same statement: nothing is counted twice, and nothing is lost. What goes with its
-- tenant leaves no number behind.
CREATE FUNCTION keep_usage_of_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO usage_months AS u (tenant_id, month, what, count)
  SELECT tenant_id, date_trunc('month', timestamp AT TIME ZONE 'UTC')::date,
    CASE type WHEN 'consent.requested' THEN 'consents-requested' ELSE 'consents-accepted' END, count(*)
  FROM gone WHERE type IN ('consent.requested', 'consent.accepted') AND nullif(current_setting('hub.erasing', true), '') IS NULL GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
  ON CONFLICT (tenant_id, month, what) DO UPDATE SET count = u.count + excluded.count;
  RETURN NULL;
END $$;
CREATE TRIGGER keep_usage_of_events AFTER DELETE ON events REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION keep_usage_of_events();

CREATE FUNCTION keep_usage_of_deliveries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO usage_months AS u (tenant_id, month, what, count)
  SELECT tenant_id, date_trunc('month', delivered_at AT TIME ZONE 'UTC')::date, 'webhooks-delivered', count(*)
  FROM gone WHERE delivered_at IS NOT NULL AND nullif(current_setting('hub.erasing', true), '') IS NULL GROUP BY 1, 2 ORDER BY 1, 2
  ON CONFLICT (tenant_id, month, what) DO UPDATE SET count = u.count + excluded.count;
  RETURN NULL;
END $$;
CREATE TRIGGER keep_usage_of_deliveries AFTER DELETE ON webhook_deliveries REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION keep_usage_of_deliveries();
