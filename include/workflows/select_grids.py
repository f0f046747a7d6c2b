"""The choice of hotspot grids, when a person asks for it: reads the file of a choice, chooses, puts the list before people.

Files of a choice lie in `var/selection`, with their rasters: a run reads nothing elsewhere by what somebody typed.
"""

from datetime import datetime
from pathlib import Path
from typing import Any

from include.errors import InputError
from include.house import House
from include.language import say
from include.office import grid_lists
from include.office.grid_choice import choose_grids
from include.sources.rasters.selection_file import read_selection_file

FOLDER = "selection"


def propose(house: House, now: datetime, actor: str, file: str) -> dict[str, Any]:
    """The list that came of it, and what was noticed. Raises InputError for a file that is not in the folder, and for every input that
    cannot be trusted."""
    choice = choose_grids(house.engine, read_selection_file(chosen_file(house, file)))
    list_id = grid_lists.propose(house.engine, house.archive, choice, now=now, actor=actor)
    return {
        "list_id": list_id,
        "cells": len(choice.table),
        "hot": int(choice.table["is_hot"].sum()),
        "monitored": int(choice.table["is_monitored"].sum()),
        "notes": [say("{where}：{words}", where=one.where, words=one.text) for one in choice.notes],
    }


def chosen_file(house: House, file: str) -> Path:
    """The file of a choice by its name below the folder. Raises InputError for one outside, or that is not there."""
    folder = (house.var / FOLDER).resolve()
    path = (folder / file).resolve()
    if not path.is_relative_to(folder) or not path.is_file():
        known = (
            sorted(str(one.relative_to(folder)) for one in folder.glob("**/*.y*ml"))
            if folder.is_dir()
            else []
        )
        raise InputError(
            "no such file of a choice",
            where=str(folder),
            got=file,
            expected=" | ".join(known[:20]) or "a file in this folder",
            todo="put the file and its rasters there",
        )
    return path
