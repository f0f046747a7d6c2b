-- Grain: one file in the archive that a letter or one of its deliveries names.
-- Parameters: none.
-- Reads: letter_file, delivery.
select sha256 from letter_file
union
select eml_sha256 as sha256 from delivery
