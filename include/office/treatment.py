"""疑似治污设施不正常运行 for people: what was kept of some days, and the workbook of it. Always 疑似, never in a public output."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final

import pandas as pd
from sqlalchemy import Engine

from include.language import say
from include.letters.sheets.data_sheets import Sheet, dated, workbook_of
from include.profile.current import office
from include.rules import SIMULATED_LABEL
from include.store.engine import reading
from include.store.treatment import kept_treatment
from include.suspects.rules import DEFAULT_RULES, SuspectRules

HEADER: Final = (
    "日期", "企业编号", "企业名称", "城市", "区县", "情形", "小时数", "时段", "生产kW", "治污kW", "平常治污kW", "有数小时", "应有小时"
)  # fmt: skip


def submeter_rules() -> SuspectRules:
    """The rules of sub-metering with the office's thresholds and durations; another edition where they are not the defaults."""
    told = office().submetering
    default = DEFAULT_RULES
    running, idle, off = (told[f"{name}_percent"] / 100 for name in ("running", "idle", "off"))
    rules = replace(
        default,
        meter=replace(default.meter, running_share=running, idle_share=idle, off_share=off),
        submeter=tuple(replace(rule, least_hours=told[f"{rule.code}_hours"]) for rule in default.submeter),
    )
    if rules == default:
        return default
    digest = hashlib.sha256(repr(sorted(told.items())).encode()).hexdigest()[:6]
    return replace(rules, edition=f"{default.edition}+{digest}")


def treatment_rows(engine: Engine, start: date, end: date) -> list[dict[str, Any]]:
    """One row an enterprise, day and rule of [start, end) as kept, with `words` (of the rule) and `span_words` (`09时至12时`)."""
    with reading(engine) as connection:
        kept = kept_treatment(connection, start, end)
    words = {rule.code: rule.words for rule in DEFAULT_RULES.submeter}
    rows = kept.astype(object).where(kept.notna(), None).to_dict("records")
    return [
        {str(name): value for name, value in row.items()}
        | {"words": words.get(row["rule"], row["rule"]), "span_words": _span_words(row["spans"])}
        for row in rows
    ]


def rule_rows() -> list[tuple[str, int, str]]:
    """What each rule says, how many hours it wants, and what in it counts as running, idle and off."""
    rules = submeter_rules()
    meter = rules.meter
    runs = say(
        "生产功率高于前{days_back}天上四分位数的{running_share:.0%}为生产",
        days_back=meter.days_back,
        running_share=meter.running_share,
    )
    idle = say(
        "{runs}；治污功率低于平常每单位生产用电的{idle_share:.0%}为停运",
        runs=runs,
        idle_share=meter.idle_share,
    )
    stands = say(
        "{runs}；治污功率低于平常的{off_share:.0%}为停机，不要求连续", runs=runs, off_share=meter.off_share
    )
    told = {
        "idle": idle,
        "shorter": stands,
        "lost": say("{runs}；前后均在生产、其间无数据", runs=runs),
        "stopped": runs,
    }
    return [(rule.words, rule.least_hours, told[rule.code]) for rule in rules.submeter]


def treatment_workbook(
    engine: Engine, start: date, end: date, meters: pd.DataFrame | None, as_of: datetime
) -> bytes:
    """The list, with the completeness of every meter where it is told, and the rules."""
    rows = treatment_rows(engine, start, end)
    mark = SIMULATED_LABEL if any(row["is_simulated"] for row in rows) else ""
    return workbook_of(_sheets(rows, meters), say("疑似治污设施不正常运行"), as_of, mark)


def _sheets(rows: list[dict[str, Any]], meters: pd.DataFrame | None) -> Iterable[Sheet]:
    yield Sheet("疑似清单", HEADER, [_row(row) for row in rows], dated("日期"))
    if meters is not None:
        yield Sheet(
            "计电完整率",
            [
                say("企业编号"),
                say("日期"),
                say("有数小时"),
                say("采用小时"),
                say("完整率"),
                say("未使用原因"),
            ],
            [
                tuple(
                    one[name]
                    for name in (
                        "enterprise_id",
                        "date",
                        "metered_hours",
                        "used_hours",
                        "completeness",
                        "words",
                    )
                )
                for one in meters.to_dict("records")
            ],
            dated("日期") | {"完整率": "share"},
        )
    yield Sheet(
        "规则",
        [
            say("情形"),
            say("最少小时数"),
            say("口径（系统默认）" if submeter_rules() == DEFAULT_RULES else "口径（本机关设定）"),
        ],
        rule_rows(),
        {},
    )
    yield Sheet(
        "说明", [say("项目"), say("内容")], [(say("性质"), say("均为疑似，建议核查，不作为认定依据"))], {}
    )


def _row(row: dict[str, Any]) -> tuple[Any, ...]:
    names = ("observed_on", "enterprise_id", "name", "unit_name", "county", "words", "hours", "span_words")
    powers = ("production_kw", "treatment_kw", "usual_treatment_kw", "metered_hours", "known_hours")
    return tuple(row[name] for name in (*names, *powers))


def _span_words(spans: str) -> str:
    pairs = (span.split("-") for span in spans.split(",") if span)
    return say("、").join(say("{begin}时至{end}时", begin=begin, end=end) for begin, end in pairs)
