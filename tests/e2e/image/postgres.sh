#!/bin/bash
# What the official image's entrypoint does, as far as compose.yaml asks for it.
set -euo pipefail
data=/var/lib/postgresql/data
if [ "$(id -u)" = 0 ]; then
  chown postgres "$data"
  exec setpriv --reuid postgres --regid postgres --init-groups "$0"
fi
if [ ! -s "$data/PG_VERSION" ]; then
  initdb --pgdata "$data" --username "$POSTGRES_USER" --auth-host scram-sha-256 --auth-local trust --pwfile <(echo "$POSTGRES_PASSWORD") >/dev/null
  echo "host all all all scram-sha-256" >>"$data/pg_hba.conf"
  pg_ctl --pgdata "$data" --wait --options "-c listen_addresses=''" start >/dev/null
  createdb --username "$POSTGRES_USER" "$POSTGRES_DB" 2>/dev/null || true
  pg_ctl --pgdata "$data" --wait --mode fast stop >/dev/null
fi
exec postgres -D "$data" -c listen_addresses='*'
