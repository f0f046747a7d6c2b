"""Creates or upgrades the store, and fills a new one with what its profile says of places, units and regions, once."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

import include.store.air_tables
import include.store.chain_tables
import include.store.channel_tables
import include.store.contact_tables
import include.store.dissection_tables
import include.store.field_tables
import include.store.level_tables
import include.store.mail_tables
import include.store.note_tables
import include.store.open_tables
import include.store.review_tables
import include.store.run_tables
import include.store.selection_tables
import include.store.unit_tables
import include.store.watch_tables  # noqa: F401  their tables join the metadata
from include.errors import InputError
from include.profile.current import told_office
from include.store.engine import is_absent, reading, remaking
from include.store.offices import adopt_office, take_profile


def migrate(engine: Engine) -> str:
    """Brings the store to the newest revision (returned); safe to run again and by several processes at once. Raises InputError for
    a store of a newer version."""
    config = _config()
    if found := _revision(engine):
        require_known(found, engine.url.render_as_string(hide_password=True))
    with remaking(engine, lock="migrate") as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        take_profile(connection, told_office())
    adopt_office(engine)
    return _head(config)


def require_current(engine: Engine) -> None:
    """Raises InputError when the store was never created (and creates nothing), is of another version or of another office; from
    then on the office of this process is as the store has it."""
    require_revision(engine)
    adopt_office(engine)


def require_revision(engine: Engine) -> None:
    """Raises InputError when the store was never created (and creates nothing) or is of another version."""
    head, found = head_revision(), _revision(engine)
    if is_absent(engine):
        raise InputError(
            "the store is not there",
            where=engine.url.render_as_string(hide_password=True),
            expected="the file of this installation's store",
            todo="see that its disk is mounted and its address right; python -m include migrate makes a new store, for a new installation only",
        )
    if found:
        require_known(found, engine.url.render_as_string(hide_password=True))
    if found != head:
        raise InputError(
            "the store is not at this version",
            where=engine.url.render_as_string(hide_password=True),
            expected=f"revision {head}",
            got=found or "an empty store",
            todo="run: python -m include migrate",
        )


def require_known(revision: str, where: str) -> None:
    """Raises InputError for a store at a revision that this version never heard of: a newer one made it, and there is no way back."""
    scripts = ScriptDirectory.from_config(_config())
    if revision not in {script.revision for script in scripts.walk_revisions()}:
        raise InputError(
            "the store is of a newer version than this program",
            where=where,
            expected=f"revision {scripts.get_current_head()} or an earlier one",
            got=revision,
            todo="install the newer version again, or restore the copy that was made before its upgrade (docs/deployment.md, Upgrade)",
        )


def is_unborn(engine: Engine) -> bool:
    """Whether the store was never created. Creates nothing."""
    return _revision(engine) is None


def _revision(engine: Engine) -> str | None:
    if is_absent(engine):
        return None
    with reading(engine) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def head_revision() -> str:
    """The revision that stores of this version are at."""
    return _head(_config())


def _head(config: Config) -> str:
    return str(ScriptDirectory.from_config(config).get_current_head())
