-- Grain: one revision of one hour of one station, mast or meter, in [start_at, end_at) and received by known_at.
-- Parameters: files (paths of Parquet files by day), start_at, end_at, known_at (instants). Run by DuckDB.
select *
from read_parquet($files)
where hour >= $start_at::timestamptz and hour < $end_at::timestamptz and received_at <= $known_at::timestamptz
