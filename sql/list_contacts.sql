-- Grain: one contact and stay.
-- Parameters: region_code, on_date (null for any).
-- Reads: contact, city, unit.
select
    k.contact_id, k.region_code, k.role, k.name, k.address, k.phone, k.valid_from, k.valid_to, k.source, k.is_simulated,
    k.fixed_at, k.fixed_by,
    coalesce(
        c.unit_name,
        (select max(u.name) from unit as u where u.unit_code = k.region_code and u.valid_to is null),
        k.region_code
    ) as region_name
from contact as k
left join city as c on c.unit_code = k.region_code and k.role in ('to', 'cc')
where (cast(:region_code as varchar) is null or k.region_code = :region_code)
  and (
      cast(:on_date as date) is null
      or (k.valid_from <= :on_date and (k.valid_to is null or k.valid_to > :on_date))
  )
order by k.region_code, k.role, k.address, k.valid_from
