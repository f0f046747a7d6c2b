-- Grain: the list of hotspot grids that is in force on on_date: of the released ones the last to begin; no row without one.
-- Parameters: on_date (date of the office).
-- Reads: grid_list.
select list_id, name, valid_from, is_simulated
from grid_list
where state = 'released' and valid_from <= :on_date
order by valid_from desc, list_id desc
limit 1
