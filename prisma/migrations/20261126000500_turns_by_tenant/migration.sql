-- DropIndex
DROP INDEX "outbox_job_due_at_idx";

-- DropIndex
DROP INDEX "outbox_job_tenant_id_due_at_idx";


-- From here on what Prisma's schema cannot say.

-- Plans are kept, and may have been made when the table was empty: then each index looks as good as another, and a row looked up by
-- its key by way of its tenant's due times costs a read of that tenant's whole backlog. So these two are for those alone who ask
-- for them, by writing their first column as it stands here (where rows are wanted in order, in the order too: behind row policies
-- PostgreSQL does not conclude that it is one value); all others find the primary key.
CREATE INDEX outbox_turns_idx ON outbox ((job || ''), tenant_id, due_at);
CREATE INDEX outbox_due_idx ON outbox ((job || ''), due_at);

-- Leases due work of one job to a relay that has `p_places` places, by turns over tenants. What the relay has handed out is
-- told to it in three lists; what of that still stands (not settled by whoever ran it, lease not ended) holds a place. What
-- it handed out a moment ago is not looked at, and holds one too: `p_young` names the tenant of each.
--
-- A tenant's next row goes at the level of rows it would then have out: all first rows before all second ones, and within a
-- level round the tenants from the one after `p_after`. The first row of a tenant may take any free place; each further one
-- only while the tenant would have out no more than `p_per_free` for each place that is free. So one tenant alone leaves a
-- part of the places free, several together leave less, and there is room for another as long as they are fewer than the places.
--
-- `is_left`: work that is due was left, for want of a place or for its tenant's share. `next_ms`: when more falls due.
-- With few rows due all are looked at; with a backlog, tenants are found one by one along the index, no more than could get
-- a place, and each shows no more of its oldest rows than it could get.
--
-- Between those two indexes, an order is asked for that one of them alone has, and sorting is said to be dear.
CREATE FUNCTION claim_work(p_job text, p_now timestamptz, p_lease_ms int, p_places int, p_per_free float8, p_after uuid,
  p_tenants uuid[], p_subjects uuid[], p_hand_outs int[], p_young uuid[],
  OUT hand_outs jsonb, OUT standing uuid[], OUT is_left boolean, OUT next_ms float8)
LANGUAGE plpgsql SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off SET enable_incremental_sort = off
  SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
DECLARE
  look CONSTANT int := 256;
  held jsonb;
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
BEGIN
  PERFORM at_a_door();
  SELECT coalesce(array_agg(id) FILTER (WHERE id IS NOT NULL), '{}'), coalesce(jsonb_object_agg(tenant_id, many) FILTER (WHERE nth = 1), '{}')
  INTO standing, held FROM (
    SELECT s.id, s.tenant_id, count(*) OVER (PARTITION BY s.tenant_id) AS many, row_number() OVER (PARTITION BY s.tenant_id) AS nth
    FROM (
      SELECT s.id, s.tenant_id FROM unnest(p_tenants, p_subjects, p_hand_outs) AS m(tenant_id, subject_id, hand_outs)
      CROSS JOIN LATERAL (
        SELECT o.id, o.tenant_id, o.subject_id, o.hand_outs, o.leased_until FROM outbox o
        WHERE o.job = p_job AND o.tenant_id = m.tenant_id AND o.subject_id >= m.subject_id ORDER BY o.subject_id LIMIT 1) s
      WHERE s.subject_id = m.subject_id AND s.hand_outs = m.hand_outs AND s.leased_until > clock_timestamp()
      UNION ALL SELECT NULL, y.tenant_id FROM unnest(p_young) AS y(tenant_id)) s) m;
  room := greatest(0, p_places - cardinality(standing) - cardinality(p_young));
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
      -- Planned anew each time, since no order forces its plan: it finds rows by where they lie, and what moved is passed over.
      EXECUTE $lease$
        WITH candidate AS (
          SELECT c.tenant_id, c.place, c.turn + coalesce(($4 ->> c.tenant_id::text)::int, 0) AS level
          FROM unnest($1, $2, $3) AS c(tenant_id, turn, place)
        ), lined AS (
          SELECT c.*, row_number() OVER (ORDER BY c.level, coalesce(c.tenant_id <= $5, false), c.tenant_id) AS nth FROM candidate c
        ), chosen AS MATERIALIZED (
          SELECT l.place, l.nth FROM lined l WHERE l.nth <= $6 AND (l.level = 1 OR l.level <= $7 * ($6 - l.nth + 1))
        ), locked AS MATERIALIZED (
          SELECT o.ctid AS place, c.nth FROM chosen c JOIN outbox o ON o.ctid = c.place
          WHERE (o.job = $8 AND o.due_at <= $9 AND (o.leased_until IS NULL OR o.leased_until < clock_timestamp())) IS TRUE
          FOR UPDATE OF o SKIP LOCKED
        ), leased AS (
          UPDATE outbox o SET leased_until = clock_timestamp() + $10 * interval '1 millisecond', hand_outs = o.hand_outs + 1, again_at = NULL
          FROM locked l WHERE o.ctid = l.place
          RETURNING l.nth, o.id, o.tenant_id, o.subject_id, o.hand_outs, o.failures
        )
        SELECT coalesce(jsonb_agg(jsonb_build_object('outboxId', l.id, 'tenantId', l.tenant_id, 'subjectId', l.subject_id,
          'handOut', l.hand_outs, 'failures', l.failures) ORDER BY l.nth), '[]') FROM leased l $lease$
      INTO hand_outs USING tenants, turns, places, held, p_after, room, p_per_free, p_job, p_now, p_lease_ms;
    END IF;
    is_left := crowded OR coalesce(cardinality(tenants), 0) > jsonb_array_length(hand_outs);
  END IF;

  SELECT extract(epoch FROM o.due_at - p_now) * 1000 INTO next_ms FROM outbox o
  WHERE o.job || '' = p_job AND o.due_at > p_now ORDER BY o.job || '', o.due_at LIMIT 1;
END $$;
