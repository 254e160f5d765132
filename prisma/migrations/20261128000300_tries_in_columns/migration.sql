-- Tries are told in columns, by the number of the run: as a list with an object each, PostgreSQL took a sixth longer over them.

-- Logs tries, and what became of their deliveries. `p_places`: where its delivery lies, locked by whoever asks; null for one that is
-- not to be noted. `p_more`: of those that did not simply arrive, what else there is to be noted. Rows are found by their place alone: a plan
-- that is kept from when the table was empty would go through it.
CREATE FUNCTION log_tries(p_tenant uuid, p_now timestamptz, p_deliveries uuid[], p_numbers int[], p_ago_ms bigint[], p_durations int[],
  p_statuses int[], p_answers text[], p_more jsonb, p_places tid[]) RETURNS void LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_indexscan = off SET enable_bitmapscan = off
SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
BEGIN
  PERFORM at_a_door();
  WITH tried AS MATERIALIZED (
    SELECT DISTINCT ON (r.place) r.place, r.delivery, r.number, p_now - r.ago_ms * interval '1 millisecond' AS at, r.duration_ms, r.http_status,
      m.error, decode(r.answer, 'base64') AS answer, coalesce(m.outcome, 'delivered') AS outcome, m.next_at, m.gave_up
    FROM unnest(p_places, p_deliveries, p_numbers, p_ago_ms, p_durations, p_statuses, p_answers)
      WITH ORDINALITY AS r(place, delivery, number, ago_ms, duration_ms, http_status, answer, nth)
    LEFT JOIN jsonb_to_recordset(p_more) AS m(nth int, error text, outcome text, next_at timestamptz, gave_up uuid[]) ON m.nth = r.nth
    WHERE r.place IS NOT NULL
    -- Of one hand-out that ran twice, what arrived counts.
    ORDER BY r.place, coalesce(m.outcome, 'delivered') = 'delivered' DESC
  ), logged AS (
    INSERT INTO webhook_attempts (tenant_id, delivery_id, number, at, duration_ms, http_status, error, answer_sealed)
    SELECT p_tenant, t.delivery, t.number, t.at, t.duration_ms, t.http_status, t.error, t.answer FROM tried t ON CONFLICT DO NOTHING
  )
  -- One that was held or given up while it was out stays so, unless it arrived.
  UPDATE webhook_deliveries d SET attempts = t.number, has_turn = false, gave_up = coalesce(t.gave_up, d.gave_up),
    status = CASE WHEN t.outcome = 'delivered' OR d.status = 'pending' THEN t.outcome ELSE d.status END,
    next_at = CASE WHEN d.status = 'pending' THEN t.next_at END,
    delivered_at = CASE WHEN t.outcome = 'delivered' THEN t.at END
  FROM tried t WHERE d.ctid = t.place AND d.tenant_id = p_tenant AND d.status <> 'delivered';
END $$;

-- Records tries that have ended, with all that follows (decision 23), each tenant's in statements of its own. Answers by the number of the run
-- which were recorded: not those that were overtaken. `is_due`: there is more in their lanes. `is_tended`: their endpoints owe work.
-- `whose`: the place of the run's endpoint in `endpoints`. `more`: as above, and what it means for the endpoint.
CREATE FUNCTION record_tries(p_groups jsonb, p_rules jsonb)
RETURNS TABLE (tenant uuid, recorded boolean[], is_due boolean, is_tended boolean)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
  g record;
  w record;
  e webhook_endpoints;
  touched uuid[];
  lane_at tid[];
  delivery_at tid[];
  next_at timestamptz[];
  tend jsonb;
  tend_at timestamptz;
BEGIN
  PERFORM at_a_door();
  FOR g IN SELECT x.* FROM jsonb_to_recordset(p_groups) AS x(tenant uuid, now timestamptz, lanes uuid[], outbox_ids uuid[], hand_outs int[],
    deliveries uuid[], endpoints uuid[], whose int[], numbers int[], ago_ms bigint[], durations int[], statuses int[], answers text[], more jsonb) LOOP
    PERFORM set_config('hub.tenant', g.tenant::text, true);
    tend := '{}';

    -- Endpoints that stay as they are, as most do, are not written to, nor waited for.
    touched := ARRAY(
      SELECT x.id FROM unnest(g.endpoints) AS s(id) JOIN webhook_endpoints x ON x.tenant_id = g.tenant AND x.id = s.id
      WHERE x.failures > 0 OR x.slow_ms > 0 OR x.parks OR x.last_delivered_at IS NULL OR x.last_delivered_at < g.now - interval '10 seconds'
        OR EXISTS (SELECT FROM jsonb_to_recordset(g.more) AS m(nth int, outcome text) WHERE m.outcome <> 'delivered' AND g.endpoints[g.whose[m.nth]] = x.id)
      ORDER BY x.id FOR UPDATE OF x);

    -- By the number of its run each, where its row of the outbox lies and its delivery; null for a run that was overtaken.
    -- Whatever PostgreSQL believes of the tables, no look goes through a whole backlog. Locked by now, both stay there.
    SELECT array_agg(s.lane_at IS NOT NULL ORDER BY s.nth), array_agg(s.lane_at ORDER BY s.nth), array_agg(s.delivery_at ORDER BY s.nth)
    INTO recorded, lane_at, delivery_at FROM (
      SELECT r.nth, o.place AS lane_at, d.place AS delivery_at FROM (
        SELECT x.* FROM unnest(g.lanes, g.outbox_ids, g.hand_outs, g.deliveries) WITH ORDINALITY
          AS x(lane, outbox_id, hand_out, delivery, nth) ORDER BY x.lane) r
      LEFT JOIN LATERAL (
        SELECT x.ctid AS place, x.hand_outs, x.id FROM outbox x
        WHERE x.job = 'deliver-webhook' AND x.tenant_id = g.tenant AND x.subject_id BETWEEN r.lane AND r.lane
        ORDER BY x.subject_id LIMIT 1 FOR UPDATE) o ON o.hand_outs = r.hand_out AND o.id = r.outbox_id
      LEFT JOIN LATERAL (
        SELECT x.ctid AS place FROM webhook_deliveries x
        WHERE x.tenant_id = g.tenant AND x.id BETWEEN r.delivery AND r.delivery AND o.place IS NOT NULL
        ORDER BY x.id LIMIT 1 FOR UPDATE) d ON true) s;
    CONTINUE WHEN (true = ANY (recorded)) IS NOT TRUE;
    PERFORM log_tries(g.tenant, g.now, g.deliveries, g.numbers, g.ago_ms, g.durations, g.statuses, g.answers, g.more, delivery_at);

    IF cardinality(touched) > 0 THEN
      FOR w IN
        SELECT g.endpoints[r.whose] AS id, count(*) FILTER (WHERE coalesce(m.outcome, 'delivered') = 'delivered') AS good,
          count(*) FILTER (WHERE m.outcome <> 'delivered') AS bad, coalesce(bool_or(m.slows), false) AS slows, coalesce(bool_or(m.gone), false) AS gone,
          g.now - max(r.ago_ms) * interval '1 millisecond' AS first_at, max(m.rest_until) AS rest_until
        FROM unnest(g.whose, g.ago_ms, recorded) WITH ORDINALITY AS r(whose, ago_ms, is_recorded, nth)
        LEFT JOIN jsonb_to_recordset(g.more) AS m(nth int, outcome text, slows boolean, gone boolean, rest_until timestamptz) ON m.nth = r.nth
        WHERE g.endpoints[r.whose] = ANY (touched) AND r.is_recorded GROUP BY 1
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

    -- By the number of its run, when what is next in its lane is due.
    next_at := ARRAY(
      SELECT (
        SELECT coalesce(d.next_at, g.now) FROM webhook_deliveries d
        WHERE d.tenant_id = g.tenant AND d.lane BETWEEN l.lane AND l.lane AND d.status || '' = 'pending'
        ORDER BY d.lane, d.sequence, d.id LIMIT 1)
      FROM unnest(g.lanes) WITH ORDINALITY AS l(lane, nth) ORDER BY l.nth);
    SELECT count(*) > 0 INTO is_due FROM settle_lanes(g.now, lane_at, next_at);

    is_tended := tend <> '{}';
    IF is_tended THEN
      PERFORM owe('tend-webhook-endpoint', g.tenant, x.key::uuid, x.value::timestamptz, g.now) FROM (SELECT * FROM jsonb_each_text(tend) ORDER BY 1) x;
    END IF;
    tenant := g.tenant;
    RETURN NEXT;
  END LOOP;
END $$;

-- For workers of the version before: as they tell it, and what they take for an answer. The `log_tries` that it called stays for calls that
-- are under way, and goes with a later migration.
CREATE OR REPLACE FUNCTION record_attempts(p_groups jsonb, p_rules jsonb) RETURNS TABLE (tenant uuid, lane uuid, due_at timestamptz)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  told jsonb;
BEGIN
  PERFORM at_a_door();
  SELECT coalesce(jsonb_agg(c.told), '[]') INTO told FROM jsonb_to_recordset(p_groups) AS g(tenant uuid, now timestamptz, runs jsonb)
  CROSS JOIN LATERAL (
    SELECT jsonb_build_object('tenant', g.tenant, 'now', g.now, 'lanes', jsonb_agg(r.lane ORDER BY r.nth), 'outbox_ids', jsonb_agg(r.outbox_id ORDER BY r.nth),
      'hand_outs', jsonb_agg(r.hand_out ORDER BY r.nth), 'deliveries', jsonb_agg(r.delivery ORDER BY r.nth),
      'endpoints', jsonb_agg(r.endpoint ORDER BY r.nth), 'whose', jsonb_agg(r.nth ORDER BY r.nth), 'numbers', jsonb_agg(r.number ORDER BY r.nth),
      'ago_ms', jsonb_agg(round(extract(epoch FROM g.now - r.at) * 1000)::bigint ORDER BY r.nth), 'durations', jsonb_agg(r.duration_ms ORDER BY r.nth),
      'statuses', jsonb_agg(r.http_status ORDER BY r.nth), 'answers', jsonb_agg(encode(r.answer, 'base64') ORDER BY r.nth),
      'more', jsonb_agg(jsonb_build_object('nth', r.nth, 'error', r.error, 'outcome', r.outcome, 'next_at', r.next_at, 'rest_until', r.rest_until,
        'slows', r.slows, 'gone', r.gone, 'gave_up', r.gave_up) ORDER BY r.nth)) AS told
    FROM ROWS FROM (jsonb_to_recordset(g.runs) AS (lane uuid, outbox_id uuid, hand_out int, delivery uuid, endpoint uuid, number int, at timestamptz,
      duration_ms int, http_status int, error text, answer bytea, outcome text, next_at timestamptz, rest_until timestamptz, slows boolean, gone boolean,
      gave_up uuid[])) WITH ORDINALITY AS r(lane, outbox_id, hand_out, delivery, endpoint, number, at, duration_ms, http_status, error, answer, outcome,
      next_at, rest_until, slows, gone, gave_up, nth)) c;
  RETURN QUERY
    WITH done AS MATERIALIZED (SELECT * FROM record_tries(told, p_rules))
    SELECT d.tenant, l.lane, CASE WHEN d.is_due THEN g.now END
    FROM done d
    JOIN jsonb_to_recordset(told) AS g(tenant uuid, now timestamptz, lanes uuid[]) ON g.tenant = d.tenant
    CROSS JOIN LATERAL unnest(g.lanes) WITH ORDINALITY AS l(lane, nth) WHERE d.recorded[l.nth]
    UNION ALL SELECT d.tenant, NULL, now() FROM done d WHERE d.is_tended;
END $$;

-- As before (20261126000400), but that the lanes are read once.
CREATE OR REPLACE FUNCTION due_deliveries(p_groups jsonb) RETURNS TABLE (
  tenant uuid, lane uuid, verdict text, delivery_id uuid, attempts int, next_at timestamptz, created_at timestamptz, replay boolean,
  event_id uuid, type text, "timestamp" timestamptz, sequence bigint, data text, gave_up uuid[], endpoint_id uuid, endpoint jsonb
) LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
  g record;
BEGIN
  PERFORM at_a_door();
  FOR g IN SELECT x.* FROM jsonb_to_recordset(p_groups) AS x(tenant uuid, now timestamptz, lanes uuid[]) LOOP
    PERFORM set_config('hub.tenant', g.tenant::text, true);
    RETURN QUERY
      SELECT g.tenant, l.lane,
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
      FROM unnest(g.lanes) AS l(lane)
      LEFT JOIN LATERAL (
        SELECT h.* FROM webhook_deliveries h
        WHERE h.tenant_id = g.tenant AND h.lane BETWEEN l.lane AND l.lane AND h.status || '' = 'pending'
        ORDER BY h.lane, h.sequence, h.id LIMIT 1) d ON true
      LEFT JOIN LATERAL (
        SELECT x.* FROM events x WHERE x.tenant_id = g.tenant AND x.sequence BETWEEN d.sequence AND d.sequence ORDER BY x.sequence LIMIT 1) e ON true
      LEFT JOIN webhook_endpoints w ON w.tenant_id = g.tenant AND w.id = d.endpoint_id
      LEFT JOIN LATERAL (
        SELECT p.status FROM webhook_deliveries p WHERE p.tenant_id = g.tenant AND p.lane BETWEEN d.lane AND d.lane AND p.sequence < d.sequence
        ORDER BY p.lane DESC, p.sequence DESC LIMIT 1) b ON true;
  END LOOP;
END $$;
