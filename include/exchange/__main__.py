"""The served platform's own process: `python -m include.exchange`, which `exchange serve` starts."""

from __future__ import annotations

import ipaddress
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click
import uvicorn

from include.errors import InputError, QianliyanError
from include.exchange.site import Exchange, exchange_app
from include.house import default_registry, open_house
from include.store.migrate import require_current
from include.store.private_files import keep_private

_AT_ONCE: Final = 50
_SECONDS_OF_HEAD: Final = 15


def serve(host: str, port: int, certificate: Path | None, private_key: Path | None, behind: str) -> None:
    """Serves the platform contract until it is stopped. Raises InputError for an address that others reach without TLS."""
    if (certificate is None) != (private_key is None):
        raise InputError(
            "certificate and private key go together", where="exchange serve", todo="give both or none"
        )
    if certificate is None and not _is_loopback(host):
        raise InputError(
            "tokens would cross the network unencrypted",
            where=f"--host {host}",
            expected="--certificate and --private-key, or an address of this machine behind a proxy with TLS",
        )
    keep_private()
    house = open_house(default_registry())
    require_current(house.engine)
    config = uvicorn.Config(
        exchange_app(Exchange(house, lambda: datetime.now(UTC))),
        host=host,
        port=port,
        ssl_certfile=certificate,
        ssl_keyfile=private_key,
        proxy_headers=bool(behind),
        forwarded_allow_ips=behind or None,
        access_log=False,
        server_header=False,
        limit_concurrency=_AT_ONCE,
        timeout_keep_alive=_SECONDS_OF_HEAD,
        log_level="warning",
    )
    click.echo(f"{'https' if certificate else 'http'}://{host}:{port}")
    uvicorn.Server(config).run()


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@click.command()
@click.option("--host", default="127.0.0.1")
@click.option("--port", type=click.IntRange(1, 65535), default=8040)
@click.option("--certificate", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--private-key", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--behind", default="")
def main(host: str, port: int, certificate: Path | None, private_key: Path | None, behind: str) -> None:
    """As `python -m include exchange serve`, which starts it and explains the options."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    serve(host, port, certificate, private_key, behind)


if __name__ == "__main__":
    try:
        main(standalone_mode=False)
    except QianliyanError as error:
        click.echo(str(error), err=True)
        raise SystemExit(error.exit_code) from None
    except click.UsageError as error:
        error.show()
        raise SystemExit(2) from None
