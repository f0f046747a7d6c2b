-- Grain: one place and day with daily means as their source gave them.
-- Parameters: files (paths of Parquet files by day). Run by DuckDB.
select * from read_parquet($files, union_by_name = true)
order by observed_on, place_id
