# Sourced by tests: a PostgreSQL of the test's own, in the folder $postgres_folder, on a unix socket there; as nobody where the test is root.
# shellcheck shell=bash

postgres_programs=$(find /usr/lib/postgresql/*/bin/initdb 2>/dev/null | sort -V | tail -n 1)
postgres_programs=${postgres_programs%/initdb}

as_nobody() {
  if [ "$(id -u)" -eq 0 ]; then setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; else "$@"; fi
}
postgres_make() {
  postgres_folder=$1
  mkdir -p "$postgres_folder"
  chmod 755 "$(dirname "$postgres_folder")"
  [ "$(id -u)" -ne 0 ] || chown 65534:65534 "$postgres_folder"
  (cd "$postgres_folder" && as_nobody "$postgres_programs/initdb" -D data -U tester -A trust -E UTF8 --no-locale --no-sync >output 2>&1)
}
# Returns when it answers. The server is a child of the test, which alone can clear it away when it was killed. fsync=off: what is tested is the
# death of processes, not of power.
postgres_start() {
  local deadline=$((SECONDS + 60))
  until postgres_try; do [ "$SECONDS" -lt "$deadline" ] || return 1; done
}
postgres_try() {
  (
    cd "$postgres_folder" || exit 1
    words=("$postgres_programs/postgres" -D data -k "$postgres_folder" -c listen_addresses= -c fsync=off -c max_connections=20 -c shared_buffers=16MB)
    [ "$(id -u)" -ne 0 ] || words=(setpriv --reuid=65534 --regid=65534 --clear-groups "${words[@]}")
    exec "${words[@]}" >>log 2>&1
  ) &
  postgres_pid=$!
  until postgres_ask 'SELECT 1' >/dev/null 2>&1; do kill -0 "$postgres_pid" 2>/dev/null || return 1; done
}
# kill -9 of the server process; the others see it and end, and the next server waits until they have.
postgres_kill() {
  [ -n "${postgres_pid:-}" ] || return 0
  kill -KILL "$postgres_pid" 2>/dev/null
  wait "$postgres_pid" 2>/dev/null
  postgres_pid=
}
postgres_url() { echo "postgresql://tester@/postgres?host=$postgres_folder"; }
postgres_ask() { as_nobody "$postgres_programs/psql" -X -q -t -A -d "$(postgres_url)" -c "$1"; }
