"""Units 单位: whom this office addresses on a date; add, end, rename, re-parent, join and leave a region, each with a reason."""

from datetime import date
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Form

from include.desk.pages.dated_book import KEEP, Also, Book, BookText, Field, Step, book_routes
from include.desk.pages.desk import Desk
from include.errors import InputError
from include.office.units import close_unit, successors_told, units_on
from include.profile.values import UNIT_KINDS, Unit
from include.sources.succession import take_over
from include.store.successors import Successor
from include.store.units import add_unit, change_region, change_unit

Deed = Literal["add", "end", "succeed", "rename", "move", "join", "leave", "keep"]


def routes(desk: Desk) -> APIRouter:
    """GET /units; POST /units"""
    return book_routes(desk, BOOK)


def _form(
    act: Annotated[Deed, Form()],
    unit_code: BookText,
    since: BookText = "",
    name: BookText = "",
    bureau: BookText = "",
    address_form: BookText = "",
    kind: BookText = "bureau",
    place_code: BookText = "",
    reports_to: BookText = "",
    region: BookText = "",
    leaving: BookText = "",
    successor: BookText = "",
    county: BookText = "",
) -> tuple[str, dict[str, str]]:
    told: dict[str, str] = dict(locals())
    return told.pop("act"), told


def _step(act: str, told: dict[str, str], day: date) -> Step:
    """What an act does to the store. Raises InputError where it lacks a field."""
    code, region = told["unit_code"], told["region"]
    names = {name: told[name] for name in ("name", "bureau", "address_form") if told[name]}
    if act == "rename" and not names:
        raise InputError(
            "nothing to change", where=f"unit {code}", expected="a name, a bureau or a form of address"
        )
    if act in ("join", "leave") and not region:
        raise InputError("no region was named", where=f"unit {code}", expected="a region")
    if act == "succeed" and not told["successor"]:
        raise InputError(
            "no successor was named", where=f"unit {code}", expected="the code of the unit that answers"
        )
    heir = Successor(told["successor"], day)
    steps: dict[str, Step] = {
        "add": lambda connection, by: add_unit(connection, _unit(told, day), True, region, by),
        "end": lambda connection, by: close_unit(connection, code, day, told["successor"], by),
        "succeed": lambda connection, by: take_over(connection, code, heir, told["county"], by),
        "rename": lambda connection, by: change_unit(connection, code, day, names, act, by),
        "move": lambda connection, by: change_unit(
            connection, code, day, {"reports_to": told["reports_to"]}, act, by
        ),
        "join": lambda connection, by: change_region(
            connection, code, region, day, joins=True, act=by, leaving=told["leaving"]
        ),
        "leave": lambda connection, by: change_region(connection, code, region, day, joins=False, act=by),
    }
    return steps[act]


def _unit(told: dict[str, str], day: date) -> Unit:
    return Unit(
        told["unit_code"],
        told["name"],
        told["bureau"],
        told["kind"],
        told["place_code"],
        told["reports_to"],
        told["address_form"],
        valid_from=day,
    )


BOOK: Final = Book(
    name="units",
    subject="unit",
    title="单位名录",
    change="更改单位",
    note="自所填日期起生效，此前的函件和数字不变；人工更改不会被档案或来源覆盖。撤销单位时可同时填“承接单位”：当日未办结的和此后推送的报警归承接单位，已反馈的留在原单位的数字里。",
    code=("unit_code", "单位代码"),
    columns=(
        ("name", "名称"),
        ("bureau", "主送机关"),
        ("reports_to", "上级"),
        ("region", "区域"),
    ),
    above="reports_to",
    fields=(
        Field("name", "名称", 64),
        Field("bureau", "主送机关", 128),
        Field("address_form", "称呼"),
        Field("reports_to", "上级"),
        Field("region", "区域"),
        Field("leaving", "移出区域"),
        Field("successor", "承接单位"),
        Field("county", "仅承接此区县", 64),
        Field("kind", "类型", choices=tuple(UNIT_KINDS), group="unit_kind"),
        Field("place_code", "所在地代码"),
    ),
    acts={
        "rename": "改名",
        "move": "改上级",
        "join": "划入区域",
        "leave": "移出区域",
        "end": "撤销单位",
        "succeed": "指定承接单位",
        "add": "新增单位",
        KEEP: "以现有的为准",
    },
    rows=units_on,
    form=_form,
    step=_step,
    also=Also(
        "承接单位",
        ("已撤销的单位", "区县", "承接单位", "自"),
        lambda connection: [
            (code, county, successor, str(since)[:10])
            for code, county, successor, since in successors_told(connection)
        ],
    ),
)
