-- Grain: one delivery. None: nothing is due.
-- Parameters: now, owner, lease_until_at.
-- Reads and writes: delivery.
-- The first due recipient of a mail stands for the mail: whoever locks it has all its recipients, others skip the mail.
-- Claims the oldest mail that is due and that no other process is claiming just now.
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
      and not exists (
        select 1
        from delivery as earlier
        where earlier.letter_id = oldest.letter_id
          and earlier.is_rehearsal = oldest.is_rehearsal
          and earlier.copy_no = oldest.copy_no
          and earlier.state = 'queued'
          and earlier.next_attempt_at <= :now
          and earlier.expires_at > :now
          and earlier.delivery_id < oldest.delivery_id
      )
    order by oldest.next_attempt_at, oldest.delivery_id
    limit 1
    for update of oldest skip locked
  )
