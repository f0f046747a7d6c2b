-- Grain: one grid that a released list had in it and that list begins on on_date or before.
-- Parameters: on_date (date of the office).
-- Reads: grid_list, grid_list_row.
select distinct r.grid_id
from grid_list_row as r
join grid_list as l on l.list_id = r.list_id
where l.state = 'released' and l.valid_from <= :on_date and r.is_hot
order by r.grid_id
