-- Tries that have ended, set by set: a statement for each row cost PostgreSQL more than the row did.

-- Logs tries, and what became of their deliveries. `p_places`: by the number of its run each, where its delivery lies, locked by
-- whoever asks; null for one that is not to be noted. Rows are found by their place alone: a plan that is kept from when the
-- table was empty would go through it.
CREATE FUNCTION log_tries(p_tenant uuid, p_runs jsonb, p_places tid[]) RETURNS void LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_indexscan = off SET enable_bitmapscan = off
SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
BEGIN
  PERFORM at_a_door();
  WITH tried AS MATERIALIZED (
    SELECT DISTINCT ON (p_places[r.nth]) r.*, p_places[r.nth] AS place FROM ROWS FROM (jsonb_to_recordset(p_runs) AS (delivery uuid, number int, at timestamptz,
      duration_ms int, http_status int, error text, answer bytea, outcome text, next_at timestamptz, gave_up uuid[])) WITH ORDINALITY
      AS r(delivery, number, at, duration_ms, http_status, error, answer, outcome, next_at, gave_up, nth)
    WHERE p_places[r.nth] IS NOT NULL
    -- Of one hand-out that ran twice, what arrived counts.
    ORDER BY p_places[r.nth], (r.outcome = 'delivered') DESC
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

-- Settles lanes by where their rows of the outbox lie, locked by whoever asks, null for one that is not to be settled: those of which
-- nothing is pending (`p_next_at` is null) are gone, the others are due then. Found by place alone, as above.
CREATE FUNCTION settle_lanes(p_now timestamptz, p_places tid[], p_next_at timestamptz[]) RETURNS TABLE (lane uuid, due_at timestamptz)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_indexscan = off
SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
BEGIN
  PERFORM at_a_door();
  DELETE FROM outbox o USING unnest(p_places, p_next_at) AS l(place, next_at)
  WHERE o.ctid = l.place AND l.next_at IS NULL AND o.again_at IS NULL;
  RETURN QUERY
    UPDATE outbox o SET leased_until = NULL, again_at = NULL, failures = 0, last_problem = NULL,
      due_at = least(o.again_at, coalesce(l.next_at, CASE WHEN o.again_at IS NULL THEN p_now END))
    FROM unnest(p_places, p_next_at) AS l(place, next_at) WHERE o.ctid = l.place RETURNING o.subject_id, o.due_at;
END $$;

CREATE OR REPLACE FUNCTION record_attempts(p_groups jsonb, p_rules jsonb) RETURNS TABLE (tenant uuid, lane uuid, due_at timestamptz)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
  g record;
  w record;
  e webhook_endpoints;
  touched uuid[];
  standing uuid[];
  lanes uuid[];
  lane_at tid[];
  delivery_at tid[];
  next_at timestamptz[];
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

    -- By the number of its run each, where its row of the outbox lies and its delivery; null for a run that was overtaken.
    -- Whatever PostgreSQL believes of the tables, no look goes through a whole backlog. Locked by now, both stay there.
    SELECT array_agg(s.lane) FILTER (WHERE s.lane_at IS NOT NULL), array_agg(s.lane ORDER BY s.nth), array_agg(s.lane_at ORDER BY s.nth), array_agg(s.delivery_at ORDER BY s.nth)
    INTO standing, lanes, lane_at, delivery_at FROM (
      SELECT r.nth, r.lane, o.place AS lane_at, d.place AS delivery_at FROM (
        SELECT x.* FROM ROWS FROM (jsonb_to_recordset(g.runs) AS (lane uuid, outbox_id uuid, hand_out int, delivery uuid)) WITH ORDINALITY
          AS x(lane, outbox_id, hand_out, delivery, nth) ORDER BY x.lane) r
      LEFT JOIN LATERAL (
        SELECT x.ctid AS place, x.hand_outs, x.id FROM outbox x
        WHERE x.job = 'deliver-webhook' AND x.tenant_id = g.tenant AND x.subject_id BETWEEN r.lane AND r.lane
        ORDER BY x.subject_id LIMIT 1 FOR UPDATE) o ON o.hand_outs = r.hand_out AND o.id = r.outbox_id
      LEFT JOIN LATERAL (
        SELECT x.ctid AS place FROM webhook_deliveries x
        WHERE x.tenant_id = g.tenant AND x.id BETWEEN r.delivery AND r.delivery AND o.place IS NOT NULL
        ORDER BY x.id LIMIT 1 FOR UPDATE) d ON true) s;
    CONTINUE WHEN standing IS NULL;
    PERFORM log_tries(g.tenant, g.runs, delivery_at);

    IF cardinality(touched) > 0 THEN
      FOR w IN
        SELECT r.endpoint AS id, count(*) FILTER (WHERE r.outcome = 'delivered') AS good, count(*) FILTER (WHERE r.outcome <> 'delivered') AS bad,
          bool_or(r.slows) AS slows, bool_or(r.gone) AS gone, min(r.at) AS first_at, max(r.rest_until) AS rest_until
        FROM ROWS FROM (jsonb_to_recordset(g.runs) AS (endpoint uuid, outcome text, slows boolean, gone boolean, at timestamptz,
          rest_until timestamptz)) WITH ORDINALITY AS r(endpoint, outcome, slows, gone, at, rest_until, nth)
        WHERE r.endpoint = ANY (touched) AND lane_at[r.nth] IS NOT NULL GROUP BY 1
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
    -- By the number of its run, when what is next in its lane is due.
    next_at := ARRAY(
      SELECT (
        SELECT coalesce(d.next_at, g.now) FROM webhook_deliveries d
        WHERE d.tenant_id = g.tenant AND d.lane BETWEEN l.lane AND l.lane AND d.status || '' = 'pending'
        ORDER BY d.lane, d.sequence, d.id LIMIT 1)
      FROM unnest(lanes) WITH ORDINALITY AS l(lane, nth) ORDER BY l.nth);
    RETURN QUERY SELECT g.tenant, s.lane, s.due_at FROM settle_lanes(g.now, lane_at, next_at) AS s;

    CONTINUE WHEN tend = '{}';
    RETURN QUERY
      SELECT g.tenant, NULL::uuid, t.due FROM (
        SELECT owe('tend-webhook-endpoint', g.tenant, x.key::uuid, x.value::timestamptz, g.now), x.value::timestamptz AS due
        FROM (SELECT * FROM jsonb_each_text(tend) ORDER BY 1) x OFFSET 0) t;
  END LOOP;
END $$;
