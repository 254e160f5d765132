-- CreateIndex
CREATE INDEX "events_tenant_id_timestamp_idx" ON "events"("tenant_id", "timestamp");


-- From here on what Prisma's schema cannot say.

-- Events that can be sent to an endpoint again, oldest first and so many at most, each with the delivery of it that is held
-- there. What is on its way already comes anyway. Events that speak of an endpoint (`p_bound`) go only where they went before.
CREATE FUNCTION replayable_events(p_tenant uuid, p_endpoint uuid, p_since timestamptz, p_until timestamptz, p_types text[], p_bound text[],
  p_consent uuid, p_most int) RETURNS TABLE (sequence bigint, consent_id uuid, held_id uuid)
LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan AS $$
BEGIN
  PERFORM at_a_door(), set_config('hub.tenant', p_tenant::text, true);
  RETURN QUERY
    SELECT p.sequence, p.consent_id, h.id FROM (
      SELECT e.sequence, e.consent_id FROM events e
      WHERE e.tenant_id = p_tenant AND e.timestamp >= p_since AND e.timestamp < p_until AND e.type = ANY (p_types)
        AND (p_consent IS NULL OR e.consent_id = p_consent)
        AND NOT EXISTS (SELECT FROM webhook_deliveries d
          WHERE d.tenant_id = p_tenant AND d.endpoint_id = p_endpoint AND d.sequence = e.sequence AND d.status = 'pending')
        AND (e.type <> ALL (p_bound) OR EXISTS (SELECT FROM webhook_deliveries d
          WHERE d.tenant_id = p_tenant AND d.endpoint_id = p_endpoint AND d.sequence = e.sequence))
      ORDER BY e.sequence LIMIT p_most
    ) p
    LEFT JOIN LATERAL (
      SELECT d.id FROM webhook_deliveries d
      WHERE d.tenant_id = p_tenant AND d.endpoint_id = p_endpoint AND d.sequence = p.sequence AND d.status = 'held'
      ORDER BY d.id LIMIT 1) h ON true
    ORDER BY p.sequence;
END $$;

-- Sends those again: `p_every_ms` apart, also where another replay to this endpoint is under way, and in order within a
-- consent, since they share a lane that is none of the first sending. One that is held goes itself instead of another beside
-- it. Answers how many; more than `p_most`: that there are more, and nothing is done. Its caller has locked the endpoint, so
-- that nobody else replays or disables it meanwhile; then lanes before deliveries, as whoever records a try.
CREATE FUNCTION replay_events(p_tenant uuid, p_endpoint uuid, p_since timestamptz, p_until timestamptz, p_types text[], p_bound text[],
  p_consent uuid, p_most int, p_every_ms float8, p_now timestamptz) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  sequences bigint[];
  consents uuid[];
  helds uuid[];
  many int;
  began timestamptz;
BEGIN
  PERFORM at_a_door(), set_config('hub.tenant', p_tenant::text, true);
  SELECT array_agg(r.sequence), array_agg(r.consent_id), array_agg(r.held_id), count(*) INTO sequences, consents, helds, many
  FROM replayable_events(p_tenant, p_endpoint, p_since, p_until, p_types, p_bound, p_consent, p_most + 1) r;
  IF many = 0 OR many > p_most THEN
    RETURN many;
  END IF;
  began := take_turn(p_tenant, 'replay ' || p_endpoint, p_now, many * p_every_ms);
  WITH placed AS MATERIALIZED (
    SELECT p.sequence, p.held_id, p.id, began + (p.place - 1) * p_every_ms * interval '1 millisecond' AS slot,
      CASE WHEN p.consent_id IS NULL THEN p.id ELSE lane_of(p_endpoint, p.consent_id, true) END AS lane
    FROM (
      SELECT s.*, coalesce(s.held_id, gen_random_uuid()) AS id
      FROM unnest(sequences, consents, helds) WITH ORDINALITY AS s(sequence, consent_id, held_id, place) OFFSET 0) p
  ), owed AS (
    INSERT INTO outbox AS o (job, tenant_id, subject_id, due_at, created_at)
    SELECT 'deliver-webhook', p_tenant, p.lane, min(p.slot), p_now FROM placed p GROUP BY p.lane ORDER BY p.lane
    ON CONFLICT (job, tenant_id, subject_id) DO UPDATE SET
      due_at = CASE WHEN o.leased_until > clock_timestamp() THEN o.due_at ELSE least(o.due_at, excluded.due_at) END,
      again_at = CASE WHEN o.leased_until > clock_timestamp() THEN least(o.again_at, excluded.due_at) END
    RETURNING 1
  ), taken AS (
    UPDATE webhook_deliveries d SET status = 'pending', replay = true, lane = p.lane, next_at = p.slot, has_turn = false, created_at = p_now
    FROM placed p, (SELECT count(*) FROM owed) o WHERE d.tenant_id = p_tenant AND d.id = p.held_id
  )
  INSERT INTO webhook_deliveries (tenant_id, id, endpoint_id, sequence, lane, replay, next_at, created_at)
  SELECT p_tenant, p.id, p_endpoint, p.sequence, p.lane, true, p.slot, p_now
  FROM placed p, (SELECT count(*) FROM owed) o WHERE p.held_id IS NULL;
  RETURN many;
END $$;
