-- Grain: one delivery. None: nothing is due.
-- Parameters: now, owner, lease_until_at. The caller holds SQLite's write lock; see claim_mail.postgresql.sql.
-- Reads and writes: delivery.
-- Claims the oldest mail that is due: all due recipients of one copy of one letter become `sending`.
update delivery
set
    state = 'sending',
    state_reason = '发送中',
    attempts = attempts + 1,
    lease_owner = :owner,
    lease_until_at = :lease_until_at,
    updated_at = :now
where state = 'queued'
  and next_attempt_at <= :now
  and expires_at > :now
  and (letter_id, is_rehearsal, copy_no) = (
    select oldest.letter_id, oldest.is_rehearsal, oldest.copy_no
    from delivery as oldest
    where oldest.state = 'queued'
      and oldest.next_attempt_at <= :now
      and oldest.expires_at > :now
    order by oldest.next_attempt_at, oldest.delivery_id
    limit 1
  )
