"""The desk as one FastAPI application: its pages behind permissions, and the headers that every answer carries."""

import gc
from contextlib import suppress
from importlib import resources
from typing import Final

from fastapi import FastAPI, HTTPException, Response
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from include.desk.map_layers import outlines
from include.desk.maps import region_map
from include.desk.pages import (
    alarm,
    audit,
    chain,
    city,
    contacts,
    dissection,
    fates,
    field,
    files,
    grid,
    grid_lists,
    hints,
    letter,
    letters,
    links,
    mails,
    map_page,
    network,
    outages,
    places,
    quarantine,
    ranking,
    search,
    season,
    signing,
    spot_checks,
    today,
    treatment,
    units,
    uploads,
)
from include.desk.pages.access import Visitor
from include.desk.pages.answers import answers
from include.desk.pages.desk import Desk
from include.desk.pages.policy import policy
from include.desk.pages.refusals import refuse_on_pages
from include.desk.pages.view import HERE
from include.desk.today import today as today_of

_LARGEST_BODY: Final = 2 * 1024 * 1024  # bytes: forms, and CSV files of contacts
_HEADERS: Final = {
    "Content-Security-Policy": policy(),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
_ASSETS: Final = {
    "desk.css": "text/css",
    "desk.js": "text/javascript",
    "dialog.js": "text/javascript",
    "icon.svg": "image/svg+xml",
    "map.js": "text/javascript",
    "map_sheets.js": "text/javascript",
    "leaflet.js": "text/javascript",
    "leaflet.css": "text/css",
}
_LEAFLET: Final = resources.files("xstatic.pkg.leaflet") / "data"


def create_site(desk: Desk) -> FastAPI:
    """The application, to be mounted under /desk. It serves no schema and no documentation by itself."""
    site = FastAPI(
        title="督办台", version="1", openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False
    )
    for module in (
        today,
        city,
        search,
        ranking,
        signing,
        audit,
        alarm,
        chain,
        dissection,
        grid,
        fates,
        field,
        hints,
        letters,
        letter,
        files,
        links,
        outages,
        mails,
        quarantine,
        contacts,
        units,
        places,
        uploads,
        season,
        network,
        map_page,
        grid_lists,
        spot_checks,
        treatment,
    ):
        site.include_router(module.routes(desk))

    @site.get("/assets/{name}", responses=answers(404))
    def asset(name: str, *, visitor: Visitor = desk.reading) -> Response:
        if name not in _ASSETS:
            raise HTTPException(404, "没有这个文件")
        return Response(
            ((_LEAFLET if name.startswith("leaflet.") else HERE) / name).read_bytes(),
            media_type=_ASSETS[name],
            headers={"Cache-Control": "private, max-age=300"},
        )

    refuse_on_pages(site, desk, _HEADERS)
    site.add_middleware(_Guard)
    return site


def warm_up(desk: Desk) -> None:
    """Loads what the first reader would wait for: outlines, templates, the figures of now. What fails here, their page will say. What is
    loaded by then stays: the collector of garbage need not walk through it while somebody waits for a page."""
    with suppress(Exception):
        house = desk.open_house()
        as_of = desk.moment(house, "")
        found = today_of(house, as_of)
        region_map(tuple(row.unit_code for row in found.cities))
        outlines(house.engine, as_of)
    gc.collect()
    gc.freeze()


class _Guard:
    """Sets the headers of every answer, and cuts off bodies that no form of ours sends."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, _limited(receive), guarded)


def _limited(receive: Receive) -> Receive:
    received = 0

    async def limited() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > _LARGEST_BODY:
            raise HTTPException(413)
        return message

    return limited
