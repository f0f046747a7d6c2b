"""The files of one import of air quality: found, and each read in its turn onto the stage."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from include.errors import InputError, SourceError
from include.sources.air.files import AirFile, read_air_file
from include.sources.air.hours import FileHours, OpenHours, with_told
from include.sources.air.printed_hours import Scale
from include.sources.air.reading import Names
from include.sources.air.stage import Stage
from include.sources.mapping.language import HourLabel, TableMapping
from include.sources.reading.file_names import entries_of, label, require_file, unreadable
from include.sources.reading.tables import FORMATS, is_table_of_folder
from include.sources.reading.time_limits import OutOfTime
from include.sources.turns import FOLDER_SECONDS, Turns, in_turn, words

_EXPECTED: Final = f"air-quality files ({FORMATS})"
_log = logging.getLogger(__name__)
# Files that cannot be used, with the reason.
Refused = list[tuple[Path, InputError]]


@dataclass(frozen=True)
class HowRead:
    """How the files of an import are understood: `read_air_file` says what each is."""

    names: Names
    hour_label: HourLabel | None
    mapping: TableMapping | None
    stations: Path | None
    latest: datetime | None


@dataclass
class Taken:
    """What became of the files `paths`, by their number among these: `read` onto the `stage`, or `refused`, in the order in which
    that showed (entries of folders that are no files come first and have no number)."""

    paths: Sequence[Path]
    stage: Stage
    how: HowRead
    refused: Refused
    read: dict[int, AirFile] = field(default_factory=dict)

    @property
    def hours(self) -> list[FileHours]:
        """How the hours of each file that was read were understood, where it has any."""
        return [file.hours for file in self.read.values() if file.hours]

    def forget(self, number: int) -> None:
        """A file is to be read again."""
        self.stage.forget(number)
        self.read.pop(number, None)

    def refuse(self, number: int, error: Exception) -> None:
        """A file cannot be used; nothing of it stays."""
        self.forget(number)
        self.refused.append((self.paths[number], _refusal(self.paths[number], error)))


def take_files(
    paths: Sequence[Path],
    unusable: Refused,
    stage: Stage,
    how: HowRead,
    known: Mapping[str, frozenset[Scale]],
) -> Taken:
    """Reads each of `paths` in its turn. `unusable`: entries beside these that are no files. `known`: the hours that earlier files
    of a header printed.

    A file whose hours only others tell, or that was understood otherwise than these say now, is read once more after all have
    been: neither the order of the files nor their grouping decides.
    """
    taken = Taken(paths, stage, how, [*unusable])
    turns, open_hours = _in_turn(taken, range(len(paths)), known)
    told = with_told(known, taken.hours)
    mistaken = [number for number, file in taken.read.items() if file.hours and file.hours.is_otherwise(told)]
    for number in mistaken:
        taken.forget(number)
    again, open_hours = _in_turn(taken, [*open_hours, *mistaken], told)
    for number, error in [*open_hours.items(), *turns.late, *again.late]:
        taken.refuse(number, error)
    for number, waits in [*turns.left, *again.left]:
        taken.refuse(number, InputError(words(waits, FOLDER_SECONDS), where=label(paths[number])))
    return taken


def _in_turn(
    taken: Taken, numbers: Sequence[int], known: Mapping[str, frozenset[Scale]]
) -> tuple[Turns[int], dict[int, OpenHours]]:
    """Reads these files; the turns of those that lacked time, and the errors of those whose hours nobody tells yet."""
    open_hours: dict[int, OpenHours] = {}

    def take(number: int) -> bool:
        try:
            taken.read[number] = _read(taken, number, known)
        except OpenHours as error:
            taken.forget(number)
            open_hours[number] = error
        except SourceError:  # not the file's: the disk of the hours
            raise
        except OutOfTime:
            taken.forget(number)
            raise
        except Exception as error:  # whatever it is, it is this file's
            taken.refuse(number, error)
        return number in taken.read

    return in_turn(numbers, take, {}, FOLDER_SECONDS), open_hours


def _read(taken: Taken, number: int, known: Mapping[str, frozenset[Scale]]) -> AirFile:
    how = taken.how
    require_file(taken.paths[number])
    return read_air_file(
        taken.paths[number],
        number,
        taken.stage,
        how.names,
        how.hour_label,
        how.mapping,
        how.stations,
        latest=how.latest,
        known=known,
    )


def _refusal(path: Path, error: Exception) -> InputError:
    """What was wrong with a file, as an error for an operator."""
    if isinstance(error, InputError):
        return error
    if not isinstance(error, OSError):
        _log.error("%s cannot be read", label(path), exc_info=error)
    return unreadable(path, error)


def files_of(paths: Sequence[Path], folder: Path | None) -> tuple[list[Path], Refused]:
    """The files to read, and entries of the folders that look like files but cannot be read as such."""
    found: dict[Path, None] = {}
    odd: Refused = []
    for path in paths:
        if folder is None and not path.is_dir():
            if not path.exists():
                raise InputError("no such file or folder", where=str(path), expected=_EXPECTED)
            found[path] = None
            continue
        if folder is None:
            entries_of(path, str(path))
        inside = [path] if folder else sorted(each for each in path.rglob("*") if _is_named_so(each))
        if not inside:
            raise InputError("no air-quality file in the folder", where=str(path), expected=_EXPECTED)
        for entry in inside:
            try:
                require_file(entry, folder or path)
            except InputError as error:
                odd.append((entry, error))
            else:
                found[entry] = None
    if not found and not odd:
        raise InputError("no file to import", where="paths", expected="at least one file or folder")
    return list(found), odd


def _is_named_so(path: Path) -> bool:
    return is_table_of_folder(path) and not path.name.startswith(".")
