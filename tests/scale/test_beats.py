"""The runs that a back-fill must make: against Airflow's own timetable, and counted by hand on the calendar of 2020."""

import json
import os
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path

from include.periods import DAG_IDS, schedule
from include.rules import SEASON_END, SEASON_START
from tests.scale.beats import KINDS, all_beats, beats

WINDOWS = [
    (SEASON_START, SEASON_END),
    (date(2020, 3, 10), date(2020, 3, 13)),
    (date(2020, 12, 30), date(2021, 1, 3)),
]
# As `airflow backfill create --from-date FIRST --to-date END` goes on: both are midnights in UTC, and both count.
AIRFLOW = """
import json, sys
import pendulum
from airflow.timetables.base import TimeRestriction
from airflow.timetables.interval import CronDataIntervalTimetable
found = []
for cron, first, end in json.loads(sys.argv[1]):
    timetable = CronDataIntervalTimetable(cron, timezone=pendulum.timezone("Asia/Shanghai"))
    window = TimeRestriction(pendulum.parse(first), pendulum.parse(end), catchup=True)
    ends, last = [], None
    while (info := timetable.next_dagrun_info(last_automated_data_interval=last, restriction=window)) is not None:
        last = info.data_interval
        ends.append(last.end.isoformat())
    found.append(ends)
print(json.dumps(found))
"""


def test_the_season_by_hand() -> None:
    # 107 days; 16 Sundays from 1 March to 14 June and 15 Wednesdays from 4 March to 10 June; 1 March to 1 June by halves
    assert [len(beats(dag_id, SEASON_START, SEASON_END)) for dag_id in KINDS] == [107, 31, 7]


def test_two_days_in_full() -> None:
    found = [
        (beat.dag_id, beat.period.key, f"{beat.period.as_of:%d %H:%M}")
        for beat in all_beats(date(2020, 3, 11), date(2020, 3, 13))
    ]
    assert found == [
        ("daily_dispatch", "day_2020-03-11_2020-03-12", "12 08:30"),
        ("daily_dispatch", "day_2020-03-12_2020-03-13", "13 08:30"),
        ("weekly_summary", "weekend_2020-03-11_2020-03-15", "15 09:00"),
    ]


def test_every_dag_that_reports_windows_has_its_kinds() -> None:
    """The season replays what a platform told: the watch makes alarms of its own, and has a replay of its own."""
    assert set(KINDS) == set(DAG_IDS) - {"post_round", "answer_round", "hourly_watch"}


def test_the_intervals_are_those_of_airflow(tmp_path: Path) -> None:
    asked = [(dag_id, first, end) for dag_id in KINDS for first, end in WINDOWS]
    crons = json.dumps([(schedule(dag_id), str(first), str(end)) for dag_id, first, end in asked])
    done = subprocess.run(
        [sys.executable, "-c", AIRFLOW, crons],
        env={**os.environ, "AIRFLOW_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    airflows = json.loads(done.stdout.splitlines()[-1])
    for (dag_id, first, end), moments in zip(asked, airflows, strict=True):
        found = [beat.period.as_of for beat in beats(dag_id, first, end)]
        assert found == [datetime.fromisoformat(moment) for moment in moments], (dag_id, first, end)
