"""What all kinds of raster files share: the reference and the scale, said by the file or by the office."""

from __future__ import annotations

import numpy as np

from include.errors import InputError
from include.geo.zonal import Floats, is_lattice_crs
from include.language import say
from include.selection.layers import Note
from include.sources.rasters.axes import Opened
from include.sources.rasters.told import RasterEntry


def merged_crs(of_file: str, entry: RasterEntry, opened: Opened) -> str:
    """The reference of the raster. Raises InputError where neither the file nor the office says it, where they differ, or where it
    cannot be read."""
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    where = entry.name
    if not of_file and not entry.crs:
        raise InputError(
            "the raster has no coordinate reference",
            where=where,
            expected="a CRS in the file",
            todo="ask who made it, and state `crs:` (such as EPSG:4326) in the file of the choice",
        )
    try:
        told = [CRS.from_user_input(text) for text in (of_file, entry.crs) if text]
    except CRSError as error:
        raise InputError(
            "the coordinate reference cannot be read", where=where, got=error, expected="such as EPSG:4326"
        ) from error
    if len(told) == 2 and not told[0].equals(told[1], ignore_axis_order=True):
        raise InputError(
            "the file's coordinate reference is another than stated",
            where=where,
            got=told[0].to_string(),
            expected=told[1].to_string(),
            todo="remove `crs:`, or get the file with its right reference",
        )
    if not of_file:
        opened.notes.append(Note("crs_stated", where, say("文件没有坐标系，按所填{crs}使用", crs=entry.crs)))
    crs = of_file or entry.crs
    if not is_lattice_crs(crs):
        opened.notes.append(
            Note(
                "crs_foreign", where, say("坐标系为{name}，按面积加权在其自身坐标系内统计", name=told[0].name)
            )
        )
    return crs


def applied_scale(values: Floats, own: tuple[float, float], entry: RasterEntry, opened: Opened) -> Floats:
    """The values without those that mean none, by the file's scale and offset or by the stated scale. Raises InputError where the two
    differ."""
    for none in entry.nodata:
        found = np.isclose(values, none, rtol=1e-6, atol=1e-9)
        if found.any():
            opened.notes.append(
                Note(
                    "nodata",
                    entry.name,
                    say("按所填把{none:g}作为无数据（{count}个像元）", none=none, count=int(found.sum())),
                )
            )
            values = np.where(found, np.nan, values)
    scale, offset = own
    if (scale, offset) == (1.0, 0.0):
        scale = entry.scale if entry.scale is not None else 1.0
    elif entry.scale is not None and not np.isclose(entry.scale, scale):
        raise InputError(
            "the file has a scale of its own",
            where=entry.name,
            got=f"scale {scale:g}, offset {offset:g}",
            expected=f"the stated {entry.scale:g}",
            todo="remove `scale:`: the file's is applied by itself",
        )
    if (scale, offset) != (1.0, 0.0):
        opened.notes.append(
            Note("scaled", entry.name, say("已换算：×{scale:g}，+{offset:g}", scale=scale, offset=offset))
        )
        values = values * scale + offset
    return values
