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

-- AlterTable
ALTER TABLE "tokens" ADD COLUMN     "life_seconds" INTEGER;

-- CreateTable
CREATE TABLE "token_hand_outs" (
    "tenant_id" UUID NOT NULL,
    "key_id" UUID NOT NULL,
    "scope" TEXT NOT NULL,
    "hour" TIMESTAMPTZ(3) NOT NULL,
    "count" BIGINT NOT NULL,
    "last_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "token_hand_outs_pkey" PRIMARY KEY ("tenant_id","key_id","scope","hour")
);


-- From here on what Prisma's schema cannot say.

-- A key is pending until Maskinporten has taken a grant signed with it, and retiring while it is still there to fall back on.
ALTER TABLE maskinporten_keys DROP CONSTRAINT maskinporten_keys_state;
ALTER TABLE maskinporten_keys ADD CONSTRAINT maskinporten_keys_state
  CHECK (state IN ('generating', 'pending', 'active', 'retiring', 'retired'));
UPDATE maskinporten_keys SET registered_at = created_at, active_since = created_at,
  expires_at = CASE WHEN cardinality(certificate_chain) = 0 THEN created_at + interval '365 days' END
WHERE state = 'active';
-- What a worker found unusable is not kept.
GRANT DELETE ON maskinporten_keys TO hub_operator;

ALTER TABLE token_hand_outs ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_door ON token_hand_outs TO hub_tenant USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
CREATE POLICY operator_door ON token_hand_outs TO hub_operator USING (true) WITH CHECK (true);
-- Counted for many tenants at once, and never lowered.
GRANT SELECT ON token_hand_outs TO hub_tenant;
GRANT SELECT, INSERT, UPDATE ON token_hand_outs TO hub_operator;
