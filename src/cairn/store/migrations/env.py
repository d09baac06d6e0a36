"""Runs the chain on the connection the program hands over; there is no other way in."""

from alembic import context

from cairn.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    include_name=lambda name, kind, parents: kind != "table" or name in metadata.tables,
)
context.run_migrations()
