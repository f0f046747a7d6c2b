"""The bars of an hour as a reader sees them: in the units of the increments beside them."""

import pandas as pd

from include.watch import DEFAULT_RULES, tied, with_bars


def hours(*rows: tuple[int, float, float, int, float, float]) -> pd.DataFrame:
    """Hour, increment, second increment, stations that spoke, evidence, probability; surroundings 40, factor 0.8."""
    names = ["hour", "increment_ug_m3", "second_increment_ug_m3", "spoke", "evidence", "probability"]
    told = pd.DataFrame(rows, columns=names)
    return told.assign(
        hour=pd.to_datetime(told["hour"] * 3600, unit="s", utc=True),
        background_ug_m3=40.0,
        official_factor=0.8,
        increment_share=told["increment_ug_m3"] / 40.0,
    )


def test_each_hour_says_its_bars_and_what_confirmed_it() -> None:
    found = tied(
        with_bars(
            hours(
                (100, 22.0, 19.0, 3, 2.0, 0.9),  # a second station
                (101, 23.0, 5.0, 3, 2.0, 0.9),  # a second hour, by the evidence before
                (102, 22.0, 5.0, 3, 0.1, 0.15),  # below 0.9 of 25
                (103, 24.0, 5.0, 3, 2.0, 0.9),  # one station, one hour
                (104, 31.0, float("nan"), 1, 2.0, 0.98),  # alone: too unsure
                (105, 31.0, float("nan"), 1, 2.0, 0.995),
                (107, 24.0, 5.0, 3, 2.0, 0.9),  # the hour before is not there
            ),
            DEFAULT_RULES,
        )
    )
    assert found["increment_ug_m3"].round(2).tolist() == [17.6, 18.4, 17.6, 19.2, 24.8, 24.8, 19.2]
    assert found["bar_ug_m3"].round(2).tolist() == [15.0, 18.0, 18.0, 18.0, 24.0, 24.0, 18.0]
    assert found["bar_share"].round(3).tolist() == [0.225, 0.27, 0.27, 0.27, 0.36, 0.36, 0.27]
    assert found["second_station"].tolist() == [True, False, False, False, False, False, False]
    assert found["second_hour"].tolist() == [None, True, True, False, True, True, None]
    assert found["confirmed"].tolist() == [True, True, False, False, False, True, False]
