-- Grain: one mail with an answer form that a unit sent, since its last 提示函 that left before, and at most since since_at.
-- Parameters: told_by (the kind of letter that tells of them), since_at, as_of_at (instants), before_date (the day the letter goes out: letters of that day do not count as the last).
-- Reads: mail, letter, delivery. A function of receipts, of what became of the rows, and of letters that left.
select m.unit_code, m.received_at, m.rows_taken, m.rows_refused, m.refused_json
from mail as m
where m.received_at > :since_at and m.received_at <= :as_of_at
  and m.unit_code is not null and m.rows_taken + m.rows_refused > 0
  and not exists (
      select 1
      from letter as l
      where l.unit_code = m.unit_code and l.kind = :told_by and l.revision = 1 and l.state = 'released'
        and l.period_end < :before_date and l.as_of >= m.received_at
        and exists (
            select 1
            from delivery as d
            where d.letter_id = l.letter_id and d.is_rehearsal = false
              and (d.state in ('sent', 'unknown') or d.smtp_code between 250 and 252)
        )
  )
order by m.unit_code, m.received_at, m.mail_id
