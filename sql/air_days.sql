-- Grain: one imported day of a dataset in [start_date, end_date): the ledger of air quality.
-- Parameters: dataset, start_date, end_date (Beijing dates).
-- Reads: air_day.
select dataset, observed_on, places, valid_places, pm25_hours, source, is_simulated, received_at
from air_day
where dataset = :dataset and observed_on >= :start_date and observed_on < :end_date
order by observed_on
