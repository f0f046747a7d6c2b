-- Grain: no rows; empties the connection's own table of keys to look up.
-- Parameters: none.
delete from wanted_key
