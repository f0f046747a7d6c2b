-- Grain: one file in the archive that a letter, one of its deliveries, a list of hotspot grids, a mail that came in, a report of the phone page or a case of 解剖分析 names.
-- Parameters: mail_since_at (mails taken before are no longer kept as they came, nor those of hints whose senders were erased).
-- Reads: letter_file, delivery, grid_list, mail, hint, field_photo, dissection_event.
select sha256 from letter_file
union
select eml_sha256 as sha256 from delivery
union
select table_sha256 as sha256 from grid_list
union
select manifest_sha256 as sha256 from grid_list
union
select raw_sha256 as sha256 from mail
where
    taken_at >= :mail_since_at
    and not exists (select 1 from hint where hint.hint_id = mail.hint_id and hint.erased_at is not null)
union
select sha256 from field_photo where erased_at is null
union
select document_sha256 as sha256 from dissection_event where document_sha256 <> ''
