"""Grids that stand above their surroundings for weeks (持续偏高), as a 通报函 prints them."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from include.language import say
from include.letters.words.wording import named
from include.rules import BULLETIN
from include.supervision.bulletin_figures import LastingGrid
from include.supervision.standards import rounded

_TOLD: Final = 3  # that the text of the letter names


def lasting_values(grids: Sequence[LastingGrid], show: Callable[[str], str]) -> dict[str, Any]:
    """`持续偏高`: the grids; `列示持续偏高`: those that the letter lists; `持续偏高名`: the first ones as the text names them."""
    rows = [
        {
            "网格编号": show(one.grid_id),
            "区县": show(one.county),
            "网格名称": show(one.name),
            "站点": one.stations,
            "天数": f"{one.days_with_data}/{one.window_days}",
            "偏高天": f"{one.days_above}/{one.days_with_data}",
            "高出": f"{rounded(one.excess_ug_m3, 0)}",
            "高出比": f"{rounded(one.excess_pct, 1)}%",
        }
        for one in grids
    ]
    names = [
        say(
            "{county}{grid_id}网格（高出周边约{percent}）",
            county=row["区县"],
            grid_id=row["网格编号"],
            percent=row["高出比"],
        )
        for row in rows
    ]
    return {
        "持续偏高": rows,
        "列示持续偏高": rows[: BULLETIN.listed_lasting],
        "持续偏高名": named(names, _TOLD, say("个")),
        "持续偏高天数": grids[0].window_days if grids else 0,
    }
