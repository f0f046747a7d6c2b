-- Grain: one source and kind of file with rows in quarantine that nobody has settled.
-- Parameters: none.
-- Reads: quarantine.
select source, kind, count(*) as open_rows, min(received_at) as since_at
from quarantine
where state = 'open'
group by source, kind
order by source, kind
