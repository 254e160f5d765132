#!/bin/sh
# Brings a backup of ops/backup.sh back, as a new database beside whatever is there. Stop every process of the hub first.
#
#   PGHOST=db.example PGUSER=postgres ops/restore.sh <file> <new database> [<owner, hub unless said>]
#
# As a superuser. Says at the end up to when it goes, and what is to be done: docs/runbook.md has the rest.
set -eu

if [ $# -lt 2 ] || [ $# -gt 3 ]; then
  sed -n '2,4p' "$0" | sed 's/^# \{0,1\}//' >&2
  exit 2
fi
file=$1
database=$2
owner=${3:-hub}

on() {
  psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 --set=owner="$owner" --set=database="$database" --dbname="$1"
}

pg_restore --list "$file" >/dev/null
if [ "$(echo "select count(*) from pg_database where datname = :'database'" | on postgres)" != 0 ]; then
  echo "There is a database $database already. Restore beside it, and let DATABASE_URL decide which one is used." >&2
  exit 1
fi
if [ "$(echo "select count(*) from pg_roles where rolname = :'owner'" | on postgres)" != 1 ]; then
  echo "The login $owner is not there. Make it: CREATE ROLE $owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD '…';" >&2
  exit 1
fi

# Roles belong to the server and not to a database: on another server they are not there.
on postgres <<'SQL'
SET client_min_messages = warning;
SELECT format('CREATE ROLE %I NOLOGIN NOINHERIT', name) FROM unnest(ARRAY['hub_tenant', 'hub_operator']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
SELECT current_setting('server_version_num')::int >= 160000 AS is_new \gset
\if :is_new
GRANT hub_tenant, hub_operator TO :"owner" WITH INHERIT FALSE, SET TRUE;
\else
GRANT hub_tenant, hub_operator TO :"owner";
ALTER ROLE :"owner" NOINHERIT;
\endif
CREATE DATABASE :"database" OWNER :"owner" TEMPLATE template0 ENCODING 'UTF8';
SQL

on "$database" <<'SQL'
GRANT USAGE, CREATE ON SCHEMA public TO :"owner";
SQL

# Whoever owned it before: the owner is the login the hub uses now, which the policies bind like everybody.
pg_restore --exit-on-error --no-owner --role="$owner" --jobs=2 --dbname="$database" "$file"

on "$database" <<'SQL'
\set QUIET on
BEGIN;
-- Whoever held work is gone: it is handed out again at once. Far from any number that a queue may still hold of later work.
UPDATE outbox SET leased_until = NULL, hand_outs = hand_outs + 100000;
UPDATE tokens SET leased_until = NULL;
COMMIT;
ANALYZE;
\pset format unaligned
SELECT 'restored: ' || (SELECT count(*) FROM tenants) || ' tenants, ' || (SELECT count(*) FROM consents) || ' consents, '
  || (SELECT count(*) FROM outbox) || ' pieces of work owed; the newest entry of the audit is of ' || coalesce((SELECT max(at)::text FROM audit), 'never')
  || ', the newest event of ' || coalesce((SELECT max(timestamp)::text FROM events), 'never');
SQL
cat <<EOF_SAID

Nothing that happened after that is in it. Before the hub is started on it:
  1. Empty Redis, where the queues live there: redis-cli -u "\$REDIS_URL" --scan --pattern '{hub}*' | xargs redis-cli -u "\$REDIS_URL" unlink
  2. DATABASE_URL=…/$database, then \`hub migrate\` and \`hub doctor\`.
  3. Revoke again the keys, and suspend or off-board again the tenants, that were revoked, suspended or off-boarded since;
     put back the public keys and networks of apps that were changed since, and withdraw again their invitations.
  4. Read "After a restore to an earlier time" in docs/runbook.md: tenants must be told.
EOF_SAID
