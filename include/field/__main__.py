"""The page's own process: `python -m include.field`. It loads nothing of the store, of Airflow or of the office's settings."""

from __future__ import annotations

import ipaddress
import logging
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click
import uvicorn

from include.errors import InputError, QianliyanError
from include.field.folders import FieldFolder
from include.field.sealing import read_key
from include.field.site import create_site

UMASK: Final = 0o007
_SECONDS_OF_HEAD: Final = 15
_AT_ONCE: Final = 100


def serve(
    folder: Path, host: str, port: int, certificate: Path | None, private_key: Path | None, behind: str
) -> None:
    """Serves the page until it is stopped. Raises InputError for a folder without a key, and for an address that others reach
    without TLS."""
    if (certificate is None) != (private_key is None):
        raise InputError("certificate and private key go together", where="field", todo="give both or none")
    if certificate is None and not _is_loopback(host):
        raise InputError(
            "the page is not served without TLS to other machines",
            where=f"--host {host}",
            expected="--certificate and --private-key, or an address of this machine behind a proxy with TLS",
        )
    os.umask(UMASK)
    place = FieldFolder(folder)
    key = read_key(place.key)
    place.make()
    is_secure = certificate is not None or bool(behind)
    config = uvicorn.Config(
        create_site(place, key, lambda: datetime.now(UTC), is_secure=is_secure),
        host=host,
        port=port,
        ssl_certfile=certificate,
        ssl_keyfile=private_key,
        proxy_headers=bool(behind),
        forwarded_allow_ips=behind or None,
        access_log=False,  # its lines would hold links
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
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), required=True)
@click.option("--host", default="127.0.0.1")
@click.option("--port", type=click.IntRange(1, 65535), default=8030)
@click.option("--certificate", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--private-key", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--behind", default="")
def main(
    folder: Path, host: str, port: int, certificate: Path | None, private_key: Path | None, behind: str
) -> None:
    """As `python -m include field`, which starts it and explains the options."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    serve(folder, host, port, certificate, private_key, behind)


if __name__ == "__main__":
    try:
        main(standalone_mode=False)
    except QianliyanError as error:
        click.echo(str(error), err=True)
        raise SystemExit(error.exit_code) from None
    except click.UsageError as error:
        error.show()
        raise SystemExit(2) from None
