"""The two halves of every intake: `stage` checks a piece and puts it on disk, `commit` writes what was staged."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import Connection

from include.errors import SourceError
from include.language import say
from include.sources import merge, quarantine
from include.sources.chain_words import ChainWords
from include.sources.checks import check, moments, with_misfits
from include.sources.clocks import Receipt, by_receipt, latest_told, misfits_of
from include.sources.contacts.book import contacts_of, take_listing
from include.sources.contacts.plan import Listing
from include.sources.corrected import Corrected
from include.sources.delivery import BrokenRow, Chunk, Delivery, FileParts, Part, unread_sheets_said
from include.sources.hashes import row_json
from include.sources.layout import CONTACTS, LAYOUTS, Layout
from include.sources.mapping.language import TableMapping
from include.sources.mapping.transform import require_columns, transform
from include.sources.places import Places
from include.sources.places import places as places_of
from include.sources.provinces import in_other_province, province_column
from include.sources.quarantine import Rejected, rejected_row
from include.sources.reading.characters import visible
from include.sources.reading.file_names import label
from include.sources.reading.time_limits import OutOfTime
from include.sources.spool import Spool
from include.sources.troubles import Trouble, trouble_of
from include.sources.turns import FOLDER_SECONDS, in_turn, words

_REJECTS: Final = "rejects"
_CLEANED: Final = "is_cleaned"  # of a row: invisible characters were taken out of it
_LISTED: Final = "listed"  # the tables that were there at all, with rows or without
_RAW: Final = "raw:"  # before the names of the source's own columns
_NAMED: Final = 5  # alarms that a warning names
_NOTED: Final = 1000  # rejected rows that a tally keeps: as many as a form can have, not as many as an export

Window = tuple[datetime, datetime]


@dataclass
class Tally:
    """Running totals of one intake."""

    counts: merge.Counts = field(default_factory=merge.Counts)
    quarantined: int = 0
    is_simulated: bool = False
    cities: set[str] = field(default_factory=set)
    outside_count: int = 0
    cleaned_count: int = 0
    # Where the first few rows with invisible characters stand.
    cleaned: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)  # the first few alarms outside the city that they name
    elsewhere_count: int = 0
    elsewhere: list[str] = field(
        default_factory=list
    )  # of alarms with another province than that of their city
    strange_county_count: int = 0
    strange_counties: list[str] = field(
        default_factory=list
    )  # of alarms with a county that their unit has not
    contact_warnings: list[str] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)  # the first that went into quarantine
    told_wrong: set[str] = field(default_factory=set)  # `row_hash` of all that did
    corrected_count: int = 0  # rows of the quarantine that were told rightly now

    @property
    def read(self) -> int:
        """Every row is in exactly one of the counts."""
        return self.counts.new + self.counts.revised + self.counts.unchanged + self.quarantined

    @property
    def warnings(self) -> list[str]:
        """What an operator should look at, in Chinese."""
        found = list(self.contact_warnings)
        if self.outside_count:
            named = _listed(self.outside, self.outside_count)
            found.append(
                say(
                    "{outside_count}条报警的坐标不在所填城市范围内，已照收：{named}",
                    outside_count=self.outside_count,
                    named=named,
                )
            )
        if self.elsewhere_count:
            found.append(
                say(
                    "{count}条报警所填省份与所填城市不符，已按城市照收，请核对：{named}",
                    count=self.elsewhere_count,
                    named=_listed(self.elsewhere, self.elsewhere_count),
                )
            )
        if self.strange_county_count:
            found.append(
                say(
                    "{count}条报警的区县不是所填单位的，已照收，请核对：{named}",
                    count=self.strange_county_count,
                    named=_listed(self.strange_counties, self.strange_county_count),
                )
            )
        if self.corrected_count:
            found.append(
                say("{count}条隔离中的记录，来源已更正并收入，已自动了结", count=self.corrected_count)
            )
        if self.cleaned_count:
            named = _listed(self.cleaned, self.cleaned_count)
            found.append(
                say(
                    "{cleaned_count}条记录的文字含不可见字符（零宽、方向等），已去除后收入：{named}",
                    cleaned_count=self.cleaned_count,
                    named=named,
                )
            )
        return found


def stage(
    spool: Spool, part: Part, places: Places, window: Window | None, receipt: Receipt | None = None
) -> None:
    """Checks the rows of a piece (those that changed inside the window) and puts them on the spool.

    `receipt`: when it reached us and what its source may say (`clocks`); without one nothing of that is asked.

    Raises InputError when the piece lacks a column.
    """
    chunk, layout = part.chunk, LAYOUTS[part.mapping.table]
    require_columns(part.mapping, layout, list(chunk.rows.columns), chunk.origin)
    spool.put(_LISTED, pd.DataFrame({"table": pd.array([layout.name], dtype="str")}))
    broken = [_broken(layout, chunk, row) for row in chunk.broken]
    own = transform(part.mapping, layout, chunk.rows)
    own = own.assign(**{_CLEANED: visible(chunk.rows)[1]})
    raw, lines = chunk.rows, chunk.lines
    if window is not None and layout.changes:
        is_inside = _changed_inside(layout, own, window)
        if receipt is not None and not receipt.is_played:
            is_inside = is_inside | _after_receipt(layout, own, receipt)
        own, raw = own[is_inside].reset_index(drop=True), raw[is_inside].reset_index(drop=True)
        lines = lines[is_inside]
    is_cleaned = own.pop(_CLEANED)
    own = own if receipt is None else by_receipt(layout, own, receipt)
    checked = check(layout, own, places)
    if receipt is not None:
        checked = with_misfits(checked, misfits_of(layout, checked.rows, receipt))
    bad = np.flatnonzero(~checked.is_good)
    reasons = [checked.reasons[checked.reject[place]] for place in bad]
    rejects = broken + _rejects(
        layout, [origin_of(chunk, lines[place]) for place in bad], reasons, raw.iloc[bad], own.iloc[bad]
    )
    if rejects:
        spool.put(_REJECTS, pd.DataFrame([vars(row) for row in rejects], dtype=object).astype("str"))
    good = checked.rows[checked.is_good].assign(line=lines[checked.is_good])
    good[_CLEANED] = is_cleaned[checked.is_good].to_numpy()
    if len(good):
        named = raw[checked.is_good].rename(columns=_RAW.__add__)
        spool.put(layout.name, pd.concat([good, named], axis=1), origin=chunk.origin, word=chunk.word)


def stage_files(
    spool: Spool,
    delivery: Delivery,
    places: Places,
    window: Window | None,
    receipt: Receipt | None = None,
    *,
    waited: MappingOf[tuple[str, str], Trouble] = MappingProxyType({}),
    seconds: float = FOLDER_SECONDS,
) -> tuple[list[Trouble], Exception | None]:
    """Stages the files of a delivery, each whole or not at all; returns what was wrong with those that were not, and the first
    error.

    `waited`: those that were not read for lack of time when the folder was read last; `seconds` for all of them. Raises
    SourceError when a file changes meanwhile or the disk is full.
    """
    files = delivery.files or []
    troubles: list[Trouble] = []
    errors: list[Exception] = []
    known = [waited.get((label(file.path), file.version)) for file in files]

    def take(file: FileParts) -> bool:
        mark = spool.mark()
        spool.rank = files.index(file)  # what is stored does not depend on whose turn came first
        try:
            unread: set[str] = set()
            for part in file.read():
                stage(spool, part, places, window, receipt)
                unread |= set(part.chunk.unread_sheets)
        except SourceError:
            raise
        except OutOfTime:
            spool.forget_after(mark)
            raise
        except Exception as error:  # whatever it is, it is this file's
            spool.forget_after(mark)
            troubles.append(trouble_of(file.path, error))
            errors.append(error)
            return False
        delivery.parts_received += 1
        if unread:
            said = unread_sheets_said(sorted(unread))
            delivery.warnings.append(say("{path}：{each}", path=label(file.path), each=said))
        return True

    before = {place: told.waits for place, told in enumerate(known) if told is not None}
    turns = in_turn(files, take, before, seconds)
    for file, waits in turns.left:
        told = waited.get((label(file.path), file.version))
        fresh = Trouble(label(file.path), words(waits, seconds), waits=waits, version=file.version)
        troubles.append(told if told is not None and waits == "vain" else fresh)
    for file, error in turns.late:
        troubles.append(replace(trouble_of(file.path, error), waits="vain", version=file.version))
        errors.append(error)
    if troubles:
        delivery.fingerprint = ""  # as if the folder had changed: the next pull tries again
        delivery.warnings += [str(trouble) for trouble in troubles]
    return troubles, next(iter(errors), None)


def commit(
    connection: Connection,
    spool: Spool,
    tables: Iterable[TableMapping],
    *,
    source: str,
    owners: Collection[str],
    now: datetime,
    is_whole: bool = False,
    speaker: str | None = None,
    by: str = "",
) -> Tally:
    """Stores what was staged, in the order in which tables refer to each other; part of the connection's transaction.

    `speaker`: the unit whose word it is (`chain_words.UNKNOWN`: some unit's), None for the office's own record. A unit's word about an
    alarm in a chain is a step of that chain; `by`: the contact who is known to have said it.

    `owners`: sources, this one among them, whose alarms and problems this one may revise. `is_whole`: the source told all
    its contacts, so that one who is not among them is gone.
    """
    merge.prepare(connection)
    tally = Tally()
    mappings = {mapping.table: mapping for mapping in tables}
    words: ChainWords[_Ref] = ChainWords(connection, source, speaker, now, by)
    corrected = Corrected(connection, source)
    named_counties = places_of(connection).named_counties
    unreadable: list[str] = []
    for table, _ in spool.take(_REJECTS):
        texts = table.astype(object).where(table.notna(), None)
        rejects = [Rejected(*row) for row in texts.itertuples(index=False, name=None)]
        tally.told_wrong |= quarantine.keep(connection, source, rejects, now=now, speaker=speaker)
        tally.quarantined += len(rejects)
        _note_rejected(tally, rejects)
        unreadable += [row.row_json for row in rejects if row.kind == CONTACTS.name]
    listed = {str(name) for table, _ in spool.take(_LISTED) for name in table["table"]}
    for layout in LAYOUTS.values():
        if layout is CONTACTS:
            if layout.name in listed:
                _commit_contacts(
                    connection, spool, tally, source, "\n".join(unreadable), is_whole=is_whole, now=now
                )
            continue
        for rows, about in spool.take(layout.name):
            _commit_rows(
                connection,
                layout,
                rows,
                about,
                mappings[layout.name],
                tally,
                words,
                corrected,
                named_counties,
                source=source,
                owners=owners,
                now=now,
            )
    _settle_words(connection, words, tally, source=source, speaker=speaker, now=now)
    tally.corrected_count = corrected.settle(tally.told_wrong, now=now)
    return tally


@dataclass(frozen=True)
class _Ref:
    """A row that is kept apart for the chain: where it came from, as it came, in our own columns."""

    kind: str
    origin: str
    raw: MappingOf[str, str]
    own: MappingOf[str, str]


def _settle_words(
    connection: Connection,
    words: ChainWords[_Ref],
    tally: Tally,
    *,
    source: str,
    speaker: str | None,
    now: datetime,
) -> None:
    """Takes the steps of the chains; what is none goes into quarantine."""
    done = words.settle()
    tally.counts += merge.Counts(len(done.taken), 0, len(done.known))
    rejects = [
        rejected_row(ref.kind, ref.origin, "alarm_id", reason, ref.raw, ref.own)
        for ref, reason in done.refused
    ]
    tally.told_wrong |= quarantine.keep(connection, source, rejects, now=now, speaker=speaker)
    _note_rejected(tally, rejects)
    tally.quarantined += len(rejects)


def _commit_contacts(
    connection: Connection,
    spool: Spool,
    tally: Tally,
    source: str,
    unreadable: str,
    *,
    is_whole: bool,
    now: datetime,
) -> None:
    """Contacts are a list: all that a source tells is looked at together."""
    pieces = []
    for rows, about in spool.take(CONTACTS.name):
        _note_cleaned(tally, rows, about)
        pieces.append(rows)
    told = tuple(one for rows in pieces for one in contacts_of(rows[[*CONTACTS.names, "is_simulated"]]))
    taken = take_listing(connection, Listing(source, told, is_whole, unreadable), now=now)
    tally.counts += merge.Counts(taken.new, taken.revised, taken.unchanged)
    tally.is_simulated = tally.is_simulated or any(one.is_simulated for one in told)
    tally.contact_warnings += taken.warnings


def _commit_rows(
    connection: Connection,
    layout: Layout,
    rows: pd.DataFrame,
    about: dict[str, str],
    mapping: TableMapping,
    tally: Tally,
    words: ChainWords[_Ref],
    corrected: Corrected,
    named_counties: MappingOf[str, frozenset[str]],
    *,
    source: str,
    owners: Collection[str],
    now: datetime,
) -> None:
    raw_names = [name for name in rows.columns if name.startswith(_RAW)]
    raw = rows[raw_names].rename(columns=lambda name: name.removeprefix(_RAW))
    typed = rows.drop(columns=[*raw_names, "line", _CLEANED])
    rejects: list[Rejected] = []
    set_apart = quarantine.told_too_early(connection, layout, typed, raw, source)
    is_fit = ~set_apart
    tally.quarantined += int(set_apart.sum())
    for misfit in merge.misfits(connection, layout, typed, owners):
        bad = misfit.rows & is_fit
        is_fit &= ~misfit.rows
        reasons = [(misfit.field, misfit.reason)] * int(bad.sum())
        own = _as_ours(layout, mapping, raw[bad], typed[bad])
        rejects += _rejects(layout, _origins(rows[bad], about), reasons, raw[bad], own, waits=misfit.waits)
    tally.told_wrong |= quarantine.keep(connection, source, rejects, now=now, speaker=words.speaker)
    _note_rejected(tally, rejects)
    is_step = np.zeros(len(typed), dtype=bool)
    is_step[is_fit] = words.are_steps(layout, typed[is_fit])
    if is_step.any():
        own = _as_ours(layout, mapping, raw[is_step], typed[is_step])
        texts = zip(
            _origins(rows[is_step], about),
            raw[is_step].to_dict("records"),
            own.to_dict("records"),
            strict=True,
        )
        refs = [_Ref(layout.name, origin, as_came, as_ours) for origin, as_came, as_ours in texts]  # type: ignore[arg-type]
        words.add(layout, typed[is_step], refs)
    good = typed[is_fit & ~is_step]
    _note_cleaned(tally, rows[is_fit], about)
    tally.counts += merge.store(connection, layout, good, source=source, now=now)
    corrected.note(layout, good, lambda: _origins(rows[is_fit & ~is_step], about))
    tally.quarantined += len(rejects)
    tally.is_simulated = tally.is_simulated or bool(good["is_simulated"].any())
    if layout.name == "alarms":
        tally.cities |= set(good["unit_code"].unique())
        outside = good["alarm_id"][good["is_outside_city"].astype(bool)]
        tally.outside_count += len(outside)
        tally.outside += outside.head(_NAMED - len(tally.outside)).tolist()
        _note_elsewhere(tally, good, raw[is_fit & ~is_step])
        _note_counties(tally, good, named_counties)


def _note_elsewhere(tally: Tally, alarms: pd.DataFrame, raw: pd.DataFrame) -> None:
    """Alarms that name another province than that of the unit that they name."""
    column = province_column(map(str, raw.columns))
    if column is None:
        return
    is_other = in_other_province(alarms["unit_code"], raw[column].astype("str"))
    tally.elsewhere_count += int(is_other.sum())
    named = zip(alarms["alarm_id"][is_other], raw[column][is_other], strict=True)
    tally.elsewhere += [
        say("{alarm}（{province}）", alarm=alarm, province=province)
        for alarm, province in list(named)[: _NAMED - len(tally.elsewhere)]
    ]


def _note_counties(tally: Tally, alarms: pd.DataFrame, named: MappingOf[str, frozenset[str]]) -> None:
    """Alarms whose county is none of their unit's, where the profile names these."""
    pairs = zip(alarms["unit_code"], alarms["county"], strict=True)
    is_strange = [unit in named and county not in named[unit] for unit, county in pairs]
    strange = alarms[pd.array(is_strange, dtype="bool")]
    tally.strange_county_count += len(strange)
    room = _NAMED - len(tally.strange_counties)
    tally.strange_counties += [
        say("{alarm}（{county}）", alarm=alarm, county=county)
        for alarm, county in zip(strange["alarm_id"].head(room), strange["county"].head(room), strict=True)
    ]


def _origins(rows: pd.DataFrame, about: dict[str, str]) -> list[str]:
    """Where rows stand, as the quarantine names it."""
    return [
        say("{origin} 第{line}{word}", origin=about["origin"], line=line, word=about["word"])
        for line in rows["line"]
    ]


def _as_ours(layout: Layout, mapping: TableMapping, raw: pd.DataFrame, typed: pd.DataFrame) -> pd.DataFrame:
    """Rows as they came in our own columns, as text; a step of the feedback with the time by which it counts (its receipt)."""
    own = transform(mapping, layout, raw)
    if layout.name != "feedback":
        return own
    times = {name: typed[name].map(_iso).astype("str").to_numpy() for name in ("event_at", "inspected_at")}
    return own.assign(**times)


def _iso(moment: pd.Timestamp) -> str:
    return "" if pd.isna(moment) else moment.isoformat()


def _note_rejected(tally: Tally, rejects: list[Rejected]) -> None:
    tally.rejected += rejects[: max(0, _NOTED - len(tally.rejected))]


def _note_cleaned(tally: Tally, rows: pd.DataFrame, about: dict[str, str]) -> None:
    cleaned = rows["line"][rows[_CLEANED].to_numpy(dtype=bool)]
    tally.cleaned_count += len(cleaned)
    room = _NAMED - len(tally.cleaned)
    tally.cleaned += [
        say("{origin} 第{line}{word}", origin=about["origin"], line=line, word=about["word"])
        for line in cleaned.head(room)
    ]


def _changed_inside(layout: Layout, own: pd.DataFrame, window: Window) -> NDArray[np.bool_]:
    """Rows with a change inside the window, and rows whose change cannot be dated: no window may lose those."""
    changes = pd.DataFrame({name: moments(own[name]) for name in layout.changes})
    is_odd = pd.DataFrame({name: (own[name] != "") for name in layout.changes}) & changes.isna()
    if layout.last_only:
        changes = changes.max(axis=1).to_frame()
    start_at, end_at = (pd.Timestamp(moment) for moment in window)
    is_inside = ((changes >= start_at) & (changes < end_at)).any(axis=1)
    return np.asarray(is_inside | is_odd.any(axis=1) | changes.isna().all(axis=1))


def _after_receipt(layout: Layout, own: pd.DataFrame, receipt: Receipt) -> NDArray[np.bool_]:
    """Rows that tell of a time after their receipt: no window would ever be theirs, and none may take them later."""
    latest = latest_told(pd.Series([pd.Timestamp(receipt.at)])).iloc[0]
    return np.asarray(
        pd.DataFrame({name: moments(own[name]) > latest for name in layout.changes}).any(axis=1)
    )


def _listed(names: list[str], count: int) -> str:
    return say("、").join(names) + (say("等") if count > len(names) else "")


def _rejects(
    layout: Layout,
    origins: list[str],
    reasons: list[tuple[str, str]],
    raw: pd.DataFrame,
    own: pd.DataFrame,
    *,
    waits: bool = False,
) -> list[Rejected]:
    rows = zip(origins, reasons, raw.to_dict("records"), own.to_dict("records"), strict=True)
    return [
        rejected_row(layout.name, origin, name, reason, as_came, as_ours, waits=waits)  # type: ignore[arg-type]
        for origin, (name, reason), as_came, as_ours in rows
    ]


def _broken(layout: Layout, chunk: Chunk, row: BrokenRow) -> Rejected:
    origin, as_came = origin_of(chunk, row.line), row_json({"": row.text})
    return Rejected(layout.name, origin, "", row.text, row.reason, as_came, None, alarm_id=row.alarm_id)


def origin_of(chunk: Chunk, line: int) -> str:
    """Where a row came from, as the quarantine names it."""
    return say("{origin} 第{line}{word}", origin=chunk.origin, line=line, word=chunk.word)
