-- Grain: the list of hotspot grids that is in force on on_date: of the released ones the last to begin, and of those from one
-- date the one that was decided last; no row without one.
-- Parameters: on_date (date of the office).
-- Reads: grid_list.
select list_id, name, valid_from, is_simulated
from grid_list
where state = 'released' and valid_from <= :on_date
order by valid_from desc, decided_at desc, list_id desc
limit 1
