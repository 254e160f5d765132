-- Claims by plans that are kept, and deliveries with ids that lie together.

-- A UUIDv7 (RFC 9562): ids that were made one after the other stand side by side in every index that has them, and what is made,
-- looked up and changed together lies on few pages. PostgreSQL has one of its own from 18 on.
CREATE FUNCTION uuid_of_now() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
  SELECT (lpad(to_hex(floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '7' || substr(gen_random_uuid()::text, 16))::uuid
$$;

-- As before (20261126000400), but for the ids.
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
    SELECT uuid_of_now() AS id, w.id AS endpoint_id, t.sequence, t.consent_id,
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

-- Leases rows of the outbox by where they lie, in the turns that `claim_by_turns` found for them, as many as have a place; one that
-- moved meanwhile, or that somebody else holds, is passed over. Found by place alone, so that a plan can be kept: made anew for each
-- claim, it took longer than many of the leases.
CREATE FUNCTION lease_rows(p_job text, p_now timestamptz, p_lease_ms int, p_room int, p_per_free float8, p_after uuid, p_held jsonb,
  p_tenants uuid[], p_turns int[], p_places tid[], OUT hand_outs json, OUT many int)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_indexscan = off SET enable_bitmapscan = off
SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
BEGIN
  PERFORM at_a_door();
  WITH lined AS (
    SELECT c.place, c.level, row_number() OVER (ORDER BY c.level, c.is_past, c.tenant_id) AS nth FROM (
      SELECT t.tenant_id, t.place, t.turn + coalesce((p_held ->> t.tenant_id::text)::int, 0) AS level,
        coalesce(t.tenant_id <= p_after, false) AS is_past
      FROM unnest(p_tenants, p_turns, p_places) AS t(tenant_id, turn, place)) c
  ), chosen AS MATERIALIZED (
    SELECT l.place, l.nth FROM lined l WHERE l.nth <= p_room AND (l.level = 1 OR l.level <= p_per_free * (p_room - l.nth + 1))
  ), locked AS MATERIALIZED (
    SELECT o.ctid AS place, c.nth FROM chosen c JOIN outbox o ON o.ctid = c.place
    WHERE (o.job = p_job AND o.due_at <= p_now AND (o.leased_until IS NULL OR o.leased_until < clock_timestamp())) IS TRUE
    FOR UPDATE OF o SKIP LOCKED
  ), leased AS (
    UPDATE outbox o SET leased_until = clock_timestamp() + p_lease_ms * interval '1 millisecond', hand_outs = o.hand_outs + 1, again_at = NULL
    FROM locked l WHERE o.ctid = l.place
    RETURNING l.nth, o.id, o.tenant_id, o.subject_id, o.hand_outs, o.failures
  )
  -- Ids and numbers, with nothing in them to be escaped: as objects they took longer than the leases.
  SELECT ('[' || coalesce(string_agg('{"outboxId":"' || l.id || '","tenantId":"' || l.tenant_id || '","subjectId":"' || l.subject_id
    || '","handOut":' || l.hand_outs || ',"failures":' || l.failures || '}', ',' ORDER BY l.nth), '') || ']')::json, count(*)
  INTO hand_outs, many FROM leased l;
END $$;

-- What `claim_work` does (20261126000500), and by its rules, but by plans that are kept, with its last step in a function of its own; of what
-- was handed out a moment ago it is told each tenant once, and how many. Under another name, since its result is of another type, and
-- workers of the version before have prepared for the one it was.
CREATE FUNCTION claim_by_turns(p_job text, p_now timestamptz, p_lease_ms int, p_places int, p_per_free float8, p_after uuid,
  p_tenants uuid[], p_subjects uuid[], p_hand_outs int[], p_young uuid[], p_young_many int[],
  OUT hand_outs json, OUT standing uuid[], OUT is_left boolean, OUT next_ms float8)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off
  SET enable_sort = off SET enable_incremental_sort = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
DECLARE
  look CONSTANT int := 256;
  held jsonb;
  owners uuid[];
  taken int;
  room int;
  most int; -- that one tenant could have out after this
  tenants uuid[];
  turns int[];
  places tid[];
  crowded boolean := false;
  seen uuid := p_after;
  is_past boolean := p_after IS NULL;
  is_due boolean;
  is_out boolean;
  firsts int := 0;
  leased int := 0;
BEGIN
  PERFORM at_a_door();
  SELECT coalesce(array_agg(s.id), '{}'), coalesce(array_agg(s.tenant_id), '{}') INTO standing, owners
  FROM unnest(p_tenants, p_subjects, p_hand_outs) AS m(tenant_id, subject_id, hand_outs)
  CROSS JOIN LATERAL (
    SELECT o.id, o.tenant_id, o.subject_id, o.hand_outs, o.leased_until FROM outbox o
    WHERE o.job = p_job AND o.tenant_id = m.tenant_id AND o.subject_id >= m.subject_id ORDER BY o.subject_id LIMIT 1) s
  WHERE s.subject_id = m.subject_id AND s.hand_outs = m.hand_outs AND s.leased_until > clock_timestamp();
  SELECT coalesce(jsonb_object_agg(h.tenant_id, h.many), '{}'), coalesce(sum(h.many), 0) INTO held, taken FROM (
    SELECT t.tenant_id, sum(t.many)::int AS many FROM (
      SELECT w.tenant_id, 1 FROM unnest(owners) AS w(tenant_id)
      UNION ALL SELECT y.tenant_id, y.many FROM unnest(p_young, p_young_many) AS y(tenant_id, many)) AS t(tenant_id, many)
    GROUP BY 1) h;
  room := greatest(0, p_places - taken);
  most := floor(p_per_free * room);
  hand_outs := '[]';
  is_left := room = 0;

  IF room > 0 THEN
    PERFORM 1 FROM outbox o
    WHERE o.job || '' = p_job AND o.due_at <= p_now AND (o.leased_until IS NULL OR o.leased_until < clock_timestamp())
    ORDER BY o.job || '', o.due_at OFFSET look LIMIT 1;
    crowded := FOUND;
    IF crowded THEN
      tenants := '{}';
      LOOP
        -- Each look answers the next tenant and its oldest row.
        IF seen IS NULL THEN
          SELECT o.tenant_id, o.due_at <= p_now, o.leased_until > clock_timestamp() INTO seen, is_due, is_out FROM outbox o
          WHERE o.job || '' = p_job ORDER BY o.job || '', o.tenant_id, o.due_at LIMIT 1;
        ELSE
          SELECT o.tenant_id, o.due_at <= p_now, o.leased_until > clock_timestamp() INTO seen, is_due, is_out FROM outbox o
          WHERE o.job || '' = p_job AND o.tenant_id > seen ORDER BY o.job || '', o.tenant_id, o.due_at LIMIT 1;
        END IF;
        EXIT WHEN is_past AND (seen IS NULL OR seen > p_after);
        IF seen IS NULL THEN
          is_past := true; -- from the first one on, up to where the round began
        ELSIF is_due THEN
          tenants := tenants || seen;
          IF NOT held ? seen::text AND is_out IS NOT TRUE THEN firsts := firsts + 1; END IF;
        END IF;
        -- So many first rows leave no place for any other.
        EXIT WHEN firsts >= room;
      END LOOP;
      SELECT array_agg(d.tenant_id), array_agg(d.turn), array_agg(d.place) INTO tenants, turns, places
      FROM unnest(tenants) AS w(tenant_id) CROSS JOIN LATERAL (
        SELECT s.tenant_id, s.place, row_number() OVER (ORDER BY s.due_at)::int AS turn FROM (
          SELECT o.tenant_id, o.due_at, o.ctid AS place FROM outbox o
          WHERE o.job || '' = p_job AND o.tenant_id >= w.tenant_id AND (o.tenant_id, o.due_at) <= (w.tenant_id, p_now)
            AND (o.leased_until IS NULL OR o.leased_until < clock_timestamp())
          ORDER BY o.job || '', o.tenant_id, o.due_at LIMIT least(ceil(room * 4.0 / cardinality(tenants))::int,
            CASE WHEN held ? w.tenant_id::text THEN greatest(0, most - (held ->> w.tenant_id::text)::int) ELSE greatest(1, most) END)) s) d;
    ELSE
      SELECT array_agg(d.tenant_id), array_agg(d.turn), array_agg(d.place) INTO tenants, turns, places FROM (
        SELECT f.tenant_id, f.place, row_number() OVER (PARTITION BY f.tenant_id ORDER BY f.due_at)::int AS turn FROM (
          SELECT o.tenant_id, o.due_at, o.ctid AS place FROM outbox o
          WHERE o.job || '' = p_job AND o.due_at <= p_now AND (o.leased_until IS NULL OR o.leased_until < clock_timestamp())
          ORDER BY o.job || '', o.due_at LIMIT look) f) d;
    END IF;

    IF tenants IS NOT NULL THEN
      SELECT l.hand_outs, l.many INTO hand_outs, leased
      FROM lease_rows(p_job, p_now, p_lease_ms, room, p_per_free, p_after, held, tenants, turns, places) l;
    END IF;
    is_left := crowded OR coalesce(cardinality(tenants), 0) > leased;
  END IF;

  SELECT extract(epoch FROM o.due_at - p_now) * 1000 INTO next_ms FROM outbox o
  WHERE o.job || '' = p_job AND o.due_at > p_now ORDER BY o.job || '', o.due_at LIMIT 1;
END $$;

-- For workers of the version before: as they ask, and what they take for an answer.
CREATE OR REPLACE FUNCTION claim_work(p_job text, p_now timestamptz, p_lease_ms int, p_places int, p_per_free float8, p_after uuid,
  p_tenants uuid[], p_subjects uuid[], p_hand_outs int[], p_young uuid[],
  OUT hand_outs jsonb, OUT standing uuid[], OUT is_left boolean, OUT next_ms float8) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM at_a_door();
  SELECT c.hand_outs::jsonb, c.standing, c.is_left, c.next_ms INTO hand_outs, standing, is_left, next_ms
  FROM claim_by_turns(p_job, p_now, p_lease_ms, p_places, p_per_free, p_after, p_tenants, p_subjects, p_hand_outs,
    p_young, array_fill(1, ARRAY[cardinality(p_young)])) c;
END $$;
