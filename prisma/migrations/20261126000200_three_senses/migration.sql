-- AlterTable
ALTER TABLE "consents" ADD COLUMN     "expiring_told_at" TIMESTAMPTZ(3),
ADD COLUMN     "hurried_at" TIMESTAMPTZ(3),
ADD COLUMN     "turn_at" TIMESTAMPTZ(3),
ADD COLUMN     "turns_left" INTEGER;


-- From here on what Prisma's schema cannot say.

-- As before, and when the tenant was told that it ends soon.
CREATE OR REPLACE FUNCTION change_consent(p_tenant uuid, p_seen int, p_consent jsonb, p_owed jsonb, p_events jsonb, p_now timestamptz)
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM at_a_door(), set_config('hub.tenant', p_tenant::text, true);
  UPDATE consents c SET status = n.status, version = n.version, approval_url = n."approvalUrl", upstream = n.upstream,
    problem = n.problem, blocked_on = n."blockedOn", updated_at = n."updatedAt", requested_at = n."requestedAt",
    consented_at = n."consentedAt", expiring_told_at = n."expiringToldAt", ended_at = n."endedAt"
  FROM jsonb_to_record(p_consent) AS n(id uuid, status consent_status, version int, "approvalUrl" text, upstream text, problem jsonb,
    "blockedOn" uuid, "updatedAt" timestamptz, "requestedAt" timestamptz, "consentedAt" timestamptz, "expiringToldAt" timestamptz,
    "endedAt" timestamptz)
  WHERE c.tenant_id = p_tenant AND c.id = n.id AND c.version = p_seen;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  PERFORM owe(o.job, p_tenant, o.subject, o.due, p_now) FROM jsonb_to_recordset(p_owed) AS o(job text, subject uuid, due timestamptz);
  PERFORM append_events(p_tenant, p_now, p_events);
  RETURN true;
END $$;

-- Null when this consent may be read now; else when to ask again. A read takes a turn in each lane, one after the other: the
-- next is taken when the moment of the one before has come, so that nobody holds a place where others could go meanwhile.
-- The moment, and how many lanes are still to come, stand with the consent: whoever comes again takes no second turn. `at
-- once` takes what turns are left and waits for none. Lanes are always locked in the order of the list.
CREATE FUNCTION take_read_turns(p_tenant uuid, p_id uuid, p_now timestamptz, p_near_ms float8, p_lanes jsonb, p_at_once boolean)
RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE
  near timestamptz := p_now + p_near_ms * interval '1 millisecond';
  many int := jsonb_array_length(p_lanes);
  remaining int;
  moment timestamptz;
  lane jsonb;
BEGIN
  PERFORM at_a_door(), set_config('hub.tenant', p_tenant::text, true);
  SELECT turn_at, least(coalesce(turns_left, many), many) INTO moment, remaining FROM consents
  WHERE tenant_id = p_tenant AND id = p_id FOR UPDATE;
  IF NOT FOUND OR (moment > near AND NOT p_at_once) THEN
    RETURN moment;
  END IF;
  WHILE remaining > 0 LOOP
    lane := p_lanes -> (many - remaining);
    remaining := remaining - 1;
    moment := take_turn((lane->>'whose')::uuid, lane->>'name', p_now, (lane->>'everyMs')::float8);
    EXIT WHEN moment > near AND NOT p_at_once;
  END LOOP;
  PERFORM set_config('hub.tenant', p_tenant::text, true);
  IF moment > near AND NOT p_at_once THEN
    UPDATE consents SET turn_at = moment, turns_left = remaining WHERE tenant_id = p_tenant AND id = p_id;
    RETURN moment;
  END IF;
  UPDATE consents SET turn_at = NULL, turns_left = NULL, hurried_at = CASE WHEN p_at_once THEN p_now ELSE hurried_at END
  WHERE tenant_id = p_tenant AND id = p_id AND (p_at_once OR turn_at IS NOT NULL);
  RETURN NULL;
END $$;
