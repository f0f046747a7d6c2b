-- Grain: one revision of one hour of one station, mast or meter, in [start_at, end_at) and received by known_at.
-- Parameters: files (paths of Parquet files by day), start_at, end_at, known_at (UTC without zone, as the files). Run by DuckDB.
select *
from read_parquet($files)
where hour >= $start_at::timestamp and hour < $end_at::timestamp and received_at <= $known_at::timestamp
