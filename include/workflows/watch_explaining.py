"""The surroundings of an alarm's grid in the deciding hour, term by term, from what the store keeps of that hour."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from include.house import House
from include.periods import office_date
from include.store.engine import reading
from include.store.station_gains import last_gains
from include.store.watch_facts import grids_known, stations_known
from include.watch import DEFAULT_RULES, neighbours
from include.workflows.watch_inputs import HOUR, hours_of_stations, network_of


def surroundings_of(house: House, grid_id: str, hour_at: datetime) -> dict[str, Any] | None:
    """`hour_at`, the neighbours that spoke (as of `watch.neighbours`) and the terms of their sum; None where the gains of that day
    are not kept or the grid was not watched then."""
    rules = DEFAULT_RULES
    gains = last_gains(house.stations_dir, office_date(hour_at))
    if gains is None:
        return None
    with reading(house.engine) as connection:
        network = network_of(stations_known(connection), grids_known(connection))
    back = hour_at - rules.quality.memory_hours * HOUR
    hours = hours_of_stations(house, network, back, hour_at + HOUR, None)
    try:
        rows, terms = neighbours(network.order, hours, gains, grid_id, hour_at, rules)
    except KeyError:
        return None
    return {"hour": hour_at, **terms, "neighbours": rows.round(6).to_dict("records")}
