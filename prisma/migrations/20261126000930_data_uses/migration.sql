-- CreateTable
CREATE TABLE "data_uses" (
    "tenant_id" UUID NOT NULL,
    "consent_id" UUID NOT NULL,
    "service" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "data_uses_pkey" PRIMARY KEY ("tenant_id","consent_id","service")
);


-- From here on what Prisma's schema cannot say.

ALTER TABLE data_uses ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_door ON data_uses TO hub_tenant USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
CREATE POLICY operator_door ON data_uses TO hub_operator USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON data_uses TO hub_tenant;
GRANT SELECT, INSERT, UPDATE, DELETE ON data_uses TO hub_operator;
