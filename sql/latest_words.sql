-- Grain: one alarm that its unit answered or disputed: when its latest word was sent.
-- Parameters: alarm_ids; unit_code: the unit whose reports in a chain count (other holders' do not).
-- Reads: feedback_event, chain_event, alarm, mail. A word that a mail of its unit brought (of which rows were taken, received when the word
-- counts from) was sent at the mail's Date, never later than its receipt; any other at its own time. Whatever else reached the mailbox in
-- the same second says nothing of it. Only ever used against a form that was sent earlier and comes later.
select w.alarm_id, max(coalesce(
    (
        select max(case when m.sent_at < m.received_at then m.sent_at else m.received_at end)
        from mail as m
        where m.source = w.source and m.received_at = w.told_at and m.unit_code = w.unit_code and m.rows_taken > 0
    ),
    w.told_at
)) as sent_at
from (
    select e.alarm_id, e.source, a.unit_code, e.event_at as told_at
    from feedback_event as e
    join alarm as a on a.alarm_id = e.alarm_id
    where e.alarm_id in :alarm_ids and e.event in ('submitted', 'disputed') and e.source <> 'office'
    union all
    select c.alarm_id, c.actor, c.unit_code, c.receipt_at
    from chain_event as c
    where c.alarm_id in :alarm_ids and c.unit_code = :unit_code and c.event in ('reported', 'rectified')
) as w
group by w.alarm_id
order by w.alarm_id
