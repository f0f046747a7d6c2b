-- Grain: one letter that was released.
-- Parameters: since_at, until_at (of released_at: from, exclusive to).
-- Reads: letter.
select
    letter_key,
    kind,
    unit_code,
    number,
    subject,
    issued_on,
    released_at,
    is_simulated
from letter
where released_at >= :since_at
  and released_at < :until_at
  and state = 'released'
order by released_at, letter_key
