"""Alembic's entry: runs the migrations over the connection that `include.store.migrate` hands over."""

from alembic import context

from include.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    compare_type=True,
)
context.run_migrations()
