-- Grain: one letter that was released and not noticed yet.
-- Parameters: noticed_at, since_at (of released_at: what was released before is noticed).
-- Reads: letter. Writes: told_change.
insert into told_change (kind, record_id, event, event_at, revision, noticed_at)
select 'letter', l.letter_key, '', l.released_at, l.revision, :noticed_at
from letter as l
where l.released_at >= :since_at
  and l.state = 'released'
  and not exists (
    select 1 from told_change as c
    where c.kind = 'letter' and c.record_id = l.letter_key and c.event = '' and c.event_at = l.released_at and c.revision = l.revision
  )
order by l.released_at, l.letter_key
