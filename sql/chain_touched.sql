-- Grain: one alarm of which a step of a holder reached us after since_at that may have come late: after its deadline, or a report.
-- Parameters: since_at (instant). Reads: chain_event.
select distinct alarm_id
from chain_event
where
    event in ('acknowledged', 'reported', 'rectified') and receipt_at > :since_at
    and (met_due_at < receipt_at or event = 'reported')
order by alarm_id
