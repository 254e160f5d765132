-- AlterTable
ALTER TABLE "access" ADD COLUMN     "delegation_since" TIMESTAMPTZ(3),
ADD COLUMN     "grant_since" TIMESTAMPTZ(3),
ADD COLUMN     "granted_at" TIMESTAMPTZ(3),
ADD COLUMN     "own_problem" JSONB,
ADD COLUMN     "turn_at" TIMESTAMPTZ(3),
ADD COLUMN     "wanted_at" TIMESTAMPTZ(3);


-- From here on what Prisma's schema cannot say.

-- What is known stays told: who has access has had it since it was found.
UPDATE access SET grant_since = since, delegation_since = since;
UPDATE access SET granted_at = coalesce(checked_at, since) WHERE state = 'granted';

-- Scopes that tenants at work need for their services: Altinn's own, by generation (`{"altinn3": [scope], "altinn2": [scope]}`), and
-- that of the data where it is looked at.
CREATE FUNCTION needed_scopes(p_tenant uuid, p_service text, p_own jsonb) RETURNS TABLE (tenant_id uuid, scope text) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM at_a_door();
  RETURN QUERY
    SELECT DISTINCT t.id, n.scope FROM tenants t JOIN services s ON s.key = ANY (t.services)
    CROSS JOIN LATERAL (
      SELECT jsonb_array_elements_text(p_own -> s.generation) AS scope
      UNION SELECT s.data_scope WHERE s.check_data_access) n
    WHERE t.status = 'active' AND (p_tenant IS NULL OR t.id = p_tenant) AND (p_service IS NULL OR s.key = p_service);
END $$;

-- Each of those is owed a look, at once where there is none yet; with `p_all` also where one lies ahead. Answers how many.
CREATE FUNCTION owe_looks(p_tenant uuid, p_service text, p_own jsonb, p_all boolean, p_now timestamptz) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  many int;
BEGIN
  PERFORM at_a_door();
  INSERT INTO access (tenant_id, id, kind, name, state, since)
  SELECT n.tenant_id, gen_random_uuid(), 'scope', n.scope, 'unknown', p_now FROM needed_scopes(p_tenant, p_service, p_own) n
  ORDER BY 1, 4 ON CONFLICT DO NOTHING;
  PERFORM owe('probe-access', a.tenant_id, a.id, p_now, p_now) FROM (
    SELECT a.tenant_id, a.id FROM needed_scopes(p_tenant, p_service, p_own) n
    JOIN access a ON a.tenant_id = n.tenant_id AND a.kind = 'scope' AND a.name = n.scope
    WHERE p_all OR NOT EXISTS (
      SELECT FROM outbox o WHERE o.job = 'probe-access' AND o.tenant_id = a.tenant_id AND o.subject_id = a.id)
    ORDER BY a.tenant_id, a.id) a;
  GET DIAGNOSTICS many = ROW_COUNT;
  RETURN many;
END $$;

-- A turn at the pace of all looks at access. One that lies ahead is kept beside the access, so that no other is taken when it has come.
CREATE FUNCTION take_probe_turn(p_tenant uuid, p_access uuid, p_name text, p_now timestamptz, p_every_ms float8, p_most int)
RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE
  nobody CONSTANT uuid := '00000000-0000-0000-0000-000000000000';
  taken timestamptz;
BEGIN
  PERFORM at_a_door(), set_config('hub.tenant', p_tenant::text, true);
  -- The access before the pace: whoever holds the pace waits for nobody.
  PERFORM 1 FROM access WHERE tenant_id = p_tenant AND id = p_access FOR UPDATE;
  -- Whole milliseconds, and never earlier than the moment that was given.
  taken := date_trunc('milliseconds', take_turn(nobody, p_name, p_now, p_every_ms, p_most) + interval '999 microseconds');
  PERFORM set_config('hub.tenant', p_tenant::text, true);
  UPDATE access SET turn_at = CASE WHEN taken > p_now THEN taken END WHERE tenant_id = p_tenant AND id = p_access;
  RETURN taken;
END $$;
