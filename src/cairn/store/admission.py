"""Which programs a database admits. Migrations are additive within a release, so an older program works on
beside a newer one; where that cannot be, the migration raises the oldest that is admitted."""

import re
from typing import NamedTuple

from cairn import __version__
from cairn.domain.errors import Unusable


class Standing(NamedTuple):
    """Where a database stands: the revision of its schema and the oldest program it admits, if it says so."""

    schema: str | None = None
    oldest: str | None = None


def check_admitted(stands: Standing, which: str, hint: str) -> None:
    """For a schema this program does not know. Raises `Unusable` unless the database admits it all the
    same."""
    if stands.oldest is None:
        raise Unusable(
            f"{which} was made by a newer Cairn (schema {stands.schema}).", hint=f"Update Cairn. {hint}"
        )
    if numbers(__version__) < numbers(stands.oldest):
        raise Unusable(
            f"{which} admits no Cairn older than {stands.oldest}; this is {__version__}"
            f" (it was made by a newer Cairn, schema {stands.schema}).",
            hint=f"Update Cairn to {stands.oldest} or newer. {hint}",
        )


def numbers(version: str) -> tuple[int, ...]:
    """To compare by; what follows the third number says nothing of the schema."""
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])
