-- CreateTable
CREATE TABLE "paces" (
    "tenant_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "paced_until" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "paces_pkey" PRIMARY KEY ("tenant_id","name")
);


-- From here on what Prisma's schema cannot say.

ALTER TABLE paces ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_door ON paces TO hub_tenant USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
CREATE POLICY operator_door ON paces TO hub_operator USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON paces TO hub_tenant, hub_operator;

-- The next free moment of a pace (the hub's clock), not before `p_now`, which is then taken; the one after it is `p_every_ms`
-- later. Whoever takes one either goes at that moment or lets it pass. Where more than `p_most` are given away, a clock was wrong, and
-- they begin anew: others would wait for its time to come true.
CREATE FUNCTION take_turn(p_tenant uuid, p_name text, p_now timestamptz, p_every_ms float8, p_most int DEFAULT NULL)
RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE
  every CONSTANT interval := p_every_ms * interval '1 millisecond';
  taken timestamptz;
BEGIN
  PERFORM at_a_door(), set_config('hub.tenant', p_tenant::text, true);
  INSERT INTO paces AS p (tenant_id, name, paced_until) VALUES (p_tenant, p_name, p_now + every)
  ON CONFLICT (tenant_id, name) DO UPDATE
    SET paced_until = CASE WHEN p.paced_until > p_now + p_most * every THEN p_now ELSE greatest(p.paced_until, p_now) END + every
  RETURNING paced_until - every INTO taken;
  RETURN taken;
END $$;
