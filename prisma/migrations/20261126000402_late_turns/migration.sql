-- AlterTable
ALTER TABLE "webhook_endpoints" ADD COLUMN     "sent_until" TIMESTAMPTZ(6);


-- From here on what Prisma's schema cannot say: with a pace, each send asks at the gate, and turns that come late count.

-- The next delivery of each of these lanes, and what is to become of it: `idle` there is none · `wait` until then · `send` ·
-- `gate` its endpoint lets nothing pass unasked (see pass_gates). Reads only. An endpoint comes with the first of its
-- deliveries alone. `gave_up`: events before it in its lane that were given up since the last that arrived, oldest first.
-- Each group is of one tenant, set before its rows are read. Plans are kept, and made while tables may be empty: they must
-- stay good for full ones. Hence no sequential scans in these functions; an order and a limit where there is but one row, so
-- that the index with that order is taken and not another that begins with the tenant; and `status || ''`, which keeps a look
-- into one lane from going through all that is to be told.
CREATE OR REPLACE FUNCTION due_deliveries(p_groups jsonb) RETURNS TABLE (
  tenant uuid, lane uuid, verdict text, delivery_id uuid, attempts int, next_at timestamptz, created_at timestamptz, replay boolean,
  event_id uuid, type text, "timestamp" timestamptz, sequence bigint, data text, gave_up uuid[], endpoint_id uuid, endpoint jsonb
) LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
  g record;
BEGIN
  PERFORM at_a_door();
  FOR g IN SELECT x.* FROM jsonb_to_recordset(p_groups) AS x(tenant uuid, now timestamptz, lanes jsonb) LOOP
    PERFORM set_config('hub.tenant', g.tenant::text, true);
    RETURN QUERY
      SELECT g.tenant, l.lane::uuid,
        CASE WHEN d.id IS NULL THEN 'idle' WHEN w.id IS NULL OR e.id IS NULL THEN 'gate' WHEN d.next_at > g.now THEN 'wait'
          WHEN e.type = 'ping' AND d.attempts = 0 THEN 'send'
          WHEN w.status <> 'enabled' OR w.parks OR w.rests_until > g.now THEN 'gate'
          WHEN w.slow_ms > 0 OR w.rate_per_second IS NOT NULL THEN 'gate' ELSE 'send' END,
        d.id, d.attempts, d.next_at, d.created_at, d.replay, e.id, e.type, e.timestamp, d.sequence, e.data::text,
        CASE WHEN b.status = 'given-up' THEN ARRAY(
          SELECT x.id FROM webhook_deliveries p JOIN events x ON x.tenant_id = p.tenant_id AND x.sequence = p.sequence
          WHERE p.tenant_id = g.tenant AND p.lane = d.lane AND p.sequence < d.sequence AND p.status = 'given-up'
            AND p.sequence > coalesce((SELECT max(a.sequence) FROM webhook_deliveries a WHERE a.tenant_id = g.tenant
              AND a.lane = d.lane AND a.sequence < d.sequence AND a.status = 'delivered'), 0)
          ORDER BY p.sequence) END,
        w.id, CASE WHEN row_number() OVER (PARTITION BY w.id) = 1 THEN to_jsonb(w) END
      FROM jsonb_array_elements_text(g.lanes) AS l(lane)
      LEFT JOIN LATERAL (
        SELECT h.* FROM webhook_deliveries h
        WHERE h.tenant_id = g.tenant AND h.lane BETWEEN l.lane::uuid AND l.lane::uuid AND h.status || '' = 'pending'
        ORDER BY h.lane, h.sequence, h.id LIMIT 1) d ON true
      LEFT JOIN LATERAL (
        SELECT x.* FROM events x WHERE x.tenant_id = g.tenant AND x.sequence BETWEEN d.sequence AND d.sequence ORDER BY x.sequence LIMIT 1) e ON true
      LEFT JOIN webhook_endpoints w ON w.tenant_id = g.tenant AND w.id = d.endpoint_id
      LEFT JOIN LATERAL (
        SELECT p.status FROM webhook_deliveries p WHERE p.tenant_id = g.tenant AND p.lane BETWEEN d.lane AND d.lane AND p.sequence < d.sequence
        ORDER BY p.lane DESC, p.sequence DESC LIMIT 1) b ON true;
  END LOOP;
END $$;

-- For lanes whose endpoint lets nothing pass unasked. It is locked, so that what parks here is seen by whoever lets it go on.
-- `send`: pass now · `wait` until then · `idle`: parked, held or given up, and the lane owes nothing for now.
CREATE OR REPLACE FUNCTION pass_gates(p_groups jsonb, p_rules jsonb)
RETURNS TABLE (tenant uuid, lane uuid, verdict text, delivery_id uuid, next_at timestamptz)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
  g record;
  l record;
  d webhook_deliveries;
  w webhook_endpoints;
  gap interval;
  slot timestamptz;
  goes boolean;
BEGIN
  PERFORM at_a_door();
  FOR g IN SELECT x.* FROM jsonb_to_recordset(p_groups) AS x(tenant uuid, now timestamptz, lanes jsonb) LOOP
    PERFORM set_config('hub.tenant', g.tenant::text, true);
    -- In one order, since each group may have several.
    PERFORM 1 FROM webhook_endpoints e WHERE e.tenant_id = g.tenant AND e.id IN (
      SELECT h.endpoint_id FROM webhook_deliveries h
      WHERE h.tenant_id = g.tenant AND h.status || '' = 'pending' AND h.lane = ANY (ARRAY(SELECT t.lane::uuid FROM jsonb_array_elements_text(g.lanes) AS t(lane))))
    ORDER BY e.id FOR UPDATE;
    FOR l IN
      SELECT n.lane, h.id, h.sequence, h.place FROM (SELECT DISTINCT t.lane::uuid AS lane FROM jsonb_array_elements_text(g.lanes) AS t(lane)) n
      LEFT JOIN LATERAL (
        SELECT p.id, p.sequence, p.endpoint_id AS place FROM webhook_deliveries p
        WHERE p.tenant_id = g.tenant AND p.lane BETWEEN n.lane AND n.lane AND p.status || '' = 'pending' ORDER BY p.lane, p.sequence, p.id LIMIT 1) h ON true
      -- Turns are given in the order of events.
      ORDER BY h.sequence, n.lane
    LOOP
      tenant := g.tenant; lane := l.lane; delivery_id := l.id; next_at := NULL; verdict := 'idle';
      IF l.id IS NULL THEN
        RETURN NEXT; CONTINUE;
      END IF;
      SELECT * INTO d FROM webhook_deliveries p WHERE p.tenant_id = g.tenant AND p.id = l.id AND p.status = 'pending' FOR UPDATE;
      IF d.id IS NULL THEN
        RETURN NEXT; CONTINUE;
      END IF;
      SELECT * INTO w FROM webhook_endpoints e WHERE e.tenant_id = g.tenant AND e.id = d.endpoint_id;
      gap := greatest(w.slow_ms, 1000.0 / w.rate_per_second) * interval '1 millisecond';
      IF w.id IS NULL OR NOT EXISTS (SELECT FROM events e WHERE e.tenant_id = g.tenant AND e.sequence = d.sequence) THEN
        UPDATE webhook_deliveries p SET status = 'given-up', next_at = NULL, has_turn = false WHERE p.tenant_id = g.tenant AND p.id = d.id;
        verdict := 'wait'; next_at := g.now;
      ELSIF d.next_at > g.now THEN
        verdict := 'wait'; next_at := d.next_at;
      ELSIF w.status <> 'enabled' THEN
        UPDATE webhook_deliveries p SET status = 'held', next_at = NULL, has_turn = false
        WHERE p.tenant_id = g.tenant AND p.lane = d.lane AND p.status || '' = 'pending';
      ELSIF w.rests_until > g.now OR w.parks AND NOT d.has_turn AND (w.failing_at IS NOT NULL OR d.sequence > w.let_to) THEN
        UPDATE webhook_deliveries p SET has_turn = false WHERE p.tenant_id = g.tenant AND p.id = d.id AND p.has_turn;
        UPDATE webhook_endpoints e SET parks = true, let_to = least(e.let_to, d.sequence - 1) WHERE e.tenant_id = g.tenant AND e.id = w.id;
        PERFORM owe('tend-webhook-endpoint', g.tenant, w.id, greatest(w.rests_until, g.now), g.now);
      ELSIF gap = interval '0' THEN
        verdict := 'send';
      ELSE
        -- Turns that come late, since we are, come all at once. They go while what was sent leaves room, and else take another.
        goes := d.has_turn AND (d.next_at > g.now - interval '250 milliseconds' OR w.sent_until IS NULL
          OR w.sent_until - greatest(gap, interval '100 milliseconds') <= g.now);
        slot := CASE WHEN goes THEN g.now ELSE greatest(w.paced_until, g.now) END;
        IF NOT d.has_turn AND slot > g.now + (p_rules->>'aheadMs')::int * interval '1 millisecond' THEN
          UPDATE webhook_endpoints e SET parks = true, let_to = least(d.sequence - 1, CASE WHEN e.parks THEN e.let_to ELSE d.sequence END)
          WHERE e.tenant_id = g.tenant AND e.id = w.id;
          PERFORM owe('tend-webhook-endpoint', g.tenant, w.id, w.paced_until, g.now);
          RETURN NEXT; CONTINUE;
        END IF;
        IF NOT goes THEN
          UPDATE webhook_endpoints e SET paced_until = slot + gap WHERE e.tenant_id = g.tenant AND e.id = w.id;
        END IF;
        IF slot <= g.now THEN
          UPDATE webhook_endpoints e SET sent_until = greatest(e.sent_until, g.now) + gap WHERE e.tenant_id = g.tenant AND e.id = w.id;
          verdict := 'send';
        ELSE
          UPDATE webhook_deliveries p SET has_turn = true, next_at = slot WHERE p.tenant_id = g.tenant AND p.id = d.id
          RETURNING p.next_at INTO slot;
          verdict := 'wait'; next_at := slot;
        END IF;
      END IF;
      RETURN NEXT;
    END LOOP;
  END LOOP;
END $$;
