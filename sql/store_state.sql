-- Grain: one row that changes whenever facts were pulled or anything changed its state.
-- Parameters: none.
-- Reads: pull, audit.
select
    (select count(*) from pull) as pulls,
    (select max(pull_id) from pull) as last_pull,
    (select max(audit_id) from audit) as last_change
