import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, event, func, select

from include.errors import InputError
from include.store.engine import open_engine, reading, writing
from include.store.migrate import migrate, require_current
from include.store.tables import city, metadata, region_member


def test_migrations_give_exactly_the_tables_that_the_code_defines(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_migrating_again_changes_nothing(engine: Engine) -> None:
    with reading(engine) as connection:
        before = connection.execute(select(func.count()).select_from(region_member)).scalar_one()
    migrate(engine)
    with reading(engine) as connection:
        assert connection.execute(select(func.count()).select_from(region_member)).scalar_one() == before
        assert (
            connection.execute(select(city.c.unit_name).where(city.c.unit_code == "140300")).scalar_one()
            == "阳泉市"
        )


def test_a_store_that_was_never_created_says_what_to_do(tmp_path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'empty.db'}")
    with pytest.raises(InputError, match="python -m include migrate"):
        require_current(engine)
    assert not list(tmp_path.iterdir())  # to ask makes no file: a restore wants an empty folder
    engine.dispose()


def test_migrating_again_puts_nothing_back(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(city.update().where(city.c.unit_code == "140300").values(unit_name="阳泉"))
    written: list[str] = []

    def record(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith(("INSERT", "UPDATE", "DELETE")):
            written.append(statement)

    event.listen(engine, "before_cursor_execute", record)
    migrate(engine)
    event.remove(engine, "before_cursor_execute", record)
    assert written == []
    with reading(engine) as connection:
        name = connection.execute(select(city.c.unit_name).where(city.c.unit_code == "140300")).scalar_one()
        assert name == "阳泉"
