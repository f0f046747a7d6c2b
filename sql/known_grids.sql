-- Grain: one grid.
-- Parameters: none.
-- Reads: grid.
select grid_id, content_hash, source from grid
