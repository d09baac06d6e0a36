"""How words are compared: case, width, accents of spacing and Markdown marks do not make a difference."""

import re
import unicodedata

SPACES = re.compile(r"\s+")
NOT_STORABLE = re.compile("[\0\ud800-\udfff]")
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
    return re.search(r"[\u3400-\u9fff]", text) is not None
