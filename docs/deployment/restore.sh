#!/bin/sh
# Restores an installation from what backup.sh made. All services are stopped; the database is empty, the folder new.
#
#   docs/deployment/restore.sh FOLDER STORE_COPY REASON
#
# Environment as for backup.sh, and the connection supervision_db as the services have it. The last step tells the store
# that it was restored: what may have left since the backup is `unknown`, and no run sends an earlier window by itself.
set -eu
umask 077
folder=$1
copy=$2
reason=$3
var=${QIANLIYAN_VAR:-var}
python=${PYTHON:-.venv/bin/python}
export QIANLIYAN_VAR="$var"
mkdir -p "$var"

if [ -n "${STORE_DSN:-}" ]; then
  pg_restore --exit-on-error --single-transaction --no-owner --no-privileges --dbname="$STORE_DSN" "$copy"
else
  test ! -e "$var/supervision.db" || { echo "$var/supervision.db is there: move it away first" >&2; exit 2; }
  cp "$copy" "$var/supervision.db"
fi

for part in archive hourly stations import_notes; do
  test ! -d "$folder/$part" || { mkdir -p "$var/$part" && cp -a --update "$folder/$part/." "$var/$part/"; }
done
"$python" -m include migrate
"$python" -m include letters restored --reason "$reason"
