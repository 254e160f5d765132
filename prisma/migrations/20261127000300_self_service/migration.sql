-- AlterTable
ALTER TABLE "maskinporten_keys" ADD COLUMN     "listed_at" TIMESTAMPTZ(3);

-- CreateTable
CREATE TABLE "leases" (
    "name" TEXT NOT NULL,
    "holder" UUID NOT NULL,
    "ends_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "leases_pkey" PRIMARY KEY ("name")
);


-- From here on what Prisma's schema cannot say.

GRANT SELECT, INSERT, UPDATE, DELETE ON leases TO hub_operator;
