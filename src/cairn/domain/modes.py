"""How a model is asked for an answer of a certain form, and what was found to work with it."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from cairn.domain.lesson import Value


class Mode(StrEnum):
    """In the order in which they are tried."""

    tool = "tool"
    """The form is a tool, which the model is to call."""
    native = "native"
    """The form goes with the request, and the server holds the model to it."""
    prompted = "prompted"
    """The form stands in the prompt, and the model is trusted to keep to it."""


CURRICULUM_PARTS = ("stages", "stage")
"""The forms that are asked for instead of a whole curriculum, of a model without the room for one."""


class KeptMode(Value):
    """What came of trying a model, at an address without credentials, with one form of answer. `mode` None:
    it keeps to the form in none. `failed`: what was wrong with those tried before, a line for each."""

    model: str
    address: str
    form: str
    mode: Mode | None
    failed: str
    tried_at: datetime


Modes = Mapping[tuple[str, str], Mapping[str, Mode | None]]
"""By model and address, for each form that was tried."""


def modes_of(kept: "list[KeptMode]") -> Modes:
    found: dict[tuple[str, str], dict[str, Mode | None]] = {}
    for one in kept:
        found.setdefault((one.model, one.address), {})[one.form] = one.mode
    return found
