-- Grain: one alarm that its unit answered or disputed: when its latest word was sent.
-- Parameters: alarm_ids.
-- Reads: feedback_event, alarm, mail. A word that a mail of its unit brought (of which rows were taken, received when the word counts from)
-- was sent at the mail's Date, never later than its receipt; any other at its own time. Whatever else reached the mailbox in the same
-- second says nothing of it. Only ever used against a form that was sent earlier and comes later.
select e.alarm_id, max(coalesce(
    (
        select max(case when m.sent_at < m.received_at then m.sent_at else m.received_at end)
        from mail as m
        where m.source = e.source and m.received_at = e.event_at and m.unit_code = a.unit_code and m.rows_taken > 0
    ),
    e.event_at
)) as sent_at
from feedback_event as e
join alarm as a on a.alarm_id = e.alarm_id
where e.alarm_id in :alarm_ids and e.event in ('submitted', 'disputed')
group by e.alarm_id
order by e.alarm_id
