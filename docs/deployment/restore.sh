#!/bin/sh
# Restores an installation from what backup.sh made. All services are stopped; the database is empty, the folder new.
#
#   docs/deployment/restore.sh FOLDER STORE_COPY REASON
#
# Environment as for backup.sh, and the connection supervision_db as the services have it. Nothing is written before the copy and
# the folder were looked at. The restore is then declared to the store: what may have left since the backup is `unknown`, and no
# run sends an earlier window by itself. At last every file that the store names is read: the script fails, and names them, where
# one is missing or changed.
set -eu
umask 077
folder=$1
copy=$2
reason=$3
var=${QIANLIYAN_VAR:-var}
python=${PYTHON:-.venv/bin/python}
export QIANLIYAN_VAR="$var"

refuse() { echo "restore: $1; nothing was restored" >&2; exit 2; }

case $reason in
  *[![:space:]]*) ;;
  *) refuse "the reason is empty: expected which backup is restored, and why, in a few words" ;;
esac
for part in archive hourly stations import_notes; do
  test -d "$folder/$part" ||
    refuse "$folder/$part is not there: expected a folder that backup.sh wrote, whole; name it, or make that part as an empty folder where the installation never had it"
done
test -f "$copy" || refuse "$copy is not there: expected a copy of the store, from $folder/store"
if [ -f "$copy.sha256" ]; then
  told=$(cut -c1-64 "$copy.sha256")
  sum=$(sha256sum <"$copy")
  test "${sum%% *}" = "$told" ||
    refuse "$copy is damaged: expected SHA-256 $told as $copy.sha256 says, got ${sum%% *}; take another copy"
fi

kind=SQLite
test "$(head -c 5 "$copy")" != PGDMP || kind=PostgreSQL
wanted=SQLite
test -z "${STORE_DSN:-}" || wanted=PostgreSQL
test "$kind" = "$wanted" || refuse "$copy is of $kind, and this installation's store is of $wanted (STORE_DSN says so)"
if [ "$wanted" = SQLite ]; then
  there=
  for end in "" -wal -shm -journal; do
    test ! -e "$var/supervision.db$end" || there="$there $var/supervision.db$end"
  done
  test -z "$there" || refuse "an older store is there:$there; move all of them away together (SQLite would play an old -wal into the copy)"
fi
"$python" -m include store check-copy "$copy" || refuse "the copy was refused"

mkdir -p "$var"
if [ "$wanted" = PostgreSQL ]; then
  pg_restore --exit-on-error --single-transaction --no-owner --no-privileges --dbname="$STORE_DSN" "$copy" ||
    refuse "the database did not take $copy: expected an empty database and a whole copy; see the lines above"
else
  cp "$copy" "$var/supervision.db"
fi
for part in archive hourly stations import_notes; do
  mkdir -p "$var/$part" && cp -a --update "$folder/$part/." "$var/$part/"
done
"$python" -m include migrate --existing
"$python" -m include letters restored --reason "$reason"
"$python" -m include store check-files
