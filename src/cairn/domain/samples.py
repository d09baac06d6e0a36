"""Whether a sample of code can be read by its language. It is parsed, never run.

A sample is not judged where it is meant to be incomplete, or where its language is not known here.
"""

import ast
import json
import re
import tomllib
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from textwrap import dedent, indent
from typing import Any

import yaml

from cairn.domain.reading import Fence
from cairn.domain.thresholds import LONGEST_SAMPLE

Parse = Callable[[str], object]
LEFT_OUT = re.compile(r"\.\.\.|…|<[A-Za-z][\w .:-]*>|\{\{|\{%")
"""What stands for something a reader is to put there."""
ON_PURPOSE = re.compile(r"\b(?:SyntaxError|IndentationError|TabError|JSONDecodeError|TOMLDecodeError)\b")
SHOWN_WITHIN = 3
"""Fences: the sample, the command that runs it, and what that prints."""
PROMPT = re.compile(r"^\s*(?:>>>|\.\.\.)(?: |$)")
MAGIC = re.compile(r"^([ \t]*)(?:[!%].*|[\w.]+\?{1,2}[ \t]*)$", re.MULTILINE)
IN_IPYTHON = re.compile(r"^In \[\d*\]:", re.MULTILINE)
FRAMES = ("if _:\n    pass\n{}", "try:\n    pass\n{}", "{}\ndef _(): pass", "{}\n" + " " * 60 + "pass")
"""A sample may be a piece of something: begin with `else` or `except`, be a decorator or a head alone."""
IN_MATCH = "match _:\n{}"
COMMENT = re.compile(r"^[ \t]*(?://|#|/\*)|\s//\s", re.MULTILINE)


def judged(fences: Sequence[Fence]) -> list[tuple[Fence, bool]]:
    """The samples that can be judged, each with whether it cannot be read. What is shown in order to show its
    error, told in it or in the fences that follow, is none of them."""
    shown = [
        fence
        for at, fence in enumerate(fences)
        if not any(ON_PURPOSE.search(near.code) for near in fences[at : at + SHOWN_WITHIN])
    ]
    verdicts = [(fence, unreadable(fence)) for fence in shown]
    return [(fence, verdict) for fence, verdict in verdicts if verdict is not None]


def unreadable(fence: Fence) -> bool | None:
    """None: it is not judged."""
    parse = PARSERS.get(fence.language)
    code = fence.code
    if parse is None or not code.strip() or len(code) > LONGEST_SAMPLE:
        return None
    try:
        with warnings.catch_warnings():  # a doubtful escape is not what is asked for here
            warnings.simplefilter("ignore")
            parse(code)
    except NotJudged:
        return None
    except (SyntaxError, ValueError, yaml.YAMLError, RecursionError, MemoryError):
        return True
    return False


class NotJudged(Exception):
    """The sample is meant to be incomplete."""


def parse_python(code: str) -> None:
    if IN_IPYTHON.search(code):
        raise NotJudged
    if any(line.lstrip().startswith(">>>") for line in code.splitlines()):
        for typed in typed_in(code):
            as_python(typed)
    else:
        as_python(dedent(MAGIC.sub(r"\1pass", code)))


def typed_in(session: str) -> list[str]:
    """What was typed at the prompts of a session, one statement each."""
    typed: list[list[str]] = []
    open_now = False
    for line in dedent(session).splitlines():
        if line.startswith(">>>"):
            typed.append([line[4:]])
            open_now = True
        elif open_now and PROMPT.match(line):
            typed[-1].append(line[4:])
        else:
            open_now = False
    return ["\n".join(lines) for lines in typed]


def as_python(code: str) -> None:
    try:
        ast.parse(code)
    except SyntaxError as error:
        framed = [frame.format(code) for frame in FRAMES]
        if any(parses(whole) for whole in (*framed, IN_MATCH.format(indent(code, "    ")))):
            return
        line = code.splitlines()[(error.lineno or 1) - 1 :][:1]
        if LEFT_OUT.search("".join(line)):
            raise NotJudged from error
        raise


def parses(code: str) -> bool:
    try:
        ast.parse(code)
    except SyntaxError:
        return False
    return True


def parse_json(text: str) -> None:
    """One value, one per line, or members without their braces."""
    try:
        json.loads(text)
    except ValueError as error:
        if any(all(is_json(part) for part in parts) for parts in other_forms(text)):
            return
        if LEFT_OUT.search(text) or COMMENT.search(text):
            raise NotJudged from error
        raise


def other_forms(text: str) -> Iterable[list[str]]:
    yield [line for line in text.splitlines() if line.strip()]
    yield ["{" + text.strip().removesuffix(",") + "}"]


def is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def parse_toml(text: str) -> None:
    complete(tomllib.loads, text)


def parse_yaml(text: str) -> None:
    complete(lambda said: list(yaml.parse(said, Loader=Loader)), text)


def complete(parse: Parse, text: str) -> None:
    try:
        parse(text)
    except (ValueError, yaml.YAMLError) as error:
        if LEFT_OUT.search(text):
            raise NotJudged from error
        raise


Loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
PARSERS: Mapping[str, Parse] = {
    **dict.fromkeys(("python", "py", "python3", "py3", "pycon"), parse_python),
    "json": parse_json,
    "toml": parse_toml,
    **dict.fromkeys(("yaml", "yml"), parse_yaml),
}
"""By the name a fence gives its language. Shell is left out: only a shell can read it."""
