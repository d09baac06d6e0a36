"""Which built-in course a goal asks for: by title, aliases and topics, tolerant of typing errors.

A goal whose head names another subject is refused: a course about Redis does not teach Rails.
"""

import re

from rapidfuzz.distance import OSA

from cairn.authors.library.format import CourseFile

WORD = re.compile(r"[a-z0-9][a-z0-9+#./-]*|[\u3400-\u9fff]+")
PREPOSITIONS = frozenset({"with", "using", "in", "via", "on", "through", "inside"})
FILLING = frozenset(
    [
        "a",
        "about",
        "able",
        "advanced",
        "all",
        "an",
        "and",
        "as",
        "at",
        "be",
        "become",
        "beginner",
        "beginners",
        "basic",
        "basics",
        "best",
        "better",
        "build",
        "by",
        "can",
        "code",
        "coding",
        "complete",
        "course",
        "courses",
        "deep",
        "deeply",
        "deeper",
        "develop",
        "development",
        "dive",
        "do",
        "everything",
        "expert",
        "fast",
        "for",
        "from",
        "fundamentals",
        "get",
        "getting",
        "good",
        "guide",
        "help",
        "hero",
        "how",
        "i",
        "i'd",
        "i'm",
        "im",
        "improve",
        "in-depth",
        "inside",
        "intermediate",
        "internals",
        "intro",
        "introduction",
        "into",
        "is",
        "it",
        "know",
        "language",
        "learn",
        "learning",
        "level",
        "like",
        "make",
        "master",
        "mastering",
        "mastery",
        "me",
        "more",
        "my",
        "need",
        "new",
        "newbie",
        "of",
        "our",
        "path",
        "please",
        "practical",
        "professional",
        "program",
        "programming",
        "programs",
        "quick",
        "quickly",
        "really",
        "scratch",
        "skills",
        "start",
        "started",
        "step",
        "study",
        "studying",
        "tell",
        "teach",
        "the",
        "to",
        "tutorial",
        "understand",
        "up",
        "use",
        "using",
        "want",
        "was",
        "we",
        "well",
        "what",
        "work",
        "working",
        "would",
        "write",
        "writing",
        "you",
        "your",
        "zero",
    ]
)
CJK_FILLING = re.compile(
    "我|想要|想|要|学习|学会|学|如何|怎么|怎样|使用|用|掌握|了解|入门|基础|零基础|从零开始|初学|初级|中级|进阶|高级|深入|精通"
    "|教程|课程|编程|语言|数据库|缓存|开发|的|和|与|请|帮|一下|全部|到"
)


def score(goal: str, course: CourseFile) -> float:
    """0 where the goal is not about the course; otherwise the better the match the nearer to 1."""
    spoken = " ".join(words_of(goal))
    if any(contains(spoken.split(), phrase.casefold().split()) == 1.0 for phrase in course.excludes):
        return 0.0
    terms = [words_of(term) for term in (course.title, *course.aliases, *course.topics)]
    known = {word for term in terms for word in term} | FILLING
    head = [word for word in head_of(words_of(goal)) if word not in FILLING]
    best = max(contains(words_of(goal), term) for term in terms)
    if not head:
        return best
    named = any(contains(head, term) for term in terms) or all(word in known for word in head)
    return best if named else 0.0


def words_of(text: str) -> list[str]:
    """Words in lower case; Chinese without the phrases that only ask."""
    found: list[str] = []
    for word in WORD.findall(text.casefold()):
        if re.match(r"[\u3400-\u9fff]", word):
            found += [part for part in CJK_FILLING.sub(" ", word).split() if part]
        else:
            found.append(word.rstrip("./-"))
    return found


def head_of(words: list[str]) -> list[str]:
    """The words up to the first preposition that follows something of substance."""
    head: list[str] = []
    for word in words:
        if word in PREPOSITIONS and any(w not in FILLING for w in head):
            break
        head.append(word)
    return head


def contains(words: list[str], term: list[str]) -> float:
    """How well the term's words stand in a row among `words`; 0 where they do not."""
    if not term:
        return 0.0
    windows = (words[at : at + len(term)] for at in range(len(words) - len(term) + 1))
    return max((alike(window, term) for window in windows), default=0.0)


def alike(window: list[str], term: list[str]) -> float:
    total = 0.0
    for said, meant in zip(window, term, strict=True):
        distance = OSA.distance(said, meant)
        if distance > slips_allowed(meant) or (distance and said[0] != meant[0]):
            return 0.0
        total += 1 - distance / (len(meant) + 1)
    return total / len(term)


def slips_allowed(word: str) -> int:
    """Typing errors (a letter wrong, missing, added, or two swapped) that still mean the word."""
    return 0 if len(word) < 5 or not word.isascii() else 1 if len(word) < 9 else 2
