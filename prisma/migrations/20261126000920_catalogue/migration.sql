-- AlterTable
ALTER TABLE "services" ADD COLUMN     "imported" JSONB,
ADD COLUMN     "message_required" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "template" TEXT,
ADD COLUMN     "validity_margin_minutes" INTEGER;


-- From here on what Prisma's schema cannot say.

-- Who must send a message may.
ALTER TABLE services ADD CONSTRAINT services_message CHECK (message_allowed OR NOT message_required);
-- A margin is kept off something, and leaves some of it.
ALTER TABLE services ADD CONSTRAINT services_margin CHECK (
  validity_margin_minutes IS NULL OR (validity_margin_minutes >= 0 AND validity_margin_minutes < max_validity_days * 24 * 60));
