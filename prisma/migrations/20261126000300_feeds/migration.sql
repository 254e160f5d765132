-- CreateTable
CREATE TABLE "feeds" (
    "tenant_id" UUID NOT NULL,
    "position" TIMESTAMPTZ(3),
    "next_link" TEXT,
    "turn_at" TIMESTAMPTZ(3),
    "read_at" TIMESTAMPTZ(3),
    "last_problem" TEXT,

    CONSTRAINT "feeds_pkey" PRIMARY KEY ("tenant_id")
);


-- From here on what Prisma's schema cannot say.

ALTER TABLE feeds ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_door ON feeds TO hub_tenant USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
CREATE POLICY operator_door ON feeds TO hub_operator USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON feeds TO hub_tenant, hub_operator;

-- Whose feed has something to tell: those at Altinn that can still change there. Costs nothing while consents are made.
CREATE INDEX consents_at_altinn ON consents (tenant_id, status, requested_at) WHERE status IN ('pending', 'accepted');

-- How far a tenant's feed has been read, and since when the tenant has had consents that can change there.
CREATE FUNCTION find_feed(p_tenant uuid) RETURNS TABLE (place timestamptz, next_link text, turn_at timestamptz, read_at timestamptz,
  pending_since timestamptz, accepted_since timestamptz) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM at_a_door(), set_config('hub.tenant', p_tenant::text, true);
  RETURN QUERY
    SELECT f.position, f.next_link, f.turn_at, f.read_at,
      (SELECT min(c.requested_at) FROM consents c WHERE c.tenant_id = p_tenant AND c.status = 'pending'),
      (SELECT min(c.requested_at) FROM consents c WHERE c.tenant_id = p_tenant AND c.status = 'accepted')
    FROM (SELECT 1) one LEFT JOIN feeds f ON f.tenant_id = p_tenant;
END $$;

-- A turn at the pace that all feeds share. One that lies ahead is kept beside the feed, so that no other is taken when it has come.
CREATE FUNCTION take_feed_turn(p_tenant uuid, p_now timestamptz, p_every_ms float8, p_most int) RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE
  nobody constant uuid := '00000000-0000-0000-0000-000000000000';
  taken timestamptz;
BEGIN
  PERFORM at_a_door(), set_config('hub.tenant', p_tenant::text, true);
  -- The feed's row before the pace's: whoever holds the pace waits for nobody.
  INSERT INTO feeds (tenant_id) VALUES (p_tenant) ON CONFLICT DO NOTHING;
  PERFORM 1 FROM feeds WHERE tenant_id = p_tenant FOR UPDATE;
  -- Whole milliseconds, and never earlier than the moment that was given.
  taken := date_trunc('milliseconds', take_turn(nobody, 'read-feed', p_now, p_every_ms, p_most) + interval '999 microseconds');
  PERFORM set_config('hub.tenant', p_tenant::text, true);
  IF taken > p_now THEN
    UPDATE feeds SET turn_at = taken WHERE tenant_id = p_tenant;
  END IF;
  RETURN taken;
END $$;

-- A page has been read, and this is committed with what it changed. The place only moves on; what was asked for when the last
-- page came is read to its end.
CREATE FUNCTION move_feed(p_tenant uuid, p_place timestamptz, p_next_link text, p_read_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM at_a_door(), set_config('hub.tenant', p_tenant::text, true);
  INSERT INTO feeds AS f (tenant_id, position, next_link, read_at) VALUES (p_tenant, p_place, p_next_link, p_read_at)
  ON CONFLICT (tenant_id) DO UPDATE SET position = greatest(f.position, excluded.position), next_link = excluded.next_link,
    read_at = greatest(f.read_at, excluded.read_at), turn_at = NULL, last_problem = NULL;
END $$;

-- No page came. Where the link itself may be at fault, reading begins anew at the place.
CREATE FUNCTION fail_feed(p_tenant uuid, p_problem text, p_forget_link boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM at_a_door(), set_config('hub.tenant', p_tenant::text, true);
  INSERT INTO feeds AS f (tenant_id, last_problem) VALUES (p_tenant, p_problem)
  ON CONFLICT (tenant_id) DO UPDATE SET last_problem = excluded.last_problem, turn_at = NULL,
    next_link = CASE WHEN p_forget_link THEN NULL ELSE f.next_link END;
END $$;

-- Several consents of one tenant at once, locked by the caller in the order of their ids; their events are numbered together, so
-- that the counter's row is met once.
CREATE FUNCTION change_consents(p_tenant uuid, p_changes jsonb, p_events jsonb, p_now timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  change jsonb;
BEGIN
  PERFORM at_a_door(), set_config('hub.tenant', p_tenant::text, true);
  FOR change IN SELECT value FROM jsonb_array_elements(p_changes) WITH ORDINALITY AS c(value, place) ORDER BY place LOOP
    IF NOT change_consent(p_tenant, (change->>'seen')::int, change->'consent', change->'owed', '[]', p_now) THEN
      RAISE EXCEPTION 'a consent changed although it was locked' USING ERRCODE = 'serialization_failure';
    END IF;
  END LOOP;
  PERFORM append_events(p_tenant, p_now, p_events);
END $$;
