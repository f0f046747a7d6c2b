"""Places 地方: what lies where on a date; add, end, rename, re-parent, each with a reason."""

from datetime import date
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Form

from include.desk.pages.dated_book import KEEP, Book, BookText, Field, Step, book_routes
from include.desk.pages.desk import Desk
from include.errors import InputError
from include.office.units import places_on
from include.profile.values import Place
from include.store.places import add_place, change_place, end_place

Deed = Literal["add", "end", "rename", "move", "keep"]


def routes(desk: Desk) -> APIRouter:
    """GET /places; POST /places"""
    return book_routes(desk, BOOK)


def _form(
    act: Annotated[Deed, Form()],
    place_code: BookText,
    since: BookText = "",
    name: BookText = "",
    name_en: BookText = "",
    level: BookText = "",
    parent_code: BookText = "",
) -> tuple[str, dict[str, str]]:
    told: dict[str, str] = dict(locals())
    return told.pop("act"), told


def _step(act: str, told: dict[str, str], day: date) -> Step:
    """What an act does to the store. Raises InputError where it lacks a field."""
    code = told["place_code"]
    names = {name: told[name] for name in ("name", "name_en", "level") if told[name]}
    place = Place(
        code, told["name"], told["level"], told["parent_code"], name_en=told["name_en"], valid_from=day
    )
    if act == "rename" and not names:
        raise InputError("nothing to change", where=f"place {code}", expected="a name or a level")
    steps: dict[str, Step] = {
        "add": lambda connection, by: add_place(connection, place, by),
        "end": lambda connection, by: end_place(connection, code, day, by),
        "rename": lambda connection, by: change_place(connection, code, day, names, act, by),
        "move": lambda connection, by: change_place(
            connection, code, day, {"parent_code": told["parent_code"]}, act, by
        ),
    }
    return steps[act]


BOOK: Final = Book(
    name="places",
    subject="place",
    title="地方",
    change="更改地方",
    note="自所填日期起生效；原名称成为别名，文件中仍可使用；人工更改不会被档案覆盖。",
    code=("place_code", "地方代码"),
    columns=(
        ("name", "名称"),
        ("level", "层级"),
        ("parent_code", "所在的地方"),
        ("aliases", "别名"),
    ),
    above="parent_code",
    fields=(
        Field("name", "名称", 64),
        Field("name_en", "英文名称", 64),
        Field("level", "层级"),
        Field("parent_code", "所在的地方"),
    ),
    acts={
        "rename": "改名",
        "move": "改上级",
        "end": "撤销地方",
        "add": "新增地方",
        KEEP: "以现有的为准",
    },
    labels={"level": "place_level"},
    rows=places_on,
    form=_form,
    step=_step,
)
