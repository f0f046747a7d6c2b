-- Grain: one thing that a text names: topic (unit, county, grid, alarm, point, letter, enterprise, contact), code (what its page is asked
--   for), title, detail, unit_code, of_topic (how many of the topic there are); at most `most` rows a topic, those whose name is the text itself first.
-- Parameters: pattern (lower case, contains; `!` escapes), start_pattern (begins), exact (lower case), names (spellings of an alarm's id or a
--   number), first_name, last_name (the range of alarm ids that begin with the text), years (that the text says), most (rows), on_date,
--   points_from (instant: points of alarms pushed since then).
-- Reads: city, unit, grid, alarm, letter, letter_number, enterprise, contact. Alarms are found by their key only: a million of them cost
--   nothing. A part of a number is looked for among those of the last two years that have any, and of the years that the text says.
select topic, code, title, detail, unit_code, of_topic
from (
    select * from (
        select 'unit' as topic, c.unit_code as code, c.unit_name as title, c.province_name as detail, c.unit_code,
            case when lower(c.unit_name) = :exact or lower(c.unit_code) = :exact then 0 else 1 end as place, count(*) over () as of_topic
        from city as c
        where lower(c.unit_name) like :pattern escape '!' or lower(c.unit_code) like :start_pattern escape '!'
        order by place, c.unit_code limit :most
    ) as units
    union all
    select * from (
        select 'county' as topic, g.unit_code as code, g.county as title, min(c.unit_name) as detail, g.unit_code, 1 as place, count(*) over () as of_topic
        from grid as g join city as c on c.unit_code = g.unit_code
        where lower(g.county) like :pattern escape '!'
        group by g.county, g.unit_code order by g.county, g.unit_code limit :most
    ) as counties
    union all
    select * from (
        select 'grid' as topic, g.grid_id as code, g.grid_id as title, coalesce(g.name, '') as detail, g.unit_code,
            case when lower(g.grid_id) = :exact then 0 else 1 end as place, count(*) over () as of_topic
        from grid as g
        where lower(g.grid_id) like :start_pattern escape '!' or lower(g.name) like :pattern escape '!'
        order by place, g.grid_id limit :most
    ) as grids
    union all
    select * from (
        select 'alarm' as topic, a.alarm_id as code, a.alarm_id as title, a.point_name as detail, a.unit_code,
            case when lower(a.alarm_id) = :exact then 0 else 1 end as place, count(*) over () as of_topic
        from alarm as a
        where a.revision = 1 and (a.alarm_id in :names or (a.alarm_id >= :first_name and a.alarm_id < :last_name))
        order by place, a.alarm_id limit :most
    ) as alarms
    union all
    select * from (
        select 'point' as topic, max(p.grid_id) as code, p.point_name as title, min(p.county) as detail, p.unit_code,
            case when lower(p.point_name) = :exact then 0 else 1 end as place, count(*) over () as of_topic
        from alarm as p
        where p.revision = 1 and p.pushed_at >= :points_from and lower(p.point_name) like :pattern escape '!'
        group by p.point_name, p.unit_code
        order by place, p.point_name, p.unit_code limit :most
    ) as points
    union all
    select * from (
        select 'letter' as topic, cast(l.letter_id as varchar(20)) as code, coalesce(l.number, l.subject) as title, l.subject as detail, l.unit_code,
            case when lower(l.number) = :exact then 0 else 1 end as place, count(*) over () as of_topic
        from letter as l
        where l.letter_id in (
            select n.letter_id from letter_number as n where n.number in :names
            union
            select n.letter_id from letter_number as n
            where n.year >= (select max(m.year) - 1 from letter_number as m) and lower(n.number) like :pattern escape '!'
            union
            select n.letter_id from letter_number as n where n.year in :years and lower(n.number) like :pattern escape '!'
            union
            select k.letter_id from letter as k where k.letter_key in :names
        )
        order by place, l.letter_id desc limit :most
    ) as letters
    union all
    select * from (
        select 'enterprise' as topic, e.enterprise_id as code, e.name as title, e.enterprise_id || ' ' || coalesce(e.industry, '') as detail, e.unit_code, 1 as place, count(*) over () as of_topic
        from enterprise as e
        where lower(e.name) like :pattern escape '!' or lower(e.enterprise_id) like :start_pattern escape '!'
        order by e.name, e.enterprise_id limit :most
    ) as enterprises
    union all
    select * from (
        select 'contact' as topic, k.region_code as code, k.address as title, k.name as detail, k.region_code as unit_code,
            case when lower(k.address) = :exact then 0 else 1 end as place, count(*) over () as of_topic
        from contact as k
        where (lower(k.address) like :pattern escape '!' or lower(k.name) like :pattern escape '!')
          and (k.valid_to is null or k.valid_to > :on_date)
        order by place, k.address, k.region_code limit :most
    ) as contacts
) as found
order by place, case topic when 'unit' then 1 when 'county' then 2 when 'grid' then 3 when 'alarm' then 4 when 'point' then 5 when 'letter' then 6 when 'enterprise' then 7 else 8 end, title, code
