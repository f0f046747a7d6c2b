-- Grain: one bulletin or overview that left and whose window ends after on_date.
-- Parameters: on_date, kinds (list).
-- Reads: letter.
select letter_id, letter_key, period_end
from letter
where state = 'released' and kind in :kinds and period_end > :on_date
order by period_end, letter_key
