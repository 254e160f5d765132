-- AlterTable
ALTER TABLE "consents" ADD COLUMN     "sent_at" TIMESTAMPTZ(3),
ADD COLUMN     "upstream_id" UUID;

-- CreateIndex
CREATE UNIQUE INDEX "consents_tenant_id_upstream_id_key" ON "consents"("tenant_id", "upstream_id");

-- From here on what Prisma's schema cannot say.

-- As goes_out, for where nothing tells a repeat from another request: once it is noted that it went out, it goes out no more
-- until it is known what became of it.
CREATE FUNCTION goes_out_once(p_tenant uuid, p_id uuid, p_digest bytea, p_now timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM at_a_door(), set_config('hub.tenant', p_tenant::text, true);
  UPDATE consents SET sent_at = p_now
  WHERE tenant_id = p_tenant AND id = p_id AND status IN ('queued', 'blocked') AND sent_at IS NULL AND upstream_id IS NULL;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  INSERT INTO callback_states (digest, tenant_id, consent_id, created_at) VALUES (p_digest, p_tenant, p_id, p_now);
  RETURN true;
END $$;

-- Altinn 2 has no feed: its consents are found by reading them.
DROP INDEX consents_at_altinn;
CREATE INDEX consents_at_altinn ON consents (tenant_id, status, requested_at) WHERE status IN ('pending', 'accepted') AND generation = 'altinn3';

-- How far a tenant's feed has been read, and since when the tenant has had consents that can change there.
CREATE OR REPLACE FUNCTION find_feed(p_tenant uuid) RETURNS TABLE (place timestamptz, next_link text, turn_at timestamptz, read_at timestamptz,
  pending_since timestamptz, accepted_since timestamptz) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM at_a_door(), set_config('hub.tenant', p_tenant::text, true);
  RETURN QUERY
    SELECT f.position, f.next_link, f.turn_at, f.read_at,
      (SELECT min(c.requested_at) FROM consents c WHERE c.tenant_id = p_tenant AND c.status = 'pending' AND c.generation = 'altinn3'),
      (SELECT min(c.requested_at) FROM consents c WHERE c.tenant_id = p_tenant AND c.status = 'accepted' AND c.generation = 'altinn3')
    FROM (SELECT 1) one LEFT JOIN feeds f ON f.tenant_id = p_tenant;
END $$;
