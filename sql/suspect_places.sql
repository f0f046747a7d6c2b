-- Grain: one construction site, road or fire that may be suspected of an alarm whose hours lie in [begin_at, end_at).
-- Parameters: begin_at, end_at (instants; fires are told from begin_at on), begin_date, end_date (Beijing dates of them).
-- Reads: suspect_place.
select source, kind, place_id, name, lon, lat, valid_from, valid_to, seen_at, is_simulated
from suspect_place
where (kind = 'fire' and seen_at >= :begin_at and seen_at < :end_at)
    or (
        kind <> 'fire'
        and (valid_from is null or valid_from <= :end_date)
        and (valid_to is null or valid_to > :begin_date)
    )
order by kind, source, place_id
