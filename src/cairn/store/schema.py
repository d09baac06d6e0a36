"""All tables there are, as migrations and checks need them."""

from cairn.store import apart, tables
from cairn.store.base import metadata

__all__ = ["apart", "metadata", "tables"]
