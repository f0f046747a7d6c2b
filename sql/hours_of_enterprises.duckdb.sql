-- Grain: one revision of one hour of the meters of one of these enterprises, in [start_at, end_at) and received by known_at.
-- Parameters: files (paths of Parquet files by day), keys (enterprise_id), start_at, end_at, known_at (UTC without zone, as the
-- files). Run by DuckDB.
select *
from read_parquet($files)
where enterprise_id in (select unnest($keys::varchar[])) and hour >= $start_at::timestamp and hour < $end_at::timestamp
    and received_at <= $known_at::timestamp
