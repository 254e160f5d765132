-- AlterTable
ALTER TABLE "services" ADD COLUMN     "data_max_bytes" INTEGER NOT NULL DEFAULT 20000000,
ADD COLUMN     "data_request_headers" TEXT[] DEFAULT ARRAY['accept', 'accept-encoding', 'accept-language', 'content-encoding', 'content-type']::TEXT[],
ADD COLUMN     "data_response_headers" TEXT[] DEFAULT ARRAY['content-encoding', 'content-language', 'content-type', 'retry-after']::TEXT[],
ADD COLUMN     "data_timeout_seconds" INTEGER NOT NULL DEFAULT 60;


-- From here on what Prisma's schema cannot say.

ALTER TABLE services ADD CONSTRAINT services_data_limits CHECK (data_max_bytes > 0 AND data_timeout_seconds BETWEEN 1 AND 600);
