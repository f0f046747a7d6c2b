#!/bin/sh
# Backs up one installation while it runs: the store, the archive of letters, the hourly values.
#
#   docs/deployment/backup.sh FOLDER
#
# QIANLIYAN_VAR: as the services have it. STORE_DSN: the store's libpq address; empty for SQLite. PYTHON: the interpreter.
# The store is copied first: the archive only grows, so every file that this copy of the store names is in it afterwards.
set -eu
umask 077
folder=$1
var=${QIANLIYAN_VAR:-var}
python=${PYTHON:-.venv/bin/python}
stamp=$(date -u +%Y%m%dT%H%M%SZ)
mkdir -p "$folder/store" "$folder/archive" "$folder/hourly"

if [ -n "${STORE_DSN:-}" ]; then
  copy=$folder/store/$stamp.dump
  pg_dump --format=custom --file="$copy.part" "$STORE_DSN"
else
  copy=$folder/store/$stamp.db
  "$python" -c 'import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute("vacuum into ?", (sys.argv[2],))' \
    "$var/supervision.db" "$copy.part"
fi

for part in archive hourly; do
  test ! -d "$var/$part" || cp -a --update "$var/$part/." "$folder/$part/"
done
sync
mv "$copy.part" "$copy"
echo "$copy"
