#!/bin/sh
# Run once by the PostgreSQL container on an empty volume: the store's own user and database beside Airflow's.
set -eu
psql --set ON_ERROR_STOP=1 --set password="$STORE_PASSWORD" --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
create role supervision login password :'password';
create database supervision owner supervision encoding 'UTF8' template template0;
SQL
