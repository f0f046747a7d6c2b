-- Grain: one event of a case of 解剖分析 up to as_of_at, by case in the order in which the steps were taken.
-- Parameters: case_id (null for every case); as_of_at, known_at (instants): nothing that happened or was recorded later is seen.
-- Reads: dissection_event.
select
    case_id, seq, grid_id, case_no, event, event_at, recorded_at, actor, person, note, measure_no, unit_code, owner,
    due_at, document_sha256, document_name, alarm_id, rule_alarms, rule_days, is_simulated
from dissection_event
where (cast(:case_id as varchar) is null or case_id = :case_id) and event_at <= :as_of_at and recorded_at <= :known_at
order by case_id, seq
