-- Grain: one letter of a half-month that left and whose window ends after on_date.
-- Parameters: on_date.
-- Reads: letter.
select letter_id, letter_key, period_end
from letter
where state = 'released' and period_kind = 'half_month' and period_end > :on_date
order by period_end, letter_key
