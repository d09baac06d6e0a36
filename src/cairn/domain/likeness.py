"""When two names are one concept under two spellings.

What is not told apart here is merged by code, so only what cannot make another concept is passed over: the
number of a noun, articles, “and”, hyphens and spaces. Edit distance would make one of “supervised learning”
and “unsupervised learning”, which are 95 of 100 alike.
"""

import re
from functools import lru_cache

from cairn.domain.text import normalised

LITTLE = frozenset({"a", "an", "the", "and", "&"})
SEPARATORS = re.compile(r"[\s\-‐-―/\\.,:;·'’\"“”()\[\]_`*的和与、，：（）]+")
"""Other signs are names: C, C++ and C#."""
AFTER_A_HISS, IE = re.compile(r"(x|z|ch|sh|ss)e$"), re.compile(r"ie$")


def spelling(name: str) -> str:
    """The same for all spellings of a concept's name."""
    words = [word for word in SEPARATORS.split(normalised(name)) if word and word not in LITTLE]
    return "".join(map(singular, words)) or normalised(name)


@lru_cache(10_000)
def singular(word: str) -> str:
    """Of an English noun by rule, and not always a word: queries and query, caches and cache are one."""
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    return IE.sub("y", AFTER_A_HISS.sub(r"\1", word))
