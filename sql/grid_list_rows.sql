-- Grain: one grid of one list that is chosen, has left, or was struck or added; `is_monitored` of those in the list only.
-- Parameters: list_id.
-- Reads: grid_list_row.
select
    grid_id, unit_code, county, name, west, south, east, north, is_hot,
    is_hot and is_monitored as is_monitored, change, decision, reason, decided_by, decided_at
from grid_list_row
where list_id = :list_id
order by unit_code, grid_id
