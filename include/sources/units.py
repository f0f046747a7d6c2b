"""Units that a file names and the store does not have: a watch may stand anywhere."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from sqlalchemy import Connection

from include.sources.places import places
from include.store.tables import city

LONGEST_CODE: Final = 32
# A code is opaque text: letters and figures of any script, and - _ . inside.
_UNIT: Final = re.compile(rf"\w[\w.-]{{0,{LONGEST_CODE - 1}}}")


def register_units(connection: Connection, codes: Iterable[str]) -> list[str]:
    """Adds units that the store does not have, under their code as name; returns those added. Which places belong to a key
    region is another table."""
    known = set(places(connection).cities)
    wanted = sorted({code for code in codes if _UNIT.fullmatch(code)} - known)
    for code in wanted:
        province = f"{code[:2]}0000" if code.isdigit() and len(code) == 6 else code
        connection.execute(
            city.insert().values(
                unit_code=code, unit_name=code, province_code=province, province_name=province
            )
        )
    return wanted
