"""How an unknown file tells its times: which columns, in which format, and how far apart."""

from __future__ import annotations

import re
from typing import Final

import pandas as pd

from include.periods import office_zone
from include.sources.checks import FIRST_YEAR, LAST_YEAR
from include.sources.guess.form import Seen
from include.sources.mapping.language import Moment, Piece, Template
from include.sources.mapping.moments import instants, says_utc
from include.sources.reading.characters import narrow, narrow_text, numbers
from include.sources.reading.written_times import hour_number, iso_texts

UNSURE: Final = "?"  # stands for a format that nobody can tell from the file; a mapping with it is refused
_LEAST: Final = 0.9  # of the rows must be of a format
_SLASHED: Final = re.compile(
    r"(?P<a>[0-9]{1,2})(?P<sep>[/.-])(?P<b>[0-9]{1,2})(?P=sep)(?P<y>[0-9]{4}|[0-9]{2})(?P<rest>.*)"
)
_CLOCKS: Final = {
    "": "",
    "9:9": " %H:%M",
    "9:9:9": " %H:%M:%S",
    "9:9 M": " %I:%M %p",
    "9:9:9 M": " %I:%M:%S %p",
    "9": " %H",
}
_END: Final = re.compile(r"结束|截止|终止|hour.?ending|(?:^|[_ (])end(?:$|[_ )])")
_START: Final = "时间指一小时的开始；若为结束：hour_label: end；时区：time_zone"


def zone_lines(seen: Seen) -> list[str]:
    """The zone of the times, where their heading says that they are UTC."""
    headings = [seen.heading(word) for word in ("time", "hour", "date")]
    if not any(map(says_utc, headings)):
        return []
    return ["    time_zone: UTC        # ? 表头说是世界时"]


def _label(*headings: str) -> str:
    """`, hour_label: end` where a heading says that it names the end of the hour."""
    is_end = any(_END.search(narrow_text(heading).lower()) for heading in headings)
    return ", hour_label: end" if is_end else ""


def is_daily(seen: Seen) -> bool:
    """Whether the file tells days and no hours."""
    date = seen.heading("date")
    if seen.heading("hour") or seen.heading("time") or not date:
        return False
    told = iso_texts(_filled(seen, date))
    return bool((~told.str.contains("T") | told.str.contains("T00:00")).all())


NO_TIME: Final = '      hour: {moment: "{时间}"}   # ? 没有找到时间列'


def time_lines(seen: Seen) -> list[str]:
    """The line of the mapping that says what an hour is read from."""
    date, hour, time = (seen.heading(word) for word in ("date", "hour", "time"))
    by_name = {name.lower(): name for name in seen.headings}
    parts = [
        by_name[name if name in by_name else word]
        for name, word in (("year", "年"), ("month", "月"), ("day", "日"))
        if name in by_name or word in by_name
    ]
    if len(parts) == 3 and hour:
        year, month, day = parts
        return _hours_line(f"{{{year}}}-{{{month}:02}}-{{{day}:02}}", "", hour, seen)
    clock = hour or time
    if date and clock and date != clock:
        form = time_format(_filled(seen, date))
        if not _hours_of(seen, clock).isna().mean() > 1 - _LEAST:
            return _hours_line(f"{{{date}}}", form, clock, seen)
        if _filled(seen, clock).str.fullmatch("(?:[0-9]|1[0-9]|2[0-4])?[0-9]?00|0").all():
            compact = {True: "%Y%m%d", False: form or "%Y-%m-%d"}[
                bool(_filled(seen, date).str.fullmatch("[0-9]{8}").all())
            ]
            return [
                f'      hour: {{moment: "{{{date}}} {{{clock}:04}}", format: "{compact} %H%M"{_label(clock)}}}  # ? {_START}'
            ]
        both = _filled(seen, date) + " " + seen.rows[clock].reindex(_filled(seen, date).index)
        if (iso_texts(both) != "").mean() >= _LEAST:
            return [f'      hour: {{moment: "{{{date}}} {{{clock}}}"{_label(clock)}}}  # ? {_START}']
    only = time or date
    if not only:
        return [NO_TIME]
    if is_daily(seen):
        return [_moment_line("hour", only, time_format(_filled(seen, only)), "")]
    return [_moment_line("hour", only, time_format(_filled(seen, only)), _START, _label(only))]


def _moment_line(name: str, heading: str, form: str, question: str, label: str = "") -> str:
    if form == UNSURE:
        question = '看不出是月/日还是日/月，或没有认出写法：写 format，如 "%m/%d/%Y %H:%M"、"%d/%m/%Y %H:%M"'
    told = f', format: "{form}"' if form else ""
    return f'      {name}: {{moment: "{{{heading}}}"{told}{label}}}' + (
        f"  # ? {question}" if question else ""
    )


def _hours_line(moment: str, form: str, hour: str, seen: Seen) -> list[str]:
    told = f', format: "{form}"' if form else ""
    question = "1至24时自动按整点结束理解；0至23时若为结束：hour_label: end"
    if form == UNSURE:
        question = '看不出是月/日还是日/月：写 format，如 "%m/%d/%Y"'
    return [f'      hour: {{moment: "{moment}"{told}, hours: {quoted(hour)}{_label(hour)}}}  # ? {question}']


def moment_rule(name: str, heading: str, seen: Seen) -> str:
    """The line of a moment of a table of records."""
    form = time_format(_filled(seen, heading))
    return f"      {name}: {quoted(heading)}" if not form else _moment_line(name, heading, form, "")


def _filled(seen: Seen, heading: str) -> pd.Series[str]:
    texts = seen.rows[heading].str.strip()
    return texts[texts != ""]


def _hours_of(seen: Seen, heading: str) -> pd.Series[float]:
    return _filled(seen, heading).map(hour_number).astype("float64")


def time_format(texts: pd.Series[str]) -> str:
    """The format of a column of times: empty where `written_times` reads them, `UNSURE` where the file does not tell."""
    years = numbers(iso_texts(texts).str[:4])  # ten digits may be a count of seconds: 1773072000
    if not len(texts) or years.between(FIRST_YEAR, LAST_YEAR).mean() >= _LEAST:
        return ""
    counts = numbers(texts)
    if counts.notna().mean() >= _LEAST:
        middle = counts.median()
        spans = (
            ("epoch_s", 946_684_800, 4_102_444_800),
            ("epoch_ms", 946_684_800_000, 4_102_444_800_000),
            ("excel", 36_526, 73_051),
        )
        return next((name for name, least, most in spans if least <= middle <= most), UNSURE)
    return _slashed(narrow(texts))


def _slashed(texts: pd.Series[str]) -> str:
    """`3/12/2020 9:10` and its like, where a number above 12 (or a point between them) shows which is the day."""
    found = [match for text in texts if (match := _SLASHED.fullmatch(text))]
    if len(found) < _LEAST * len(texts):
        return UNSURE
    sep, years = found[0]["sep"], {len(match["y"]) for match in found}
    firsts, seconds = (max(int(match[name]) for match in found) for name in ("a", "b"))
    if (firsts > 12 and seconds > 12) or (firsts <= 12 and seconds <= 12 and sep != ".") or years != {4}:
        return UNSURE
    order = "%m{0}%d{0}%Y" if seconds > 12 else "%d{0}%m{0}%Y"
    shapes = {
        re.sub(r"[ap]\.?m\.?", "M", re.sub("[0-9]+", "9", match["rest"].strip().lower())).strip()
        for match in found
    }
    clock = _CLOCKS.get(next(iter(shapes))) if len(shapes) == 1 else None
    form = order.format(sep) + (clock or "")
    is_read = pd.to_datetime(texts, format=form, errors="coerce").notna().mean() >= _LEAST
    return form if clock is not None and is_read else UNSURE


def minutes_apart(seen: Seen, place: str) -> float:
    """How many minutes values of one place are apart, where that is less than an hour; 0 otherwise."""
    time = seen.heading("time")
    if not time or seen.heading("hour") or seen.heading("date"):
        return 0.0
    form = time_format(_filled(seen, time))
    if form == UNSURE:
        return 0.0
    moment = Moment(Template((Piece("", time),)), form, office_zone(), "")
    moments, _ = instants(moment, seen.rows, {})
    if not (moments.dt.minute.dropna() != 0).any():
        return 0.0
    keys = [seen.rows[name] for name in (place, seen.heading("pollutant")) if name]
    groups = [each for _, each in moments.groupby(keys)] if keys else [moments]
    apart = pd.concat([each.sort_values().diff() for each in groups]).dt.total_seconds()
    apart = apart[apart > 0] / 60
    return min(60.0, max(0.5, round(float(apart.median()) * 2) / 2)) if len(apart) else 60.0


def quoted(text: str) -> str:
    """A text as YAML takes it for one."""
    plain = re.fullmatch(r"[\w一-鿿][\w一-鿿. ]*", text) and text.lower() not in {
        "no",
        "yes",
        "on",
        "off",
        "true",
        "false",
        "null",
        "y",
        "n",
    }
    is_number = re.fullmatch(r"[0-9._]+", text)
    return text if plain and not is_number else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
