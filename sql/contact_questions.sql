-- Grain: one question to a person about one contact, the oldest first.
-- Parameters: is_open (1: only those that wait; 0: the settled ones too).
-- Reads: contact_question, contact, city, unit. What waits for a person about contacts; mine_json and told_json are rows of ours and of
-- the source.
select
    q.question_id, q.kind, q.contact_id, q.other_id, q.source, q.mine_json, q.told_json, q.told_hash, q.is_simulated, q.asked_at,
    q.state, q.settled_at, q.settled_by, q.reason, k.region_code,
    coalesce(
        c.unit_name,
        (select max(u.name) from unit as u where u.unit_code = k.region_code and u.valid_to is null),
        k.region_code
    ) as region_name
from contact_question as q
join contact as k on k.contact_id = q.contact_id
left join city as c on c.unit_code = k.region_code and k.role in ('to', 'cc')
where q.state = 'open' or :is_open = 0
order by q.asked_at, q.question_id
