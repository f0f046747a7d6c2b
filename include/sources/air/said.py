"""What an import of air quality did to days, in words for an operator."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from include.language import say
from include.language.moments import day_words
from include.sources.air.faults import Fault
from include.sources.air.files import AirFile
from include.sources.air.hours import FileHours
from include.sources.air.known_days import Joined, Loss
from include.sources.air.names import OZONE_8H, POLLUTANTS
from include.sources.air.odd_units import OddValues
from include.sources.air.quarantine import FileFault
from include.sources.air.reading import OF_CITY
from include.sources.delivery import unread_sheets_said
from include.sources.reading.file_names import label

LABELS: Final = {quantity: name for name, quantity in POLLUTANTS.items()} | {OZONE_8H: "O3_8h"}
_SHOWN: Final = 10  # days in lines of their own


def notes_of(file: AirFile) -> list[str]:
    """How a file was understood, where it is not the usual way, and what of it was not looked at."""
    said = [file.note] if file.note else []
    said += [say("低于检出限的值{below}个，按对应关系取值", below=file.below)] if file.below else []
    said += [say("其他污染物或要素的值{others}个，未用", others=file.others)] if file.others else []
    said += [say("合计、说明等不是数据的行{left_out}行", left_out=file.left_out)] if file.left_out else []
    said += [unread_sheets_said(sorted(file.unread_sheets))] if file.unread_sheets else []
    return [say("{path}：{each}", path=label(file.path), each=each) for each in said]


def scales_said(files: Sequence[FileHours], known: Mapping[str, frozenset[int]]) -> list[str]:
    """Headers of which some files print hour 0 and others hour 24: each is understood as it prints. `known`: the last hours that earlier
    files printed."""
    said = []
    for layout in dict.fromkeys(file.layout for file in files):
        own = [file for file in files if file.layout == layout and file.scale is not None]
        last = {scale: [label(Path(file.where)) for file in own if file.scale == scale] for scale in (23, 24)}
        earlier = {scale: scale in known.get(layout, ()) for scale in last}
        is_new = all(last.values()) or not all(earlier.values())
        if not own or not is_new or not all(last[scale] or earlier[scale] for scale in last):
            continue
        names = {
            scale: say("、").join(
                [*last[scale][:_SHOWN], *([say("以前读过的文件")] if earlier[scale] else [])]
            )
            for scale in last
        }
        said.append(
            say(
                "同一表头的文件有的写0时（{begins}），有的写24时（{ends}）：各按自己所写的理解，只有部分小时的文件须写明 hour_label",
                begins=names[23],
                ends=names[24],
            )
        )
    return said


def odd_fault(path: Path, odd: OddValues, place_names: Mapping[str, str]) -> FileFault:
    """The values of places and days that look as if they were in another unit."""
    names = list(dict.fromkeys(place_names.get(name, name) for name in _cities(odd.places)))
    reason = say(
        "像是{unit}的值而未注明单位（{places}），按缺测处理：请在对应关系中注明单位（unit）",
        unit="μg/m³" if odd.quantity == "co_mg_m3" else "mg/m³",
        places=say("、").join(names[:_SHOWN])
        + (say("等{count}个", count=len(names)) if len(names) > _SHOWN else ""),
    )
    return FileFault(path, Fault(odd.quantity, reason, f"{odd.value:g}", odd.line, odd.count))


def _cities(places: Sequence[str]) -> list[str]:
    """Places as they are named: a station of a city by both."""
    return [place.replace(OF_CITY, "/") for place in places]


def _named(place_id: str, place_names: Mapping[str, str]) -> str:
    """A place, or a station by its city and its name."""
    place, _, station = place_id.partition(OF_CITY)
    return "/".join(filter(None, (place_names.get(place, place), station)))


def missing_notes(few_minutes: int, few_stations: int, first_few: str) -> list[str]:
    """Hours and cities' hours left missing; minutes of one hour that came at different times are not joined."""
    said = (
        [
            say(
                "分钟值不足或均值为零而按缺测处理的小时值{few_minutes}个（如{first}；一小时的分钟值分在几个文件的，请一次读入）",
                few_minutes=few_minutes,
                first=first_few,
            )
        ]
        if few_minutes
        else []
    )
    return said + (
        [say("有值站点不足而按缺测处理的城市小时值{few_stations}个", few_stations=few_stations)]
        if few_stations
        else []
    )


def beside_notes(stations: Sequence[str]) -> list[str]:
    """The stations that an import did not tell, and that count in the cities' means all the same."""
    if not stations:
        return []
    names = say("、").join(stations[:_SHOWN])
    return [say("城市均值另计入库中已有的站点{count}个（{names}）", count=len(stations), names=names)]


def given_notes(days: int) -> list[str]:
    return [say("日均值（来源给出）{days}个，按有效日计，不与小时值混用", days=days)] if days else []


def lost_said(loss: Loss, place_names: Mapping[str, str]) -> str:
    """What a day lost that was taken all the same."""
    told = {
        "day": day_words(loss.observed_on),
        "place": _named(loss.place_id, place_names),
        "quantity": LABELS.get(loss.quantity, loss.quantity),
        "before": loss.before,
        "after": loss.after,
        "others": say("等{places}项", places=loss.places) if loss.places > 1 else "",
    }
    if loss.is_other_kind and loss.after:
        return say("{day} {place} {quantity} 日均值（来源给出） → {after}小时{others}，已按要求替换", **told)
    if loss.is_other_kind:
        return say("{day} {place} {quantity} {before}小时 → 日均值（来源给出）{others}，已按要求替换", **told)
    if loss.missing > loss.before - loss.after:
        return say(
            "{day} {place} {quantity} {before}小时 → {after}小时{others}（原有的{missing}小时不再有），已按要求替换",
            missing=loss.missing,
            **told,
        )
    return say("{day} {place} {quantity} {before}小时 → {after}小时{others}，已按要求替换", **told)


def joined_said(joined: Sequence[Joined]) -> list[str]:
    """The days that are made of parts now: one line a day, and how many there are more."""
    said = [
        say(
            "{day}：与库中已有的小时合为一日（{places}个地方：保留{kept}小时，补入{added}小时）",
            day=day_words(each.observed_on),
            places=each.places,
            kept=each.kept,
            added=each.added,
        )
        for each in joined[:_SHOWN]
    ]
    more = len(joined) - len(said)
    return said + ([say("另有{more}天与库中已有的小时合为一日", more=more)] if more > 0 else [])


def asked(said: str) -> str:
    """What a person is asked of a day that was not taken."""
    return say("{said}；请在待办中选择：采用（quarantine take）或保留库中（quarantine discard）", said=said)


def decided_said(path: str, said: str) -> str:
    """A day that was not taken and of which a person decided so before."""
    return say("{path}：{said}（此前已决定保留库中；要采用请加 --replace）", path=path, said=said)


def loss_said(loss: Loss, place_names: Mapping[str, str]) -> str:
    """`5月10日 甲市 PM2.5 24小时 → 10小时 …`: which day was not taken, and why."""
    day = day_words(loss.observed_on)
    place, quantity = _named(loss.place_id, place_names), LABELS.get(loss.quantity, loss.quantity)
    others = say("等{places}项", places=loss.places) if loss.places > 1 else ""
    told = {
        "day": day,
        "place": place,
        "quantity": quantity,
        "before": loss.before,
        "after": loss.after,
        "others": others,
    }
    if not loss.is_other_kind:
        return say(
            "{day} {place} {quantity} {before}小时 → {after}小时{others}，少于库中已有，该日未采用，文件保留",
            **told,
        )
    if loss.after:
        return say(
            "{day} {place} {quantity} 日均值（来源给出） → {after}小时{others}，两种数据不混用，该日未采用，文件保留",
            **told,
        )
    return say(
        "{day} {place} {quantity} {before}小时 → 日均值（来源给出）{others}，两种数据不混用，该日未采用，文件保留",
        **told,
    )
