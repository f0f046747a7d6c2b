"""Names of before, as files, mappings, frozen figures and Parquet of then still say them: the one place that knows them.

Who is addressed was `city_code`, `city_name`; it is `unit_code`, `unit_name`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, TypeVar

T = TypeVar("T")

# name of today → name of before
FORMER: Final = {"unit_code": "city_code", "unit_name": "city_name"}
_PRESENT: Final = {former: name for name, former in FORMER.items()}
# A name in front of a colon, both quotes plain: inside a JSON string the quotes would be escaped.
_JSON_KEY: Final = re.compile(r'"({})"(\s*:)'.format("|".join(_PRESENT)))


def present(name: str) -> str:
    """The name of today."""
    return _PRESENT.get(name, name)


def former(name: str) -> str:
    """The name that was used before; the name itself where it never changed."""
    return FORMER.get(name, name)


def with_present_names(row: Mapping[str, T]) -> dict[str, T]:
    """A row under the names of today; where it has both, the one of today stands."""
    return {
        present(name): value
        for name, value in row.items()
        if present(name) == name or present(name) not in row
    }


def json_with_present_keys(text: str) -> str:
    """JSON with the keys of today, otherwise byte for byte as it was."""
    return _JSON_KEY.sub(lambda found: f'"{present(found[1])}"{found[2]}', text)
