"""standards.yaml of a profile: the editions of its air-quality standard."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from include.profile import settings
from include.profile.findings import Findings
from include.profile.settings import Lined, Wrong, read_yaml
from include.profile.values import Standard

_FILE: Final = "standards.yaml"


def read_standards(folder: Path, findings: Findings) -> tuple[Standard, ...]:
    """The editions, by the day from which they hold; each fault is a finding."""
    file = _FILE
    root = read_yaml(folder / file, findings) if (folder / file).is_file() else None
    if root is None:
        return ()
    editions = root.value.get("editions") if isinstance(root.value, dict) else None
    for key in sorted(set(root.value) - {"editions"}) if editions is not None else ():
        findings.add(file, root.value[key].line, "unknown key", expected="editions", got=key)
    if editions is None or not isinstance(editions.value, list) or not editions.value:
        findings.add(file, root.line, "no editions", expected="editions: [{name: …, …}]")
        return ()
    read = [(_standard(one, file, findings), one.line) for one in editions.value]
    found = sorted(
        ((one, line) for one, line in read if one is not None), key=lambda pair: pair[0].valid_from
    )
    # Of editions that cannot be read nothing is known: one of them may be the first.
    if len(found) == len(read) and found[0][0].valid_from != date.min:
        findings.add(
            file,
            found[0][1],
            "the first edition has a beginning",
            expected="no valid_from: it holds since ever",
        )
    names: set[str] = set()
    for one, line in found:
        if one.name in names:
            findings.add(file, line, "two editions have one name", expected="a name of its own", got=one.name)
        names.add(one.name)
    for (before, _), (after, line) in pairwise(found):
        if before.valid_from == after.valid_from:
            findings.add(
                file,
                line,
                "two editions hold from one day",
                expected="another valid_from",
                got=f"{before.name}, {after.name}",
            )
    return tuple(one for one, _ in found)


_EDITION: Final = {"name", "valid_from", "day_ug_m3", "year_ug_m3", "index_breakpoints_ug_m3"}


def _standard(one: Lined, file: str, findings: Findings) -> Standard | None:
    told = one.plain() if isinstance(one.value, dict) else {}
    try:
        if unknown := set(told) - _EDITION:
            raise Wrong(f"{', '.join(sorted(_EDITION))}, and not {', '.join(sorted(map(str, unknown)))}")
        of_day, of_year = _limits(told["day_ug_m3"]), _limits(told["year_ug_m3"])
        if of_day[0] > of_day[1] or of_year[0] > of_year[1]:
            raise Wrong("limits of class_1 that are at most those of class_2")
        points = told.get("index_breakpoints_ug_m3")
        if points is not None and (
            not isinstance(points, list)
            or len(points) != 8
            or points != sorted(set(points))
            or points[0] != 0
        ):
            raise Wrong("index_breakpoints_ug_m3: eight rising numbers from 0")
        since = told.get("valid_from")
        return Standard(
            settings.text(told["name"]),
            date.min if since is None else settings.day(since),
            of_day,
            of_year,
            None if points is None else tuple(settings.number(0, 5000)(point) for point in points),
        )
    except (Wrong, KeyError, TypeError) as error:
        expected = (
            str(error) if isinstance(error, Wrong) else "name, day_ug_m3, year_ug_m3: {class_1, class_2}"
        )
        findings.add(file, one.line, "an edition cannot be read", expected=expected, got=told)
        return None


def _limits(told: Any) -> tuple[int, int]:
    """The limits of class I and class II areas, μg/m³. Raises Wrong."""
    if not isinstance(told, dict) or set(told) != {"class_1", "class_2"}:
        raise Wrong("limits {class_1, class_2}")
    first, second = (settings.number(1, 1000)(told[name]) for name in ("class_1", "class_2"))
    return first, second
