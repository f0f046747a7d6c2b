"""Walks through the desk as a reader: every page without a part to fill in, and what these link to."""

import re
from collections.abc import Iterator

import httpx
from fastapi.routing import APIRoute

from tests.desk.facts import Browser

_EACH = 2  # pages of one kind: of letters, of cities


def crawled(browser: Browser, *first: str) -> Iterator[tuple[str, httpx.Response]]:
    """Every kind of page and file with its answer, at most two of each kind; `first` before all others."""
    paths = [*first, *plain_pages(browser)]
    seen: dict[str, int] = {}
    for path in paths:  # grows
        kind = kind_of(path)
        seen[kind] = seen.get(kind, 0) + 1
        if seen[kind] > _EACH:
            continue
        answer = browser.get(path)
        yield path, answer
        if answer.headers["content-type"].startswith("text/html"):
            links = re.findall(r'(?:href|src)="/desk(/[^"#]*)', answer.text)
            paths += [link for link in map(_plain, links) if link not in paths]


def plain_pages(browser: Browser) -> list[str]:
    """Every page and file of the desk whose path has no part to fill in: what no page links to, too."""
    return [
        route.path
        for route in browser.site.routes
        if isinstance(route, APIRoute) and "GET" in route.methods and "{" not in route.path
    ]


def kind_of(path: str) -> str:
    """The path without its query and with a sign for every number and code."""
    return re.sub(r"HB-[-\w]+|[A-Z]*[0-9]+", "#", path.partition("?")[0])


def _plain(link: str) -> str:
    return link.replace("&amp;", "&")
