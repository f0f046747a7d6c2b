#!/bin/sh
# Backs up one installation while it runs: the store, the archive of letters, the hourly values, the stations' readings and
# what the watch made of them, the notes of imports.
#
#   docs/deployment/backup.sh FOLDER
#
# QIANLIYAN_VAR: as the services have it. STORE_DSN: the store's libpq address; empty for SQLite. PYTHON: the interpreter.
# The store is copied first: the archive only grows, so every file that this copy of the store names is in it afterwards.
# Ends with 1 where files of the archive are damaged: they are named, the copies of before stay, and all else is copied.
set -eu
umask 077
folder=$1
var=${QIANLIYAN_VAR:-var}
python=${PYTHON:-.venv/bin/python}
stamp=$(date -u +%Y%m%dT%H%M%SZ)
export QIANLIYAN_VAR="$var"
refuse() { echo "backup: $1; nothing was written" >&2; exit 2; }
test -d "$var" || refuse "$var is not there: is its disk mounted? (QIANLIYAN_VAR)"
test -n "${STORE_DSN:-}" || test -s "$var/supervision.db" ||
  refuse "$var/supervision.db is not there: is its disk mounted? (QIANLIYAN_VAR; a store in PostgreSQL needs STORE_DSN)"
mkdir -p "$folder/store"

if [ -n "${STORE_DSN:-}" ]; then
  copy=$folder/store/$stamp.dump
  pg_dump --format=custom --file="$copy.part" "$STORE_DSN"
else
  copy=$folder/store/$stamp.db
  rm -f "$copy.part"
  "$python" -c 'import pathlib, sqlite3, sys; sqlite3.connect(pathlib.Path(sys.argv[1]).resolve().as_uri() + "?mode=rw", uri=True).execute("vacuum into ?", (sys.argv[2],))' \
    "$var/supervision.db" "$copy.part"
fi

# A file that is being written can be gone between the listing and the copy: then once more.
take() { mkdir -p "$folder/$1" && { cp -a --update "$var/$1/." "$folder/$1/" || cp -a --update "$var/$1/." "$folder/$1/"; }; }
# The values of hours that are not complete yet leave their folder again; what was copied of them is out of date.
rm -rf "$folder/stations/station_minutes"
# A part that this installation does not have yet is an empty folder: where one is missing, the backup is not whole.
mkdir -p "$folder/archive"
is_whole=0
if [ -d "$var/archive" ]; then
  "$python" -m include store copy-archive "$folder/archive" || is_whole=1
else
  echo "backup: $var/archive is not there: is its disk mounted? All else was copied" >&2
  is_whole=1
fi
for part in hourly stations import_notes; do
  mkdir -p "$folder/$part"
  test ! -d "$var/$part" || take "$part"
done
sum=$(sha256sum <"$copy.part")
printf '%s  %s\n' "${sum%% *}" "${copy##*/}" >"$copy.sha256"
sync
mv "$copy.part" "$copy"
echo "$copy"
exit "$is_whole"
