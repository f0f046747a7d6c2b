-- Grain: one contact and stay.
-- Parameters: region_code, on_date (null for any).
-- Reads: contact, city. A province is named after one of its cities' province.
select
    k.contact_id, k.region_code, k.role, k.name, k.address, k.phone, k.valid_from, k.valid_to, k.source, k.is_simulated,
    k.fixed_at, k.fixed_by,
    coalesce(
        c.unit_name,
        (select min(p.province_name) from city as p where p.province_code = k.region_code),
        case k.region_code when '100000' then '生态环境部' else k.region_code end
    ) as region_name
from contact as k
left join city as c on c.unit_code = k.region_code and k.role in ('to', 'cc')
where (cast(:region_code as varchar) is null or k.region_code = :region_code)
  and (
      cast(:on_date as date) is null
      or (k.valid_from <= :on_date and (k.valid_to is null or k.valid_to > :on_date))
  )
order by k.region_code, k.role, k.address, k.valid_from
