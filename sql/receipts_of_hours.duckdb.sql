-- Grain: one hour in [start_at, end_at) of which anything was told by known_at, with the last receipt.
-- Parameters: files (paths of Parquet files by day), start_at, end_at, known_at (UTC without zone, as the files). Run by DuckDB.
select hour, max(received_at) as received_at
from read_parquet($files)
where hour >= $start_at::timestamp and hour < $end_at::timestamp and received_at <= $known_at::timestamp
group by hour
order by hour
