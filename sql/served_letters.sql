-- Grain: one released letter to one of these units, noticed in the window.
-- Parameters: from_at, until_at (of noticed_at: from, exclusive to); units; after_id (change_id of the last one told, or 0); most (rows).
-- Reads: told_change, letter.
select c.change_id, l.letter_key, l.kind, l.unit_code, l.number, l.subject, l.issued_on, l.released_at, l.is_simulated
from told_change as c
join letter as l on l.letter_key = c.record_id
where c.kind = 'letter'
  and c.noticed_at >= :from_at and c.noticed_at < :until_at
  and c.change_id > :after_id
  and l.state = 'released'
  and l.unit_code in :units
  and l.addressee in :units
order by c.change_id
limit :most
