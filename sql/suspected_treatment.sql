-- Grain: one rule of sub-metering that one enterprise broke on one Beijing day of [start_date, end_date).
-- Parameters: start_date, end_date (dates). Name and place of the enterprise are empty where the list has it no more.
-- Reads: suspected_treatment, enterprise, city.
with firm as (
    select e.enterprise_id, e.name, c.unit_name, e.unit_code, e.county, e.is_simulated,
        row_number() over (partition by e.enterprise_id order by e.source) as place
    from enterprise as e
    join city as c on c.unit_code = e.unit_code
)
select
    t.observed_on, t.enterprise_id, coalesce(f.name, '') as name, coalesce(f.unit_code, '') as unit_code,
    coalesce(f.unit_name, '') as unit_name, coalesce(f.county, '') as county, t.rule, t.hours, t.spans, t.production_kw,
    t.treatment_kw, t.usual_treatment_kw, t.metered_hours, t.known_hours, t.rules_edition, f.is_simulated
from suspected_treatment as t
left join firm as f on f.enterprise_id = t.enterprise_id and f.place = 1
where t.observed_on >= :start_date and t.observed_on < :end_date
order by t.observed_on, f.unit_code, t.enterprise_id, t.rule
