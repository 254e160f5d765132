-- AlterTable
ALTER TABLE "webhook_endpoints" ADD COLUMN     "auth" JSONB,
ADD COLUMN     "auth_sealed" BYTEA,
ADD COLUMN     "previous_public_key" TEXT,
ADD COLUMN     "private_target" JSONB,
ADD COLUMN     "public_key" TEXT,
ADD COLUMN     "signing" TEXT NOT NULL DEFAULT 'v1';


-- From here on what Prisma's schema cannot say.

ALTER TABLE webhook_endpoints ADD CONSTRAINT webhook_endpoints_signing CHECK (signing IN ('v1', 'v1a'));
-- What is shown and what is used come and go together.
ALTER TABLE webhook_endpoints ADD CONSTRAINT webhook_endpoints_auth CHECK ((auth IS NULL) = (auth_sealed IS NULL));
