"""How words are compared: case, width, accents of spacing and Markdown marks do not make a difference."""

import re
import unicodedata

SPACES = re.compile(r"\s+")
NOT_STORABLE = re.compile("[\0\ud800-\udfff]")
CJK = re.compile(r"[\u3400-\u9fff]")
WORD = re.compile(r"[A-Za-z0-9_]+(?:['’.-][A-Za-z0-9_]+)*")
EDGES = re.compile(r"^[\s.,;:!?。，；：！？]+|[\s.,;:!?。，；：！？]+$")


def normalised(text: str) -> str:
    """Casefolded, NFKC, one space between words, no punctuation at the ends."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return EDGES.sub("", SPACES.sub(" ", folded))


def storable(text: str) -> str:
    """As every database takes it: a zero byte, or half of a pair that was cut in two, becomes a mark."""
    return NOT_STORABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def one_line(text: str, longest: int) -> str:
    """Words of others as they may stand in a list: what cannot be printed is gone, and what is too long."""
    printed = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(printed.split())[:longest].rstrip()


def word_count(text: str) -> int:
    """Words outside fenced code; each CJK character counts as half a word."""
    prose = re.sub(r"^(```|~~~).*?^\1", " ", text, flags=re.DOTALL | re.MULTILINE)
    cjk = len(re.findall(r"[\u4e00-\u9fff]", prose))
    return len(re.findall(r"[A-Za-z0-9_'’-]+", prose)) + cjk // 2


def has_cjk(text: str) -> bool:
    return CJK.search(text) is not None


def without_code(text: str, instead: str = " ") -> str:
    """The words outside backticks. Takes time in step with the length, whatever stands there."""
    if "`" not in text:
        return text
    marks = [(found.start(), found.end()) for found in re.finditer("`+", text)]
    later: dict[int, list[int]] = {}
    for at, (start, end) in reversed(list(enumerate(marks))):
        later.setdefault(end - start, []).append(at)
    kept: list[str] = []
    at = done = 0
    while at < len(marks):
        start, end = marks[at]
        same = later[end - start]
        while same and same[-1] <= at:
            same.pop()
        if same:
            kept.append(text[done:start])
            at = same[-1]
            done = marks[at][1]
        at += 1
    return instead.join([*kept, text[done:]])


def any_of(*patterns: str) -> re.Pattern[str]:
    """One pattern of several, in capitals or not."""
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)


def width(text: str) -> int:
    """Characters; a Chinese one is as wide as two."""
    return len(text) + len(CJK.findall(text))


def measure(text: str) -> float:
    """How much is said, in words, code included; of Chinese three quarters of a word per character."""
    return len(WORD.findall(text)) + 0.75 * len(CJK.findall(text))
