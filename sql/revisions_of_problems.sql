-- Grain: one stored revision of one of the problems named in wanted_key.
-- Parameters: none.
-- Reads: wanted_key (temporary), problem.
select p.problem_id, p.revision, p.content_hash, p.source
from wanted_key as w
cross join problem as p
where p.problem_id = w.key_text
order by p.problem_id, p.revision
