-- CreateTable
CREATE TABLE "access_requests" (
    "tenant_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "service" TEXT NOT NULL,
    "scopes" TEXT[],
    "status" TEXT NOT NULL,
    "upstream_id" TEXT,
    "problem" JSONB,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "access_requests_pkey" PRIMARY KEY ("tenant_id","id")
);


-- From here on what Prisma's schema cannot say.

ALTER TABLE access_requests ADD CONSTRAINT access_request_status
  CHECK (status IN ('queued', 'created', 'unopened', 'opened', 'accepted', 'rejected', 'failed'));

-- Nobody is asked twice for the same while the first has not been answered.
CREATE UNIQUE INDEX access_requests_open ON access_requests (tenant_id, service) WHERE status NOT IN ('accepted', 'rejected', 'failed');

ALTER TABLE access_requests ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_door ON access_requests TO hub_tenant USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
CREATE POLICY operator_door ON access_requests TO hub_operator USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON access_requests TO hub_tenant;
GRANT SELECT, INSERT, UPDATE, DELETE ON access_requests TO hub_operator;
