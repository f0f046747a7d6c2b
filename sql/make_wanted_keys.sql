-- Grain: no rows; makes the connection's own table of keys to look up, where it does not exist yet.
-- Parameters: none.
create temporary table if not exists wanted_key (key_text varchar(255) primary key)
