"""The fingerprint of a product: a hash of exactly the typed values its thought was given."""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import orjson
from pydantic_core import to_jsonable_python


def fingerprint(values: Mapping[str, Any], variant: int = 0) -> str:
    """32 hex digits, the same in every process for equal values, whatever their order."""
    plain = to_jsonable_python({**values, "variant": variant})
    text = orjson.dumps(plain, option=orjson.OPT_SORT_KEYS)
    return blake2b(text, digest_size=16).hexdigest()
