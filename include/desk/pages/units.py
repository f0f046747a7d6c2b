"""Units 单位: whom this office addresses on a date; add, end, rename, re-parent, join and leave a region, each with a reason."""

from datetime import date
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Form

from include.desk.pages.dated_book import KEEP, Book, BookText, Field, Step, book_routes
from include.desk.pages.desk import Desk
from include.errors import InputError
from include.office.units import units_on
from include.profile.values import UNIT_KINDS, Unit
from include.store.units import add_unit, change_region, change_unit, end_unit

Deed = Literal["add", "end", "rename", "move", "join", "leave", "keep"]


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
    steps: dict[str, Step] = {
        "add": lambda connection, by: add_unit(connection, _unit(told, day), True, region, by),
        "end": lambda connection, by: end_unit(connection, code, day, by),
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
    title="单位",
    change="更改单位",
    note="自所填日期起生效，此前的函件和数字不变；人工更改不会被档案或来源覆盖。",
    code=("unit_code", "单位代码"),
    columns=(
        ("name", "名称"),
        ("bureau", "主送机关"),
        ("reports_to", "上级"),
        ("region", "区域"),
    ),
    fields=(
        Field("name", "名称", 64),
        Field("bureau", "主送机关", 128),
        Field("address_form", "称呼"),
        Field("reports_to", "上级"),
        Field("region", "区域"),
        Field("leaving", "移出区域"),
        Field("kind", "类型", choices=tuple(UNIT_KINDS)),
        Field("place_code", "所在地代码"),
    ),
    acts={
        "rename": "改名",
        "move": "改上级",
        "join": "划入区域",
        "leave": "移出区域",
        "end": "撤销",
        "add": "新增单位",
        KEEP: "以现有的为准",
    },
    rows=units_on,
    form=_form,
    step=_step,
)
