"""Whether anything in the store was made by the simulator."""

from sqlalchemy import Engine, select

from include.store.engine import reading
from include.store.tables import pull


def has_simulated_data(engine: Engine) -> bool:
    """Whether anything that was pulled is 模拟数据: whoever reads figures of this store must be told."""
    with reading(engine) as connection:
        found = connection.execute(select(pull.c.pull_id).where(pull.c.is_simulated).limit(1))
        return found.first() is not None
