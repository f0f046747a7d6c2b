-- Grain: one kind and state of letters whose state changed since a moment: kind, state, letters.
-- Parameters: since (instant).
-- Reads: letter.
-- For monitors; no figure reads it.
select kind, state, count(*) as letters
from letter
where state_at >= :since
group by kind, state
order by kind, state
