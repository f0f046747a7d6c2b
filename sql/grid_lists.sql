-- Grain: one list of hotspot grids, the last one first, with how many grids it has and how many were decided by a person; `is_superseded`: another
-- one from the same date was released after it, and is in force instead.
-- Parameters: none.
-- Reads: grid_list, grid_list_row.
select
    l.list_id, l.name, l.state, l.year, l.made_for, l.valid_from, l.cells, l.table_sha256, l.manifest_sha256, l.is_simulated,
    l.state = 'released' and exists (
        select 1
        from grid_list as o
        where o.state = 'released' and o.valid_from = l.valid_from
            and (o.decided_at > l.decided_at or o.decided_at = l.decided_at and o.list_id > l.list_id)
    ) as is_superseded,
    l.proposed_at, l.proposed_by, l.decided_at, l.decided_by, l.reason,
    coalesce(r.hot, 0) as hot, coalesce(r.monitored, 0) as monitored, coalesce(r.decided, 0) as decided
from grid_list as l
left join (
    select
        list_id,
        sum(case when is_hot then 1 else 0 end) as hot,
        sum(case when is_hot and is_monitored then 1 else 0 end) as monitored,
        sum(case when decision <> '' then 1 else 0 end) as decided
    from grid_list_row
    group by list_id
) as r on r.list_id = l.list_id
order by l.list_id desc
