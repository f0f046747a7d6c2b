"""The data package, the feed, the licence and the checksums: what machines read beside the pages."""

from __future__ import annotations

import json
from datetime import date
from hashlib import sha256
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5
from xml.sax.saxutils import escape, quoteattr

from include.geo.boundaries import map_notice
from include.openness.figures import Edition
from include.openness.geography import geojson
from include.openness.pages import all_pages, changes
from include.openness.site import TEMPLATES, Renderer, Site, address, checksums
from include.openness.tables import csv_files, fields_of, meaning
from include.openness.words import LANG_TAGS, month_title, simulated_mark, translator
from include.periods import midnight

NAME: Final = "qianliyan-open-data"


def publication(site: Site) -> dict[str, bytes]:
    """Every file of a publication by its path."""
    files: dict[str, bytes] = {}
    for one in site.standing:
        files |= {f"{one.path}/{name}": content for name, content in csv_files(one).items()}
        files[f"{one.path}/counties.geojson"] = geojson(one)
    data = dict(files)
    files |= all_pages(site)
    style = (TEMPLATES.parent / "style.css").read_bytes()
    mark = f"/* {simulated_mark()} */\n".encode() if site.is_simulated else b""
    files["style.css"] = mark + style
    files["LICENSE.txt"] = _licence(site)
    files["datapackage.json"] = _datapackage(site, data)
    files["feed.xml"] = _feed(site)
    files["SHA256SUMS"] = checksums(files, is_simulated=site.is_simulated)
    return files


def _licence(site: Site) -> bytes:
    """Whose it is and what may be done with it; the same words in every language of the publication."""
    settings, parts = site.settings, []
    for lang in settings.languages:
        t = translator(lang)
        lines = [f"{t('热点网格监管公开数据')}", f"{t('发布单位：')}{site.issuer}"]
        lines.append(
            f"{t('许可：')}{settings.licence or t('未声明许可，保留一切权利')} {settings.licence_url}".rstrip()
        )
        lines.append(t("引用时请写明发布单位、月份和版次。地图为示意图。"))
        if site.is_simulated:
            lines.append(f"{simulated_mark()}{t('：')}{t('本站数字由演示程序生成，不是真实监管数据。')}")
        parts.append("\n".join(lines))
    return ("\n\n".join(parts) + "\n").encode()


def _datapackage(site: Site, data: dict[str, bytes]) -> bytes:
    lang = site.settings.languages[0]
    t = translator(lang)
    title = t("热点网格监管公开数据")
    package: dict[str, Any] = {
        "name": NAME,
        "title": f"{simulated_mark()} {title}" if site.is_simulated else title,
        "description": t(
            "重点区域热点网格报警的推送、反馈、问题和整改，按月、单位和区县；小数已合并，见 method.html。"
        ),
        "version": str(len(site.editions)),
        "contributors": [{"title": site.issuer, "role": "publisher"}],
        "resources": [
            _resource(site, one, path, data[path])
            for one in site.standing
            for path in sorted(data)
            if path.startswith(f"{one.path}/")
        ],
    }
    if site.settings.licence:
        licence = {"name": site.settings.licence, "path": site.settings.licence_url}
        package["licenses"] = [{key: value for key, value in licence.items() if value}]
    if site.is_simulated:
        package["data_origin"] = simulated_mark()
    return (json.dumps(package, ensure_ascii=False, indent=1) + "\n").encode()


def _resource(site: Site, one: Edition, path: str, content: bytes) -> dict[str, Any]:
    lang = site.settings.languages[0]
    t = translator(lang)
    name = path.rsplit("/", 1)[1]
    stem, _, suffix = name.partition(".")
    words = f"{month_title(one.month, lang)} {t('第{n}版', n=one.number)}"
    newer = site.newer(one)
    if newer is not None:
        words += f"{t('；')}{t('这一版已有更正：')}{t('第{n}版', n=newer.number)}"
    resource: dict[str, Any] = {
        "name": path.rsplit(".", 1)[0].replace("/", "-").lower() + ("-map" if suffix == "geojson" else ""),
        "path": path,
        "title": words,
        "bytes": len(content),
        "hash": f"sha256:{sha256(content).hexdigest()}",
    }
    if suffix == "geojson":
        return resource | {
            "type": "json",
            "format": "geojson",
            "mediatype": "application/geo+json",
            "description": Renderer(site, lang).named(map_notice()),
        }
    return resource | {
        "type": "table",
        "profile": "tabular-data-resource",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "schema": {
            "fields": [
                _field(one_field.name, one_field.type, meaning(one_field, t))
                for one_field in fields_of(stem, one)
            ],
            "missingValues": [""],
        },
    }


def _field(name: str, kind: str, title: str) -> dict[str, Any]:
    field: dict[str, Any] = {"name": name, "type": kind, "description": title}
    if kind in ("integer", "number"):
        field["constraints"] = {"minimum": 0}
    if name.endswith("_rate"):
        field["constraints"] = {"minimum": 0, "maximum": 1}
    return field


def _feed(site: Site) -> bytes:
    """Atom (RFC 4287): one entry a release and a removal, the newest first, in the publication's first language."""
    lang = site.settings.languages[0]
    t, renderer = translator(lang), Renderer(site, lang)
    title = t("热点网格监管公开数据")
    if site.is_simulated:
        title = f"{simulated_mark()} {title}"
    days = [day for one in site.editions for day in (one.released_on, one.removed_on) if day]
    about = [
        (one, day, words)
        for one in site.editions
        for day, words in ((one.released_on, ""), (one.removed_on, t("撤下。")))
        if day is not None
    ]
    about.sort(key=lambda event: (event[1], event[0].first_date, event[0].number), reverse=True)
    told = changes(renderer)
    parts = [
        f'<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang={quoteattr(LANG_TAGS[lang])}>\n',
        f"<title>{escape(title)}</title>\n<id>{_identity(site, '')}</id>\n<updated>{_instant(max(days))}</updated>\n",
        f"<author><name>{escape(site.issuer)}</name></author>\n",
        f'<link rel="self" href={quoteattr(address(site.settings, "feed.xml"))}/>\n',
        f"<rights>{escape(site.settings.licence or t('未声明许可，保留一切权利'))}</rights>\n",
    ]
    for (one, day, removed), row in zip(about, told, strict=True):
        words = f"{row['title']} {t('第{n}版', n=one.number)} {removed}".strip()
        if one.month.is_simulated:
            words = f"{simulated_mark()} {words}"
        path = f"{one.path}/{'removed' if removed else ''}"
        parts.append(
            f"<entry><title>{escape(words)}</title><id>{_identity(site, path)}</id><updated>{_instant(day)}</updated>"
            f"<link href={quoteattr(address(site.settings, row['href']))}/><summary>{escape(row['words'])}</summary></entry>\n"
        )
    parts.append("</feed>\n")
    return "".join(parts).encode()


def _identity(site: Site, path: str) -> str:
    """A name that stays the same wherever the files stand."""
    return f"urn:uuid:{uuid5(NAMESPACE_URL, f'{NAME}/{site.issuer}/{site.settings.base_url}/{path}')}"


def _instant(day: date) -> str:
    return midnight(day).isoformat()
