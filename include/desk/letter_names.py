"""A letter as a person names it: by its number in the list, its 文号, or its key."""

import re
from typing import Final

from sqlalchemy import or_, select

from include.house import House
from include.store import tables
from include.store.engine import reading

_LISTED: Final = re.compile(r"[#＃]?\s*([0-9]{1,15})")


def key_of_letter(house: House, words: str) -> str:
    """The key of the letter that is named; the words as they are where there is no such letter: whoever looks for it says so."""
    words = words.strip()
    letter = tables.letter.c
    listed = _LISTED.fullmatch(words)
    is_it = (
        letter.letter_id == int(listed[1])
        if listed
        else or_(letter.number == words, letter.letter_key == words)
    )
    with reading(house.engine) as connection:
        found = connection.execute(select(letter.letter_key).where(is_it).limit(1)).scalar_one_or_none()
    return words if found is None else str(found)
