-- AlterTable
ALTER TABLE "tenant_counters" ADD COLUMN     "first_sequence" BIGINT NOT NULL DEFAULT 1;


-- From here on what Prisma's schema cannot say.

-- Tenants' changes raise the number of the newest event; which one is the oldest is none of theirs.
REVOKE UPDATE ON tenant_counters FROM hub_tenant;
GRANT UPDATE (last_sequence) ON tenant_counters TO hub_tenant;

-- Events after a number, in order, beside the numbers of the oldest kept and of the newest: one statement and so one moment,
-- in which what was dropped cannot be taken for what has not happened. One row without an event where there is none.
CREATE FUNCTION read_events(p_tenant uuid, p_after bigint, p_most int)
RETURNS TABLE (oldest bigint, newest bigint, sequence bigint, id uuid, type text, "timestamp" timestamptz, data jsonb) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM at_a_door(), set_config('hub.tenant', p_tenant::text, true);
  RETURN QUERY
    SELECT c.first_sequence, c.last_sequence, e.sequence, e.id, e.type, e.timestamp, e.data
    FROM tenant_counters c LEFT JOIN LATERAL (
      SELECT x.* FROM events x WHERE x.tenant_id = p_tenant AND x.sequence > p_after ORDER BY x.sequence LIMIT p_most
    ) e ON true
    WHERE c.tenant_id = p_tenant ORDER BY e.sequence;
END $$;

-- Events stay as they were written, and go from the oldest end alone, once they are older than is agreed. Whoever deletes
-- some otherwise is refused; the number of the oldest kept follows in the same statement, so that no hole can come.
CREATE FUNCTION only_oldest_events_go() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  older_than timestamptz := nullif(current_setting('hub.events_before', true), '')::timestamptz;
  g record;
BEGIN
  IF older_than IS NULL THEN
    RAISE EXCEPTION 'events go by drop_events alone' USING ERRCODE = 'insufficient_privilege';
  END IF;
  FOR g IN SELECT tenant_id, min(sequence) AS oldest, max(sequence) AS newest, count(*) AS many, max(timestamp) AS youngest
    FROM gone GROUP BY tenant_id
  LOOP
    UPDATE tenant_counters SET first_sequence = g.newest + 1
    WHERE tenant_id = g.tenant_id AND first_sequence = g.oldest AND g.newest - g.oldest + 1 = g.many AND g.youngest < older_than;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'events % to % are not the oldest of their tenant, or too young to go', g.oldest, g.newest
        USING ERRCODE = 'insufficient_privilege';
    END IF;
  END LOOP;
  RETURN NULL;
END $$;
CREATE TRIGGER only_oldest_events_go AFTER DELETE ON events REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION only_oldest_events_go();
GRANT DELETE ON events TO hub_operator;

-- So many of a tenant's oldest events at most, where they are older than `p_before`, with their deliveries, every try of
-- those, and the work they still owe. Never within seven days of `p_now`: replay and retries need them. The events go last:
-- their trigger takes the counter's row, which writers wait for.
CREATE FUNCTION drop_events(p_tenant uuid, p_before timestamptz, p_now timestamptz, p_most int)
RETURNS TABLE (events int, webhook_deliveries int, webhook_attempts int) LANGUAGE plpgsql AS $$
DECLARE
  first bigint;
  last bigint;
BEGIN
  PERFORM at_a_door(), set_config('hub.tenant', p_tenant::text, true);
  IF p_before > p_now - interval '7 days' THEN
    RAISE EXCEPTION 'events are kept for seven days at least' USING ERRCODE = 'insufficient_privilege';
  END IF;
  PERFORM pg_advisory_xact_lock(hashtext('drop_events'), hashtext(p_tenant::text));
  SELECT c.first_sequence INTO first FROM tenant_counters c WHERE c.tenant_id = p_tenant;
  -- A clock may have been set back between two events: what stands behind a younger one waits for it.
  SELECT coalesce(min(o.sequence) FILTER (WHERE o.timestamp >= p_before) - 1, max(o.sequence)) INTO last FROM (
    SELECT e.sequence, e.timestamp FROM events e WHERE e.tenant_id = p_tenant AND e.sequence >= first ORDER BY e.sequence LIMIT p_most
  ) o;
  events := 0;
  webhook_deliveries := 0;
  webhook_attempts := 0;
  IF last >= first THEN
    -- Endpoint by endpoint along their index: also those of endpoints that were removed, and none that stays is looked at.
    WITH RECURSIVE sent_to AS (
      (SELECT w.endpoint_id FROM webhook_deliveries w WHERE w.tenant_id = p_tenant ORDER BY w.endpoint_id LIMIT 1)
      UNION ALL
      SELECT (SELECT w.endpoint_id FROM webhook_deliveries w WHERE w.tenant_id = p_tenant AND w.endpoint_id > s.endpoint_id
              ORDER BY w.endpoint_id LIMIT 1)
      FROM sent_to s WHERE s.endpoint_id IS NOT NULL
    ), gone AS (
      DELETE FROM webhook_deliveries w USING sent_to s
      WHERE w.tenant_id = p_tenant AND w.endpoint_id = s.endpoint_id AND w.sequence <= last RETURNING w.id, w.lane
    ), tries AS (
      DELETE FROM webhook_attempts a USING gone g WHERE a.tenant_id = p_tenant AND a.delivery_id = g.id RETURNING 1
    ), owed AS (
      DELETE FROM outbox o USING gone g WHERE o.job = 'deliver-webhook' AND o.tenant_id = p_tenant AND o.subject_id = g.lane
        AND (o.leased_until IS NULL OR o.leased_until < clock_timestamp())
        AND NOT EXISTS (SELECT FROM webhook_deliveries d
          WHERE d.tenant_id = p_tenant AND d.lane = g.lane AND d.status = 'pending' AND d.sequence > last)
    )
    SELECT (SELECT count(*) FROM gone), (SELECT count(*) FROM tries) INTO webhook_deliveries, webhook_attempts;
    PERFORM set_config('hub.events_before', p_before::text, true);
    DELETE FROM events e WHERE e.tenant_id = p_tenant AND e.sequence BETWEEN first AND last;
    GET DIAGNOSTICS events = ROW_COUNT;
    PERFORM set_config('hub.events_before', '', true);
  END IF;
  RETURN NEXT;
END $$;
