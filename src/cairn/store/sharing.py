"""Whether the processes on one server's database share one secret key: what one of them signs, the others
must know for theirs."""

import hashlib

from cairn.domain.errors import Unusable
from cairn.store.migrate import one, session
from cairn.store.postgres import shown

SALT, COST = b"cairn shared secret", 2**14


def check_shared(url: str, key: str | None) -> None:
    """The first process with a key leaves its mark. Raises `Unusable` where this one has another, or none."""
    with session(url) as connection:
        if key is not None:
            connection.execute(
                "INSERT INTO shared_secret (id, mark) VALUES (1, %s) ON CONFLICT DO NOTHING", (mark_of(key),)
            )
        kept = one(connection, "SELECT mark AS one FROM shared_secret WHERE id = 1")
    if kept is None or (key is not None and kept == mark_of(key)):
        return
    has = "is not the one" if key else "is not set, but there is one"
    raise Unusable(
        f"CAIRN_SECRET_KEY {has} that the other processes on {shown(url)} share.",
        code="other_secret_key",
        hint="Give all of them the same. To change it, stop them all and run: DELETE FROM shared_secret.",
    )


def mark_of(key: str) -> str:
    """It tells whether two keys are one, and costs whoever guesses (scrypt, RFC 7914; N = 2^14, r = 8)."""
    return hashlib.scrypt(key.encode(), salt=SALT, n=COST, r=8, p=1, dklen=16).hex()
