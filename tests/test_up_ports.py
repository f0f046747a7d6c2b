"""`make up` listens where its connections and Airflow's own variable say."""

import pytest

from include.connections import Connection, Registry
from include.errors import InputError
from include.up import Ports, ports_of

NONE = Registry({}, {})


def test_ports_are_those_of_the_connections_and_of_airflows_variable() -> None:
    told = {
        name: Connection(name, "http", "127.0.0.1", port)
        for name, port in (("demo_platform", 18026), ("demo_mailbox", 18143), ("mail_server", 18025))
    }
    assert ports_of(NONE, {}) == Ports(8080, 8026, 8143)
    assert ports_of(Registry(told, {}), {"AIRFLOW__API__PORT": "18080"}) == Ports(18080, 18026, 18143)


@pytest.mark.parametrize("told", ["0", "65536", "-1", "８０８０", "http", "8080.0", "99999999999"])
def test_a_port_that_is_none_is_refused(told: str) -> None:
    with pytest.raises(InputError, match="AIRFLOW__API__PORT"):
        ports_of(NONE, {"AIRFLOW__API__PORT": told})
