-- AlterTable
ALTER TABLE "webhook_deliveries" ADD COLUMN     "gave_up" UUID[] DEFAULT ARRAY[]::UUID[],
ADD COLUMN     "has_turn" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "lane" UUID,
ADD COLUMN     "replay" BOOLEAN NOT NULL DEFAULT false;

-- AlterTable
ALTER TABLE "webhook_endpoints" ADD COLUMN     "disabled_reason" TEXT,
ADD COLUMN     "failing_at" TIMESTAMPTZ(3),
ADD COLUMN     "failing_since" TIMESTAMPTZ(3),
ADD COLUMN     "failures" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "last_delivered_at" TIMESTAMPTZ(3),
ADD COLUMN     "let_to" BIGINT NOT NULL DEFAULT 0,
ADD COLUMN     "paced_until" TIMESTAMPTZ(6),
ADD COLUMN     "parks" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "rate_per_second" INTEGER,
ADD COLUMN     "rests" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "rests_until" TIMESTAMPTZ(3),
ADD COLUMN     "sent_until" TIMESTAMPTZ(6),
ADD COLUMN     "slow_ms" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "told" TEXT NOT NULL DEFAULT 'well';


-- From here on what Prisma's schema cannot say.

ALTER TABLE webhook_deliveries DROP CONSTRAINT webhook_deliveries_status;
ALTER TABLE webhook_deliveries ADD CONSTRAINT webhook_deliveries_status CHECK (status IN ('pending', 'held', 'delivered', 'given-up'));
ALTER TABLE webhook_endpoints ADD CONSTRAINT webhook_endpoints_told CHECK (told IN ('well', 'failing', 'disabled'));
ALTER TABLE webhook_endpoints ADD CONSTRAINT webhook_endpoints_disabled_reason CHECK (disabled_reason IN ('tenant', 'gone'));
ALTER TABLE webhook_endpoints ADD CONSTRAINT webhook_endpoints_rate CHECK (rate_per_second BETWEEN 1 AND 1000);

-- Events of one consent go to one endpoint one after the other: they share a lane. Replayed ones have a lane of their own.
-- What speaks of no consent waits for nothing: its lane is the delivery itself.
CREATE FUNCTION lane_of(p_endpoint uuid, p_consent uuid, p_replay boolean) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS $$ SELECT md5(p_endpoint::text || p_consent::text || CASE WHEN p_replay THEN 'replay' ELSE '' END)::uuid $$;

-- What is there already gets its lane, and work is owed by lane from now on. The policies are forced, on the owner too: not
-- for these statements.
ALTER TABLE webhook_deliveries NO FORCE ROW LEVEL SECURITY;
ALTER TABLE webhook_endpoints NO FORCE ROW LEVEL SECURITY;
ALTER TABLE events NO FORCE ROW LEVEL SECURITY;
ALTER TABLE outbox NO FORCE ROW LEVEL SECURITY;
UPDATE webhook_deliveries d SET lane = coalesce(
  (SELECT lane_of(d.endpoint_id, e.consent_id, false) FROM events e
   WHERE e.tenant_id = d.tenant_id AND e.sequence = d.sequence AND e.consent_id IS NOT NULL), d.id);
DELETE FROM outbox WHERE job = 'deliver-webhook';
INSERT INTO outbox (job, tenant_id, subject_id, due_at, created_at)
SELECT 'deliver-webhook', tenant_id, lane, min(coalesce(next_at, created_at)), min(created_at)
FROM webhook_deliveries WHERE status = 'pending' GROUP BY tenant_id, lane;
UPDATE webhook_endpoints SET told = 'disabled', disabled_reason = 'tenant' WHERE status = 'disabled';
ALTER TABLE webhook_deliveries FORCE ROW LEVEL SECURITY;
ALTER TABLE webhook_endpoints FORCE ROW LEVEL SECURITY;
ALTER TABLE events FORCE ROW LEVEL SECURITY;
ALTER TABLE outbox FORCE ROW LEVEL SECURITY;

ALTER TABLE webhook_deliveries ALTER COLUMN lane SET NOT NULL;
CREATE INDEX webhook_deliveries_tenant_id_lane_sequence_idx ON webhook_deliveries (tenant_id, lane, sequence);
-- What is still to be told, however much has been: few rows as a rule.
CREATE INDEX webhook_deliveries_to_tell ON webhook_deliveries (tenant_id, endpoint_id, status, sequence) WHERE status IN ('pending', 'held');
ALTER TABLE webhook_deliveries SET (fillfactor = 80);

-- As before, and: what is owed is the lane; an endpoint that is disabled keeps its events as held; what speaks of an endpoint
-- (`webhook.…`) is not sent to that one. Lanes are locked in their order, after the counter: see docs/decisions/0023.
CREATE OR REPLACE FUNCTION append_events(p_tenant uuid, p_now timestamptz, p_events jsonb) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  many int := jsonb_array_length(p_events);
  newest bigint;
BEGIN
  PERFORM at_a_door(), set_config('hub.tenant', p_tenant::text, true);
  UPDATE tenant_counters SET last_sequence = last_sequence + many WHERE tenant_id = p_tenant RETURNING last_sequence INTO STRICT newest;
  WITH told AS (
    SELECT newest - many + e.place AS sequence, (e.value->>'id')::uuid AS id, e.value->>'type' AS type,
      (e.value->>'consentId')::uuid AS consent_id, e.value->'data' AS data, (e.value->>'endpoint')::uuid AS endpoint
    FROM jsonb_array_elements(p_events) WITH ORDINALITY AS e(value, place)
  ), kept AS (
    INSERT INTO events (tenant_id, sequence, id, type, timestamp, consent_id, data)
    SELECT p_tenant, t.sequence, t.id, t.type, p_now, t.consent_id, t.data FROM told t
  ), picked AS MATERIALIZED (
    SELECT gen_random_uuid() AS id, w.id AS endpoint_id, t.sequence, t.consent_id,
      CASE WHEN w.status = 'enabled' OR t.endpoint IS NOT NULL THEN 'pending' ELSE 'held' END AS status
    FROM told t
    JOIN webhook_endpoints w ON w.tenant_id = p_tenant AND (t.endpoint = w.id
      OR t.endpoint IS NULL AND (cardinality(w.events) = 0 OR t.type = ANY (w.events))
        AND NOT (t.type LIKE 'webhook.%' AND t.data->>'endpoint' = w.id::text))
  ), sent AS (
    INSERT INTO webhook_deliveries (tenant_id, id, endpoint_id, sequence, lane, status, next_at, created_at)
    SELECT p_tenant, p.id, p.endpoint_id, p.sequence,
      CASE WHEN p.consent_id IS NULL THEN p.id ELSE lane_of(p.endpoint_id, p.consent_id, false) END,
      p.status, CASE WHEN p.status = 'pending' THEN p_now END, p_now
    FROM picked p
    RETURNING lane, status
  )
  INSERT INTO outbox AS o (job, tenant_id, subject_id, due_at, created_at)
  SELECT DISTINCT 'deliver-webhook', p_tenant, s.lane, p_now, p_now FROM sent s WHERE s.status = 'pending' ORDER BY s.lane
  ON CONFLICT (job, tenant_id, subject_id) DO UPDATE SET
    due_at = CASE WHEN o.leased_until > clock_timestamp() THEN o.due_at ELSE least(o.due_at, excluded.due_at) END,
    again_at = CASE WHEN o.leased_until > clock_timestamp() THEN least(o.again_at, excluded.due_at) END;
  RETURN newest;
END $$;

-- The next delivery of each of these lanes, and what is to become of it: `idle` there is none · `wait` until then · `send` ·
-- `gate` its endpoint lets nothing pass unasked (see pass_gates). Reads only. An endpoint comes with the first of its
-- deliveries alone. `gave_up`: events before it in its lane that were given up since the last that arrived, oldest first.
-- Each group is of one tenant, set before its rows are read. Plans are kept, and made while tables may be empty: they must
-- stay good for full ones. Hence no sequential scans in these functions; an order and a limit where there is but one row, so
-- that the index with that order is taken and not another that begins with the tenant; and `status || ''`, which keeps a look
-- into one lane from going through all that is to be told.
CREATE FUNCTION due_deliveries(p_groups jsonb) RETURNS TABLE (
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

-- What is pending for an endpoint is held, the oldest first, so many at most. What is being recorded that moment is not waited
-- for: it is held when its turn comes again.
CREATE FUNCTION hold_deliveries(p_tenant uuid, p_endpoint uuid, p_most int) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  held int;
BEGIN
  PERFORM at_a_door(), set_config('hub.tenant', p_tenant::text, true);
  UPDATE webhook_deliveries d SET status = 'held', next_at = NULL, has_turn = false
  WHERE d.tenant_id = p_tenant AND d.id = ANY (ARRAY(
    SELECT h.id FROM webhook_deliveries h WHERE h.tenant_id = p_tenant AND h.endpoint_id = p_endpoint AND h.status = 'pending'
    ORDER BY h.sequence LIMIT p_most FOR UPDATE SKIP LOCKED));
  GET DIAGNOSTICS held = ROW_COUNT;
  RETURN held;
END $$;

-- For lanes whose endpoint lets nothing pass unasked. It is locked, so that what parks here is seen by whoever lets it go on.
-- `send`: pass now · `wait` until then · `idle`: parked, held or given up, and the lane owes nothing for now.
CREATE FUNCTION pass_gates(p_groups jsonb, p_rules jsonb)
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

-- What an endpoint owes: while it rests or fails, one delivery tries when the rest is over; then the others go on, in order
-- and at its pace; what is pending for one that is disabled is held, and for one that is gone given up. Answers when to look
-- again; null when nothing waits.
CREATE FUNCTION tend_endpoint(p_tenant uuid, p_endpoint uuid, p_now timestamptz, p_rules jsonb) RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE
  w webhook_endpoints;
  most int := (p_rules->>'batch')::int;
  gap interval;
  began timestamptz;
  many int;
  last bigint;
BEGIN
  PERFORM at_a_door(), set_config('hub.tenant', p_tenant::text, true);
  SELECT * INTO w FROM webhook_endpoints e WHERE e.tenant_id = p_tenant AND e.id = p_endpoint FOR UPDATE;
  IF w.id IS NULL THEN
    UPDATE webhook_deliveries d SET status = 'given-up', next_at = NULL, has_turn = false
    WHERE d.tenant_id = p_tenant AND d.id = ANY (ARRAY(
      SELECT h.id FROM webhook_deliveries h WHERE h.tenant_id = p_tenant AND h.endpoint_id = p_endpoint AND h.status IN ('pending', 'held')
      LIMIT most FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS many = ROW_COUNT;
    RETURN CASE WHEN many = most THEN p_now END;
  ELSIF w.status <> 'enabled' THEN
    RETURN CASE WHEN hold_deliveries(p_tenant, p_endpoint, most) = most THEN p_now END;
  ELSIF w.rests_until > p_now THEN
    RETURN w.rests_until;
  ELSIF NOT w.parks THEN
    RETURN NULL;
  END IF;

  IF w.failing_at IS NOT NULL THEN
    many := 1;
  ELSE
    gap := greatest(w.slow_ms, 1000.0 / w.rate_per_second) * interval '1 millisecond';
    -- A second's worth at once.
    many := CASE WHEN gap = interval '0' THEN most ELSE least(most, greatest(1, ceil(1000 / extract(milliseconds FROM gap)))) END;
  END IF;
  began := greatest(p_now, w.paced_until);
  WITH picked AS MATERIALIZED (
    SELECT h.id, h.lane, h.sequence FROM webhook_deliveries h
    WHERE h.tenant_id = p_tenant AND h.endpoint_id = p_endpoint AND h.status = 'pending' AND h.next_at <= p_now
      AND CASE WHEN w.failing_at IS NULL THEN h.sequence > w.let_to AND NOT h.has_turn
        -- One whose turn it is in its lane.
        ELSE NOT EXISTS (SELECT FROM webhook_deliveries p WHERE p.tenant_id = p_tenant AND p.lane = h.lane AND p.sequence < h.sequence AND p.status || '' = 'pending') END
    ORDER BY h.sequence LIMIT many FOR UPDATE
  ), placed AS MATERIALIZED (
    SELECT p.id, p.lane, p.sequence, CASE WHEN w.failing_at IS NOT NULL THEN p_now
      ELSE began + (row_number() OVER (ORDER BY p.sequence) - 1) * gap END AS slot FROM picked p
  ), turned AS (
    UPDATE webhook_deliveries d SET has_turn = true, next_at = p.slot FROM placed p WHERE d.tenant_id = p_tenant AND d.id = p.id
    RETURNING d.lane, d.sequence, d.next_at
  ), owed AS MATERIALIZED (
    SELECT owe('deliver-webhook', p_tenant, t.lane, t.next_at, p_now) FROM (
      SELECT u.lane, min(u.next_at) AS next_at FROM turned u GROUP BY u.lane ORDER BY u.lane) t
  )
  SELECT count(*), max(t.sequence) INTO many, last FROM turned t, (SELECT count(*) FROM owed) o;
  IF w.failing_at IS NOT NULL THEN
    -- Should that one never come back, another tries.
    RETURN CASE WHEN many > 0 THEN p_now + interval '1 minute' END;
  ELSIF many = 0 THEN
    UPDATE webhook_endpoints e SET parks = false, let_to = 0 WHERE e.tenant_id = p_tenant AND e.id = p_endpoint;
    RETURN NULL;
  END IF;
  UPDATE webhook_endpoints e SET let_to = last, paced_until = began + many * gap WHERE e.tenant_id = p_tenant AND e.id = p_endpoint;
  RETURN began + many * gap;
END $$;

-- Tries that have ended, with all that follows: the delivery's state, its endpoint's health, and the lane's own row of the
-- outbox, which is due again when its next delivery is. Only while that row is still out under the number it was handed out
-- with: a run that was overtaken records nothing, so that nothing is sent again after a recorded 2xx, and nothing undone.
-- Answers the lanes recorded, each with when it is due again; and without a lane, endpoints that are to be tended.
-- Locks are taken in one order everywhere: endpoints, the tenant's counter, lanes, deliveries, an endpoint's own row.
CREATE FUNCTION record_attempts(p_groups jsonb, p_rules jsonb) RETURNS TABLE (tenant uuid, lane uuid, due_at timestamptz)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
  g record;
  w record;
  e webhook_endpoints;
  touched uuid[];
  standing uuid[];
  standing_at tid[];
  place tid;
  t record;
  tend jsonb;
  tend_at timestamptz;
BEGIN
  PERFORM at_a_door();
  FOR g IN SELECT x.* FROM jsonb_to_recordset(p_groups) AS x(tenant uuid, now timestamptz, runs jsonb) LOOP
    PERFORM set_config('hub.tenant', g.tenant::text, true);
    tend := '{}';

    -- Endpoints that stay as they are, as most do, are not written to, nor waited for.
    touched := ARRAY(
      SELECT x.id FROM (
        SELECT r.endpoint, bool_or(r.outcome <> 'delivered') AS failed
        FROM jsonb_to_recordset(g.runs) AS r(endpoint uuid, outcome text) GROUP BY 1) s
      JOIN webhook_endpoints x ON x.tenant_id = g.tenant AND x.id = s.endpoint
      WHERE s.failed OR x.failures > 0 OR x.slow_ms > 0 OR x.parks OR x.last_delivered_at IS NULL
        OR x.last_delivered_at < g.now - interval '10 seconds'
      ORDER BY x.id FOR UPDATE OF x);

    SELECT array_agg(f.lane), array_agg(f.at) INTO standing, standing_at FROM (
      SELECT r.lane, o.at FROM (
        SELECT x.* FROM jsonb_to_recordset(g.runs) AS x(lane uuid, outbox_id uuid, hand_out int) ORDER BY x.lane) r
      CROSS JOIN LATERAL (
        SELECT x.ctid AS at, x.hand_outs, x.id FROM outbox x
        WHERE x.job = 'deliver-webhook' AND x.tenant_id = g.tenant AND x.subject_id BETWEEN r.lane AND r.lane
        ORDER BY x.subject_id LIMIT 1 FOR UPDATE) o
      WHERE o.hand_outs = r.hand_out AND o.id = r.outbox_id) f;
    CONTINUE WHEN standing IS NULL;

    -- One by one, each by its place: whatever PostgreSQL believes of the tables, no look goes through a whole backlog.
    FOR t IN
      SELECT r.*, f.at AS found_at FROM jsonb_to_recordset(g.runs) AS r(lane uuid, delivery uuid, number int, at timestamptz, duration_ms int,
        http_status int, error text, answer bytea, outcome text, next_at timestamptz, gave_up uuid[])
      CROSS JOIN LATERAL (
        SELECT x.ctid AS at FROM webhook_deliveries x WHERE x.tenant_id = g.tenant AND x.id BETWEEN r.delivery AND r.delivery
        ORDER BY x.id LIMIT 1 FOR UPDATE) f
      WHERE r.lane = ANY (standing)
    LOOP
      INSERT INTO webhook_attempts (tenant_id, delivery_id, number, at, duration_ms, http_status, error, answer_sealed)
      VALUES (g.tenant, t.delivery, t.number, t.at, t.duration_ms, t.http_status, t.error, t.answer) ON CONFLICT DO NOTHING;
      -- One that was held or given up while it was out stays so, unless it arrived.
      UPDATE webhook_deliveries d SET attempts = t.number, has_turn = false, gave_up = coalesce(t.gave_up, d.gave_up),
        status = CASE WHEN t.outcome = 'delivered' OR d.status = 'pending' THEN t.outcome ELSE d.status END,
        next_at = CASE WHEN d.status = 'pending' THEN t.next_at END,
        delivered_at = CASE WHEN t.outcome = 'delivered' THEN t.at END
      WHERE d.ctid = t.found_at AND d.status <> 'delivered';
    END LOOP;

    IF cardinality(touched) > 0 THEN
      FOR w IN
        SELECT r.endpoint AS id, count(*) FILTER (WHERE r.outcome = 'delivered') AS good, count(*) FILTER (WHERE r.outcome <> 'delivered') AS bad,
          bool_or(r.slows) AS slows, bool_or(r.gone) AS gone, min(r.at) AS first_at, max(r.rest_until) AS rest_until
        FROM jsonb_to_recordset(g.runs) AS r(lane uuid, endpoint uuid, outcome text, slows boolean, gone boolean, at timestamptz, rest_until timestamptz)
        WHERE r.endpoint = ANY (touched) AND r.lane = ANY (standing) GROUP BY 1
      LOOP
        SELECT * INTO e FROM webhook_endpoints x WHERE x.tenant_id = g.tenant AND x.id = w.id;
        tend_at := NULL;
        IF w.good > 0 THEN
          e.failures := 0;
          e.last_delivered_at := g.now;
          IF e.failing_at IS NOT NULL THEN
            e.failing_at := NULL; e.rests := 0; e.rests_until := NULL; e.parks := true; e.let_to := 0;
            tend_at := g.now;
            -- Those that failed are few, since the rest of them waited: they need not wait out their pauses.
            UPDATE webhook_deliveries d SET next_at = g.now
            WHERE d.tenant_id = g.tenant AND d.id = ANY (ARRAY(
              SELECT h.id FROM webhook_deliveries h WHERE h.tenant_id = g.tenant AND h.endpoint_id = w.id AND h.status = 'pending' AND h.next_at > g.now
              FOR UPDATE SKIP LOCKED));
          END IF;
        ELSE
          IF e.failures = 0 THEN
            e.failing_since := w.first_at;
          END IF;
          e.failures := e.failures + w.bad;
          IF e.failing_at IS NULL AND e.failures >= (p_rules->>'failures')::int
            AND e.failing_since <= g.now - (p_rules->>'forMs')::int * interval '1 millisecond' THEN
            e.failing_at := g.now; e.rests := 0; e.parks := true; e.let_to := 0;
            tend_at := g.now;
          END IF;
          IF e.failing_at IS NOT NULL AND (e.rests_until IS NULL OR e.rests_until <= g.now) THEN
            e.rests_until := g.now + least((p_rules->>'longestRestMs')::float8, (p_rules->>'firstRestMs')::float8 * 2 ^ least(e.rests, 30)) * interval '1 millisecond';
            e.rests := e.rests + 1;
            tend_at := least(tend_at, e.rests_until);
          END IF;
        END IF;
        IF w.slows AND w.bad >= w.good THEN
          e.slow_ms := least((p_rules->>'slowestMs')::int, greatest((p_rules->>'slowMs')::int, 2 * e.slow_ms));
        ELSIF w.good > w.bad THEN
          e.slow_ms := CASE WHEN e.slow_ms > (p_rules->>'slowMs')::int THEN e.slow_ms / 2 ELSE 0 END;
        END IF;
        IF w.rest_until > g.now THEN
          e.rests_until := greatest(e.rests_until, w.rest_until); e.parks := true; e.let_to := 0;
          tend_at := least(tend_at, e.rests_until);
        END IF;
        IF w.gone AND e.status = 'enabled' THEN
          e.status := 'disabled'; e.disabled_reason := 'gone'; e.updated_at := g.now;
          tend_at := g.now;
          PERFORM hold_deliveries(g.tenant, w.id, (p_rules->>'batch')::int);
        END IF;
        UPDATE webhook_endpoints x SET failures = e.failures, last_delivered_at = e.last_delivered_at, failing_at = e.failing_at,
          failing_since = e.failing_since, rests = e.rests, rests_until = e.rests_until, parks = e.parks, let_to = e.let_to, slow_ms = e.slow_ms,
          status = e.status, disabled_reason = e.disabled_reason, updated_at = e.updated_at
        WHERE x.tenant_id = g.tenant AND x.id = w.id;
        IF tend_at IS NOT NULL THEN
          tend := tend || jsonb_build_object(w.id::text, tend_at);
        END IF;
      END LOOP;
    END IF;

    RETURN QUERY SELECT g.tenant, s, NULL::timestamptz FROM unnest(standing) AS s;
    -- Locked above, they are where they were.
    FOREACH place IN ARRAY standing_at LOOP
      DELETE FROM outbox o WHERE o.ctid = place AND o.again_at IS NULL AND (
        SELECT d.id FROM webhook_deliveries d
        WHERE d.tenant_id = g.tenant AND d.lane BETWEEN o.subject_id AND o.subject_id AND d.status || '' = 'pending'
        ORDER BY d.lane, d.sequence, d.id LIMIT 1) IS NULL;
      IF NOT FOUND THEN
        RETURN QUERY
          UPDATE outbox o SET leased_until = NULL, again_at = NULL, failures = 0, last_problem = NULL, due_at = least(o.again_at, (
            SELECT coalesce(d.next_at, g.now) FROM webhook_deliveries d
            WHERE d.tenant_id = g.tenant AND d.lane BETWEEN o.subject_id AND o.subject_id AND d.status || '' = 'pending'
            ORDER BY d.lane, d.sequence, d.id LIMIT 1))
          WHERE o.ctid = place RETURNING g.tenant, o.subject_id, o.due_at;
      END IF;
    END LOOP;

    CONTINUE WHEN tend = '{}';
    RETURN QUERY
      SELECT g.tenant, NULL::uuid, t.due FROM (
        SELECT owe('tend-webhook-endpoint', g.tenant, x.key::uuid, x.value::timestamptz, g.now), x.value::timestamptz AS due
        FROM (SELECT * FROM jsonb_each_text(tend) ORDER BY 1) x OFFSET 0) t;
  END LOOP;
END $$;
