-- AlterTable
ALTER TABLE "consents" ADD COLUMN     "upstream_id" UUID;

-- CreateIndex
CREATE UNIQUE INDEX "consents_tenant_id_upstream_id_key" ON "consents"("tenant_id", "upstream_id");
