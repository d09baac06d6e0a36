"""The fingerprint of a product: a hash of exactly the typed values its thought was given."""

import json
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from pydantic_core import to_jsonable_python


def fingerprint(values: Mapping[str, Any], variant: int = 0) -> str:
    """32 hex digits, the same in every process for equal values, whatever their order."""
    plain = to_jsonable_python({**values, "variant": variant})
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return blake2b(text.encode(), digest_size=16).hexdigest()
