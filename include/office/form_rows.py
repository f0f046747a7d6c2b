"""What stands in the lines of an answer form that was read, for a person who decides about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from include.language import say
from include.sources.delivery import Part
from include.sources.staging import origin_of


@dataclass
class FormLine:
    """One line of a form: the step and the problem that it tells, who went there; `reason`: why it cannot be used, or empty."""

    alarm_id: str
    event: str = ""
    problem: str = ""
    who: str = ""
    reason: str = ""


def form_lines(parts: Iterable[Part], refused: Mapping[str, str]) -> dict[int, FormLine]:
    """The lines of a form by their number, in its order. `refused`: reasons by the origin of a row, where intake has judged them."""
    told: dict[int, FormLine] = {}
    for part in parts:
        chunk = part.chunk
        for line, row in zip(chunk.lines.tolist(), chunk.rows.to_dict("records"), strict=True):
            about = told.setdefault(line, FormLine(str(row["alarm_id"])))
            about.reason = about.reason or refused.get(origin_of(chunk, line), "")
            if "event" in row:
                about.event, about.who = str(row["event"]), f"{row['unit']} {row['inspector']}".strip()
            else:
                about.problem = say(
                    "{category}　{description}", category=row["category"], description=row["description"]
                )
        for broken in chunk.broken:
            told[broken.line] = FormLine(broken.alarm_id, problem=broken.text, reason=broken.reason)
    return dict(sorted(told.items()))
