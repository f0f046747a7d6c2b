"""What a text names: units, counties, grids, alarms, letters by number, enterprises, addresses; and what comes nearest to one that
is not there."""

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final, Literal
from urllib.parse import quote

from sqlalchemy import Connection, case, func, select

from include.house import House
from include.periods import midnight
from include.profile.current import office
from include.store import tables
from include.store.engine import reading
from include.store.statements import contains, frame

Topic = Literal["unit", "county", "grid", "alarm", "point", "letter", "enterprise", "contact"]
MOST: Final = 12  # of a topic
_NEAR: Final = 8
_LEAST_SHARED: Final = (
    3  # signs that a number shares with what is shown as near to it, where nothing says that it is a number
)
_CLOSE: Final = 0.4  # of difflib: what two names have in common
_LETTER_ID: Final = re.compile(r"[#＃]\s*([0-9]{1,15})")
# A document number as people write it: what it begins with, its year, its own number.
_NUMBER: Final = re.compile(r"(?P<name>\D*?)\W*(?P<year>(?:19|20)[0-9]{2})\D+?0*(?P<seq>[0-9]{1,9})\D*")
_YEAR: Final = re.compile(r"(?<![0-9])(?:19|20)[0-9]{2}(?![0-9])")
_LAST: Final = "\U0010ffff"


@dataclass(frozen=True)
class Hit:
    """One thing with the page that shows it. `is_exact`: the text is its very name, in whatever case; `of`: how many of its topic the
    text names, those that are not shown among them; `words`: the spelling that names it."""

    topic: Topic
    title: str
    detail: str
    path: str
    is_exact: bool = False
    unit_code: str = ""
    of: int = 1
    words: str = ""


def search(house: House, words: str, today: date, most: int | None = None) -> tuple[Hit, ...]:
    """Everything that the words name, at most `most` (else MOST) a topic, exact names first; as they are typed, or, where that names nothing, as they
    are written elsewhere (full width, other brackets). `#37` is the letter of that number in the list. Empty for no words."""
    words = words.strip()
    if letter_id := _LETTER_ID.fullmatch(words):
        with reading(house.engine) as connection:
            return _letter(connection, int(letter_id[1]))
    spellings = (_search(house, spelling, today, most) for spelling in _spellings(words))
    return next((found for found in spellings if found), ()) or _inside(house, words, today)


def in_own_words(words: str) -> str:
    """The office's name of what the words are the English name of, or the only one that begins so; the words themselves otherwise."""
    plain = unicodedata.normalize("NFKC", words).strip().casefold()
    english = {name: told.casefold() for name, told in office().names_en.items()}
    exact = [name for name, told in english.items() if plain and told == plain]
    begun = [name for name, told in english.items() if plain and told.startswith(plain)]
    return exact[0] if exact else begun[0] if len(begun) == 1 else words.strip()


def _inside(house: House, words: str, today: date) -> tuple[Hit, ...]:
    """What words name that begin with a unit, in that unit: 某市某区 is 某区 of 某市, however it is shortened."""
    city = tables.city.c
    with reading(house.engine) as connection:
        rows = connection.execute(select(city.unit_code, city.unit_name).order_by(city.unit_code)).all()
    for row in rows:
        for name in (row.unit_name, row.unit_name[:-1]):
            rest = words.removeprefix(name).strip()
            if len(name) > 1 and rest and rest != words:
                own = [hit for hit in _search(house, rest, today) if hit.unit_code == row.unit_code]
                if own:
                    return tuple(replace(hit, is_exact=False, of=1) for hit in own)
    return ()


def _spellings(words: str) -> Sequence[str]:
    """What the words are the English name of, the words as they are typed, in half width, with the brackets of document numbers and of
    names."""
    plain = unicodedata.normalize("NFKC", words)
    brackets = (
        plain.translate(str.maketrans("[]【】", "〔〕〔〕")),
        plain.translate(str.maketrans("()", "（）")),
    )
    named = (name for name, english in office().names_en.items() if english.casefold() == plain.casefold())
    return [one for one in dict.fromkeys((*named, words, plain, *brackets)) if one]


def _search(house: House, words: str, today: date, most: int | None = None) -> tuple[Hit, ...]:
    pattern = contains(words) or "%"
    begin = words.upper()
    with reading(house.engine) as connection:
        rows = frame(
            connection,
            "search",
            pattern=pattern,
            start_pattern=pattern[1:],
            exact=words.lower(),
            names=tuple({words, words.upper(), words.lower()}),
            years=tuple(int(year) for year in _YEAR.findall(words)),
            first_name=begin,
            last_name=begin + _LAST,
            most=most or MOST,
            on_date=today,
            points_from=midnight(house.season[0]),
        )
    return tuple(_hit(row, words) for row in rows.to_dict("records"))


def _hit(row: Mapping[Any, Any], words: str) -> Hit:
    topic, code, title, detail = (str(row[name] or "") for name in ("topic", "code", "title", "detail"))
    # An enterprise has no page of its own: the list says what it is.
    names = {
        title.lower(),
        code.lower(),
        *([title[:-1].lower()] if topic == "unit" else []),
    }  # a city is found without the word 市
    is_exact = topic != "enterprise" and words.lower() in names
    unit = str(row["unit_code"] or "")
    return Hit(topic, title, detail, _path(topic, code, unit), is_exact, unit, int(row["of_topic"]), words)  # type: ignore[arg-type]


def _path(topic: str, code: str, unit_code: str) -> str:
    if topic == "contact":
        return f"/contacts?region={quote(unit_code)}"
    if topic == "enterprise" or topic in ("unit", "county"):
        return f"/cities/{quote(unit_code)}"
    rooms = {"grid": "grids", "point": "grids", "alarm": "alarms", "letter": "letters"}
    return f"/{rooms[topic]}/{quote(code, safe='')}"


def nearest(house: House, topic: Topic, words: str) -> tuple[Hit, ...]:
    """What comes nearest to a name of which there is nothing: names that begin as it does, or that are written much the same."""
    with reading(house.engine) as connection:
        if topic == "unit":
            return _units(connection, words)
        if topic == "letter":
            return _letters(connection, words)
        return _beginning(connection, topic, words)


def anything_near(house: House, words: str, today: date) -> tuple[Hit, ...]:
    """What comes nearest to words that name nothing: of a document number the letters of that year whose numbers are next to it, of
    several words what each of them names, else units, grids and alarms that are written much the same."""
    with reading(house.engine) as connection:
        if numbered := _numbered(connection, words):
            return numbered
    parts = words.split()
    if len(parts) > 1:
        found = [hit for part in parts[:_NEAR] for hit in search(house, part, today)]
        return tuple(dict.fromkeys(found))[:MOST]
    words = unicodedata.normalize("NFKC", words.strip())
    with reading(house.engine) as connection:
        units = _units(connection, words)
        if units or not any(sign.isdecimal() for sign in words):
            return units
        return tuple(
            hit for topic in ("grid", "alarm") for hit in _beginning(connection, topic, words, _LEAST_SHARED)
        )


def _numbered(connection: Connection, words: str) -> tuple[Hit, ...]:
    """The letters whose document numbers of that year are next to the one that the words are, those that begin as it does first; none where they are no such number."""
    asked = _NUMBER.fullmatch(unicodedata.normalize("NFKC", words).strip())
    if asked is None:
        return ()
    register, letter = tables.letter_number.c, tables.letter.c
    rows = connection.execute(
        select(letter.letter_id, register.number, letter.subject)
        .join(tables.letter, letter.letter_id == register.letter_id)
        .where(register.year == int(asked["year"]))
        .order_by(
            case((func.lower(register.number).like(contains(asked["name"]) or "%", escape="!"), 0), else_=1),
            func.abs(register.seq - int(asked["seq"])),
            register.series,
        )
        .limit(_NEAR)
    ).all()
    return tuple(Hit("letter", row.number, row.subject, f"/letters/{row.letter_id}") for row in rows)


def _units(connection: Connection, words: str) -> tuple[Hit, ...]:
    city = tables.city.c
    rows = connection.execute(select(city.unit_code, city.unit_name, city.province_name)).all()
    told = office().names_en
    names = {
        name: row for row in rows for name in (row.unit_name, row.unit_code, told.get(row.unit_name)) if name
    }
    close = difflib.get_close_matches(words, names, n=_NEAR, cutoff=_CLOSE) or _next_codes(words, names)
    found = dict.fromkeys(names[name] for name in close)
    return tuple(Hit("unit", row.unit_name, row.province_name, f"/cities/{row.unit_code}") for row in found)


def _next_codes(words: str, names: Iterable[str]) -> list[str]:
    """The codes next to a number that is nobody's."""
    codes = [name for name in names if name.isdecimal()] if words.isdecimal() else []
    return sorted(codes, key=lambda code: (abs(int(code) - int(words)), code))[:_NEAR]


def _letter(connection: Connection, letter_id: int) -> tuple[Hit, ...]:
    """The letter of that number in the list; none where there is no such letter."""
    letter = tables.letter.c
    row = connection.execute(
        select(letter.number, letter.subject).where(letter.letter_id == letter_id)
    ).one_or_none()
    if row is None:
        return ()
    title = f"#{letter_id} {row.number or ''}".strip()
    return (Hit("letter", title, row.subject, f"/letters/{letter_id}", is_exact=True),)


def _letters(connection: Connection, words: str) -> tuple[Hit, ...]:
    letter = tables.letter.c
    number = int(words) if words.isdecimal() else 0
    query = select(letter.letter_id, letter.number, letter.subject)
    before = connection.execute(
        query.where(letter.letter_id < number).order_by(letter.letter_id.desc()).limit(3)
    ).all()
    after = connection.execute(
        query.where(letter.letter_id > number).order_by(letter.letter_id).limit(3)
    ).all()
    return tuple(
        Hit(
            "letter", f"#{row.letter_id} {row.number or ''}".strip(), row.subject, f"/letters/{row.letter_id}"
        )
        for row in (*reversed(before), *after)
    )


def _beginning(connection: Connection, topic: Topic, words: str, least: int = 1) -> tuple[Hit, ...]:
    """Of grids and alarms: those that share the longest beginning with the words, `least` signs or more, in upper case as such numbers
    are written."""
    table = tables.grid if topic == "grid" else tables.alarm
    key, name = (table.c.grid_id, table.c.name) if topic == "grid" else (table.c.alarm_id, table.c.point_name)
    for length in range(len(words), least - 1, -1):
        begin = words[:length]
        for spelling in dict.fromkeys((begin, begin.upper())):
            rows = connection.execute(
                select(key, name)
                .where(key >= spelling, key < spelling + _LAST)
                .distinct()
                .order_by(key)
                .limit(_NEAR)
            ).all()
            if rows:
                return tuple(Hit(topic, row[0], row[1] or "", _path(topic, row[0], "")) for row in rows)
    return ()


def same_but_for_case(hits: Sequence[Hit], topic: Topic) -> Hit | None:
    """The one thing of a topic whose name is the words themselves in another case."""
    exact = [one for one in hits if one.topic == topic and one.is_exact]
    return exact[0] if len(exact) == 1 else None
