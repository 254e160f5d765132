-- CreateTable
CREATE TABLE "invitations" (
    "tenant_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "digest" BYTEA NOT NULL,
    "language" TEXT,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "sent_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "withdrawn_at" TIMESTAMPTZ(3),
    "opened_at" TIMESTAMPTZ(3),
    "last_opened_at" TIMESTAMPTZ(3),
    "openings" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "invitations_pkey" PRIMARY KEY ("tenant_id","id")
);

-- CreateTable
CREATE TABLE "invitation_texts" (
    "language" TEXT NOT NULL,
    "heading" TEXT,
    "intro" TEXT,
    "closing" TEXT,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "invitation_texts_pkey" PRIMARY KEY ("language")
);

-- CreateIndex
CREATE UNIQUE INDEX "invitations_digest_key" ON "invitations"("digest");


-- From here on what Prisma's schema cannot say.

ALTER TABLE invitations ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_door ON invitations TO hub_tenant USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
CREATE POLICY operator_door ON invitations TO hub_operator USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE ON invitations TO hub_tenant;
GRANT SELECT, INSERT, UPDATE, DELETE ON invitations TO hub_operator;

-- The operator's own words, the same for all tenants.
GRANT SELECT, INSERT, UPDATE, DELETE ON invitation_texts TO hub_operator;
