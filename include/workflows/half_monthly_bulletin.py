"""半月通报: pull, figures, compose, release, post, account. Each step is one task of the DAG of this name."""

from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import pandas as pd

from include.errors import CheckFailed, InputError
from include.house import House, Run
from include.language import LINE_END, say
from include.office.air_quality import DATASET_LABELS, import_lines
from include.office.bulletin import bulletin_facts
from include.office.register import Due
from include.office.untaken_air import ASIDE
from include.office.warning_grids import set_warning_grids
from include.periods import DAY, Period, custom_period
from include.post.drafts import LetterFacts, NamedAlarm
from include.rules import BULLETIN
from include.sources.air.quality import import_air_quality
from include.sources.ledger import completeness
from include.sources.reading.file_names import entries_of, fitting, label, unreadable
from include.sources.reading.tables import is_table_of_folder
from include.store.air_days import imported_days
from include.store.engine import reading
from include.store.facts import alarm_states, cities_on
from include.store.hourly import Dataset
from include.supervision.air_quality import windows
from include.supervision.bulletin import BulletinWindows, bulletin_figures, bulletin_windows
from include.supervision.bulletin_figures import BulletinFigures, HalfMonthBulletins
from include.supervision.figures import LEADERS, from_json, to_json
from include.workflows.steps import LetterSteps, nothing_pulled, outside_season, pull_facts
from include.workflows.suspecting import keep_platform_suspects

KINDS: Final = ("bulletin", "overview")
_JUDGED: Final[tuple[Dataset, ...]] = ("city", "grid")


def take_air(run: Run) -> dict[str, Any]:
    """Imports the files that wait in `House.air_dir`. `missing`: the days of the cities' air that the bulletin still lacks, in
    words; `wait_until`: until when they are worth waiting for."""
    day = run.period.end
    imported = _import_dropped(run.house, run.now)
    is_due = bulletin_windows(run.period, run.house.season) is not None
    missing = missing_air_days(run.house, run.period, "city") if is_due else []
    until = datetime.combine(day, BULLETIN.wait_for_air_until, run.period.as_of.tzinfo)
    return {"air_quality": imported, "missing": _listed(missing), "wait_until": until}


def pull(run: Run) -> dict[str, Any]:
    """Makes sure that the ledger covers all that the bulletin reads, and that the air of its days was imported.

    Files that wait in `House.air_dir` are imported first. Raises CheckFailed where less than the wanted share of the days is there.
    """
    at = bulletin_windows(run.period, run.house.season)
    if at is None:
        return nothing_pulled(outside_season(run.house, run.period, say("通报")))
    pulled = pull_facts(run, at.read[0])
    imported = _import_dropped(run.house, run.now)
    missing = missing_air_days(run.house, run.period, "city")
    days = windows(run.period).current
    if 1 - len(missing) / len(days) < run.house.least_completeness:
        raise CheckFailed(
            say("城市空气质量数据不完整，未编制通报"),
            where=run.period.label,
            expected=say(
                "至少{least_completeness:.0%}的日期", least_completeness=run.house.least_completeness
            ),
            got=say("缺{listed}", listed=_listed(missing)),
            todo=say(
                "把数据文件放入 {air_dir} 后清除本步重跑，或用 import-air-quality 导入",
                air_dir=run.house.air_dir,
            ),
        )
    with reading(run.house.engine) as connection:
        states = alarm_states(connection, at.window.starts_at, at.window.ends_at, run.period.as_of)
    return pulled | {
        "suspected": keep_platform_suspects(run.house, states["alarm_id"].astype(str).tolist()),
        "air_quality": imported,
        "completeness": pulled["completeness"] + say(LINE_END) + air_sentence(run.house, run.period),
    }


def figures(run: Run) -> dict[str, Any]:
    """Sets the warning grids of a month that ends here; computes every city's bulletin and the overview; freezes them."""
    at = bulletin_windows(run.period, run.house.season)
    if at is not None and at.month is not None:
        set_warning_grids(run.house.engine, run.house.hourly_dir, at.month, now=run.now)
    computed = bulletins(run.house, run.period)
    headlines: dict[str, Any] = {
        "figures_sha256": run.house.archive.put(to_json(computed).encode()),
        "window": run.period.label,
        "letters_due": len(_due(computed)),
    }
    overview = computed.overview
    if overview is None:
        return headlines | {"nothing_due": outside_season(run.house, run.period, say("通报"))}
    names = {city.unit_code: city.unit_name for city in overview.cities}
    warned = overview.warnings.warned if overview.warnings else ()
    return headlines | {
        "pushed": overview.total.pushed,
        "feedback_rate": str(overview.total.feedback_rate),
        "worst_level": [names[code] for code in overview.worst_level],
        "without_figure": [city.unit_name for city in overview.cities if city.half.pm25_ug_m3 is None],
        "grids": f"{overview.valid_grids}/{overview.grids}",
        "warning_grids": len(warned),
        "escalated": [
            say(
                "{unit_name} {grid_id}：{escalation}",
                unit_name=one.unit_name,
                grid_id=one.grid_id,
                escalation=one.escalation,
            )
            for one in warned
            if one.escalation
        ],
    }


def due_keys(house: House, period: Period) -> list[str]:
    """The keys of the letters that are due for a window: one a city and the overview; none outside the season."""
    if bulletin_windows(period, house.season) is None:
        return []
    with reading(house.engine) as connection:
        codes = cities_on(connection, period.last_date)["unit_code"].tolist()
    return [
        period.letter_key("overview", LEADERS),
        *(period.letter_key("bulletin", code) for code in codes),
    ]


def due_letters(house: House, period: Period) -> list[Due]:
    """The letters of a beat, by the facts as they are known now."""
    return _due(bulletins(house, period))


def bulletins(house: House, period: Period) -> HalfMonthBulletins:
    """Every letter of a beat, by the facts as they are known now."""
    at = bulletin_windows(period, house.season)
    if at is None:
        return HalfMonthBulletins(period, None, ())
    return bulletin_figures(bulletin_facts(house.engine, house.hourly_dir, at), at, _told(house, at))


def frozen(run: Run, computed: dict[str, Any]) -> HalfMonthBulletins:
    """The figures of this run, from the archive."""
    return from_json(HalfMonthBulletins, run.house.archive.get(computed["figures_sha256"]).decode())


def missing_air_days(house: House, period: Period, dataset: Dataset) -> list[date]:
    """The days of the window of which nothing was imported."""
    return _missing(_imported(house, period, dataset), period)


def air_sentence(house: House, period: Period) -> str:
    """How complete the air of the window is, in one Chinese sentence for letters and the run's summary: of how many days there is data,
    and how many of its daily means are valid, which the days alone do not tell."""
    of = len(windows(period).current)
    parts = []
    for dataset in _JUDGED:
        there = _imported(house, period, dataset)
        missing, places = _missing(there, period), int(there["places"].sum())
        told = say(
            "{name}空气质量{known}/{days}天有数据",
            name=say(DATASET_LABELS[dataset]),
            known=of - len(missing),
            days=of,
        )
        told += say("（缺{listed}）", listed=_listed(missing)) if missing else ""
        if places:
            told += say(
                "，日均值有效{valid}/{places}个", valid=int(there["valid_places"].sum()), places=places
            )
        parts.append(told)
    return say("；").join(parts) + say("。")


def _imported(house: House, period: Period, dataset: Dataset) -> pd.DataFrame:
    with reading(house.engine) as connection:
        return imported_days(connection, dataset, period.start, period.end)


def _missing(there: pd.DataFrame, period: Period) -> list[date]:
    known = {day.date() for day in there["observed_on"]}
    return [day for day in windows(period).current if day not in known]


def _told(house: House, at: BulletinWindows) -> str:
    with reading(house.engine) as connection:
        facts = completeness(connection, house.sources, at.read[0], at.period.as_of).sentence
    return facts + say(LINE_END) + air_sentence(house, at.period)


def _import_dropped(house: House, now: datetime) -> list[str]:
    """Imports the files that wait in `House.air_dir`; those that were read move aside, one that cannot be read stays."""
    folder = house.air_dir
    if not folder.is_dir():
        return []
    try:
        entries = entries_of(folder, str(folder))
        waiting = [path for path in entries if is_table_of_folder(path) and not path.name.startswith(".")]
        if not waiting:
            return []
        is_played = any(source.is_played for source in house.sources)
        done = import_air_quality(
            house.engine, house.hourly_dir, waiting, now=now, folder=folder, is_played=is_played
        )
    except InputError as error:  # the folder, or all of them, cannot be used
        return [say("未导入：{error}", error=error)]
    read = [path for path in waiting if path not in done.unread]
    return import_lines(done, house.notes_dir, now) + _put_aside(read, folder / ASIDE, now)


def _put_aside(paths: list[Path], aside: Path, now: datetime) -> list[str]:
    """Moves files that were read into `aside`; what cannot be moved stays, is said, and is read again by the next run."""
    lines = []
    for path in paths:
        try:
            aside.mkdir(exist_ok=True)
            path.replace(aside / fitting(path, before=f"{now:%Y%m%dT%H%M%S}-"))
        except FileNotFoundError:  # a run beside this one was first
            continue
        except OSError as error:
            lines.append(
                say(
                    "{path}已读入，但不能移至{name}（{got}），留在原处",
                    path=label(path),
                    name=aside.name,
                    got=unreadable(path, error).got,
                )
            )
    return lines


def _listed(days: list[date]) -> str:
    """`3月1日至3日、5日` as whole spans."""
    spans: list[list[date]] = []
    for day in days:
        if spans and day - spans[-1][-1] == DAY:
            spans[-1].append(day)
        else:
            spans.append([day])
    return say("、").join(custom_period(span[0], span[-1] + DAY).label for span in spans)


def _due(computed: HalfMonthBulletins) -> list[Due]:
    due = [_bulletin(one) for one in computed.bulletins]
    if (overview := computed.overview) is None:
        return due
    facts = LetterFacts("overview", LEADERS, None, computed.period, to_json(overview), overview.is_simulated)
    return [Due(facts, say("领导和值班室")), *due]


def _bulletin(one: BulletinFigures) -> Due:
    code = one.city.unit_code
    listed = tuple(NamedAlarm(alarm.alarm_id) for alarm in one.open_alarms)
    facts = LetterFacts("bulletin", code, code, one.period, to_json(one), one.is_simulated, listed)
    return Due(facts, one.city.unit_name)


_letters: Final = LetterSteps(KINDS, lambda run, computed: _due(frozen(run, computed)))
compose, question, release = _letters.compose, _letters.question, _letters.release
post, account = _letters.post, _letters.account
