"""No page of the desk is left out of the measurement of its speed."""

from tests.bench.desk_pages import FILES, PAGES
from tests.desk.facts import Browser


def test_every_route_that_is_read_is_measured_or_a_file() -> None:
    routes = Browser(None).site.routes  # type: ignore[arg-type]
    read = {route.path for route in routes if "GET" in getattr(route, "methods", ())}
    assert {*PAGES, *FILES} == read
    assert not {*PAGES} & {*FILES}
