#!/bin/sh
# Backs up the hub's database into one file, while the hub runs. ops/restore.sh brings it back; docs/runbook.md says when.
#
#   PGHOST=db.example PGUSER=postgres ops/backup.sh <database> <file>
#
# libpq's own variables say where and as whom (PGPASSFILE, PGSSLMODE, …). It must be a superuser or a role that may bypass row
# policies: to everybody else, the hub's own login too, a tenant's rows are not there.
# The keys are not in it (HUB_SEALING_KEYS, the keystore's): keep a copy of them, and never beside this file.
set -eu

if [ $# -ne 2 ]; then
  sed -n '2,4p' "$0" | sed 's/^# \{0,1\}//' >&2
  exit 2
fi
database=$1
file=$2
umask 077

ask() { psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 --dbname="$database" --command="$1"; }

if [ "$(ask "select rolsuper or rolbypassrls from pg_roles where rolname = current_user")" != t ]; then
  echo "$(ask 'select current_user') sees no tenant's rows: back up as a superuser, or as a role with BYPASSRLS and pg_read_all_data" >&2
  exit 1
fi
if [ -e "$file" ]; then
  echo "$file is there already" >&2
  exit 1
fi

# Queues are a corridor, and the backlog is in the hub's own tables: what BullMQ keeps would be out of date when it comes back.
trap 'rm -f "$file.part"' EXIT
pg_dump --format=custom --exclude-schema=bullmq --file="$file.part" "$database"
pg_restore --list "$file.part" >/dev/null
mv "$file.part" "$file"
echo "$file: $(wc -c <"$file") bytes of $database, $(ask 'select count(*) from tenants') tenants, up to $(ask 'select max(at) from audit')"
