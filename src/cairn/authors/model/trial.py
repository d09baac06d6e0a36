"""Tries a model: asks once for a form of answer in one mode, and says in words what is wrong with it."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from cairn.authors.author import FREE, Answer, Ask, Estimate
from cairn.authors.model.author import ModelAuthor
from cairn.authors.model.checks import language_faults
from cairn.authors.model.drafts import Draft
from cairn.authors.model.probes import FORMS, MATTERS, Matter, prose_of
from cairn.authors.model.prompting import LANGUAGES
from cairn.authors.model.staging import NO_ROOM
from cairn.authors.model.thinking import Thinker
from cairn.authors.model.troubles import scrubbed
from cairn.domain.errors import CairnError, MustWait
from cairn.domain.modes import Mode
from cairn.domain.thought import Thought
from cairn.search.finding import Finder

TRIES = len(MATTERS)
TODAY = date(2026, 1, 1)
"""For the rules that count from it; what is tried has no deadline."""
FINAL = frozenset(
    {"bad_key", "unknown_model", "no_model_server", "unreachable", "never_answers", "too_many_calls"}
)
"""Codes of what is the same in every mode and for every thought."""
QUOTED = 80
D = TypeVar("D", bound=Draft)
V = TypeVar("V", bound=BaseModel)


class Stopped(Exception):
    """The model cannot be tried any further; says why, and what to do."""

    def __init__(self, said: str, hint: str) -> None:
        super().__init__(said)
        self.said = said
        self.hint = hint


@dataclass(frozen=True)
class Finding:
    """What came of trying a form. `mode` None: it fails in every one. `failed`: by mode, in words. `short`:
    whether there was not the room for it."""

    form: str
    mode: Mode | None
    failed: Mapping[Mode, str]
    short: bool = False


class Passed(Exception):
    """The answer has the form and the language that were asked for; nothing is made of it."""


class Drifted(Exception):
    """The answer is in another language."""


class Refused(Exception):
    """No answer of use came. Apart from our errors, so that nobody above asks in another way instead."""

    def __init__(self, error: CairnError) -> None:
        super().__init__(error.detail)
        self.error = error


class OneAnswer(Thinker):
    """A model that is asked once, in one mode."""

    def __init__(self, of: Thinker, form: str, mode: Mode, language: str) -> None:
        super().__init__(of.price, of.model, of.key_name, of.key, of.address_name, {form: mode}, re_asks=0)
        self.language = language
        self.heard: dict[str, Any] = {}
        """The last response in plain values; empty: none came."""
        self.wanted: type[Draft] = Draft
        self.cut_short = False

    async def think(self, form: str, answer: type[D], prompt: str, ask: Ask, make: Callable[[D], V]) -> V:
        self.wanted = answer

        async def listening(
            request: Mapping[str, Any], send: Callable[[str], Awaitable[Answer]], expected: Estimate = FREE
        ) -> Any:
            self.heard = await ask(request, send, expected)
            return self.heard

        def passed(draft: D) -> V:
            prose = prose_of(draft)
            if prose.strip() and language_faults(prose, self.language):
                raise Drifted(prose)
            raise Passed

        try:
            return await super().think(form, answer, prompt, listening, passed)
        except CairnError as error:
            raise Refused(error) from error


async def find_mode(thinker: Thinker, form: str, ask: Ask) -> Finding:
    """The first mode in which all tries pass. Raises `Stopped`."""
    failed: dict[Mode, str] = {}
    short = False
    for mode in Mode:
        for matter in MATTERS:
            one = OneAnswer(thinker, form, mode, matter.language)
            if fault := await fault_of(one, form, mode, matter, ask):
                failed[mode] = fault
                short = short or one.cut_short
                break
        else:
            return Finding(form, mode, failed, short)
    return Finding(form, None, failed, short)


async def fault_of(one: OneAnswer, form: str, mode: Mode, matter: Matter, ask: Ask) -> str:
    """What is wrong with one answer, in words; empty where it passes. Raises `Stopped` where no other try
    could be better."""
    author = ModelAuthor(one.name, {}, lambda: TODAY, Finder("none"))
    author.thinkers = dict.fromkeys(Thought, one)
    try:
        await FORMS[form][1](author, matter, ask)
    except Passed:
        return ""
    except Drifted as drifted:
        other = "English" if one.language == "zh" else "Chinese"
        said = f"asked for {LANGUAGES[one.language]}, it answers in {other} or in both"
        return f"{said}: {quoted(str(drifted), one.key)}"
    except Refused as refused:
        error = refused.error
        if isinstance(error, MustWait) or error.code in FINAL:
            raise Stopped(error.detail, error.hint) from error
        one.cut_short = one.heard.get("finish_reason") == "length" or error.code in NO_ROOM
        if one.cut_short:
            return f"too short a context: {error.detail}"
        return fault_in(one, mode) if error.code == "unusable_answer" else error.detail
    raise AssertionError("it was not asked")


def fault_in(one: OneAnswer, mode: Mode) -> str:
    """Of an answer that came whole."""
    parts = one.heard.get("parts", [])
    text = "".join(part["content"] for part in parts if part["part_kind"] == "text")
    calls = [part["args"] for part in parts if part["part_kind"] == "tool-call"]
    if mode is Mode.tool and not calls:
        return f"it ignores the tool and answers in words: {quoted(text, one.key)}"
    said = (calls[0] if isinstance(calls[0], str) else json.dumps(calls[0])) if calls else text
    try:
        one.wanted.model_validate_json(said)
    except ValidationError as error:
        first, *more = error.errors(include_url=False)
        if first["type"] == "json_invalid":
            return f"what it answers is not JSON: {quoted(said, one.key)}"
        field = ".".join(map(str, first["loc"])) or "the whole"
        others = f", and {len(more)} more" if more else ""
        return f"it does not keep to the form: {field}: {first['msg']}{others}"
    return f"its answer cannot be used: {quoted(said, one.key)}"


def quoted(text: str, key: str) -> str:
    """The beginning, as a terminal may be given it. Scrubbed first: half a key would be known by nobody."""
    plain = "".join(char for char in scrubbed(text, key) if char.isprintable())
    return f"“{plain[:QUOTED]}{'…' if len(plain) > QUOTED else ''}”" if plain else "nothing"
