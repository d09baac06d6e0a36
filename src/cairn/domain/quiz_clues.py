"""What lets somebody find the right option without knowing: its length, its words, its grammar. English and
Chinese."""

import re

from cairn.domain.flaw import Rule
from cairn.domain.lesson import Option, Question, QuestionType
from cairn.domain.text import measure, normalised, width, without_code
from cairn.domain.thresholds import (
    CLANG_SHARE,
    CLANG_WORDS,
    LENGTH_GIVEAWAY,
    SHORT_OPTION,
    VERBATIM,
)

COMMON = {
    "about", "after", "again", "also", "because", "been", "before", "being", "between", "both", "cannot",
    "could", "does", "doing", "during", "each", "every", "from", "have", "having", "here", "into",
    "itself", "just", "like", "more", "most", "must", "never", "nothing", "once", "only", "other",
    "others", "over", "same", "should", "since", "some", "something", "still", "such", "than", "that",
    "their", "them", "then", "there", "these", "they", "thing", "things", "this", "those", "through",
    "under", "until", "used", "uses", "using", "very", "were", "what", "when", "where", "which", "while",
    "will", "with", "without", "would", "your",
}  # fmt: skip
"""Words that no question is about."""
ARTICLE = re.compile(r"\b(an?)[\W_]*$", re.IGNORECASE)
SOUNDS_LIKE_A_CONSONANT = re.compile(r"(?:uni|use|usu|usa|ut[ei]|eu|one\b|once|ubiq|u\b)", re.IGNORECASE)
SILENT_H = re.compile(r"(?:hour|honest|honou?r|heir)", re.IGNORECASE)
NUMBER_NAMES = {"two": 2, "three": 3, "four": 4, "five": 5, "两": 2, "二": 2, "三": 3, "四": 4, "五": 5,
                "2": 2, "3": 3, "4": 4, "5": 5}  # fmt: skip
HOW_MANY = re.compile(
    r"\b(?:which|choose|select|pick|name|mark)(?: the| any)? (two|three|four|five|[2-5])\b"
    r"|(?:哪|选出|选择)(两|二|三|四|五|[2-5])[个项种条]",
    re.IGNORECASE,
)


def sides(question: Question) -> tuple[list[Option], list[Option]]:
    """The right options and the wrong ones."""
    right = [option for option in question.options if option.correct]
    return right, [option for option in question.options if not option.correct]


def given_away_by_length(question: Question) -> str:
    """Every right option stands out as far longer than every wrong one."""
    right, wrong = sides(question)
    if not right or not wrong:
        return ""
    shortest_right = min(width(option.text) for option in right)
    longest_wrong = max(width(option.text) for option in wrong)
    return "long" if shortest_right > max(SHORT_OPTION, LENGTH_GIVEAWAY * longest_wrong) else ""


def stems_of_words(text: str) -> set[str]:
    """The words that carry meaning, shorn of their endings; of Chinese each pair of characters."""
    bare = without_code(text).casefold()
    words = {word for word in re.findall(r"[a-z]{4,}", bare) if word not in COMMON}
    runs = re.findall(r"[\u3400-\u9fff]+", bare)
    pairs = {run[at : at + 2] for run in runs for at in range(len(run) - 1)}
    return {re.sub(r"(?:ing|ed|es|s|ly)$", "", word) for word in words} | pairs


def clang(question: Question) -> str:
    """Words of the question come back in every right option, make up most of it, and are in no wrong one."""
    right, wrong = sides(question)
    if not right or not wrong:
        return ""
    said = [stems_of_words(option.text) for option in right]
    echoed = stems_of_words(question.question).intersection(*said)
    if len(echoed) >= CLANG_WORDS:
        echoed -= stems_of_words("\n".join(option.text for option in wrong))
    pointed = len(echoed) >= CLANG_WORDS and all(len(echoed) >= CLANG_SHARE * len(words) for words in said)
    return ", ".join(sorted(echoed)) if pointed else ""


def article(question: Question) -> str:
    """The question ends in “a” or “an”, which fits every right option and not every wrong one."""
    found = ARTICLE.search(question.question)
    if not found:
        return ""
    right, wrong = sides(question)
    fits = [[fitting(option.text) for option in side] for side in (right, wrong)]
    said = found[1].casefold()
    misfits = any(kind not in ("", said) for kind in fits[1])
    return said if misfits and all(kind == said for kind in fits[0]) else ""


def fitting(text: str) -> str:
    """“a” or “an”; empty where it cannot be told, as of code and abbreviations."""
    first = re.match(r"[A-Za-z]?[a-z]+", text)
    if not first:
        return ""
    vowel = text[0] in "aeiouAEIOU" and not SOUNDS_LIKE_A_CONSONANT.match(text)
    return "an" if vowel or SILENT_H.match(text) else "a"


def answered_in_stem(question: Question) -> str:
    """A right option stands in the question as it is, and no wrong one does."""
    stem = normalised(without_code(question.question))
    right, wrong = sides(question)
    said = [
        option.text
        for option in right
        if measure(option.text) >= VERBATIM and normalised(option.text) in stem
    ]
    return said[0] if said and not any(normalised(option.text) in stem for option in wrong) else ""


def miscounted(question: Question) -> str:
    """“Which two” with another number of right options."""
    found = HOW_MANY.search(without_code(question.question))
    if not found or question.question_type is not QuestionType.multiple_choice:
        return ""
    said = (found[1] or found[2]).casefold()
    return said if NUMBER_NAMES[said] != len(question.key) else ""


RULES = (
    Rule("longest_right", given_away_by_length, "the right option is given away by its length",
         "Give all options about the same length."),
    Rule("clang", clang, "words of the question come back in the right option alone ({})",
         "Use them in a wrong option too, or in none."),
    Rule("article", article, "“{}” at its end fits the right option and not every other",
         "Put the article into the options."),
    Rule("answered_in_stem", answered_in_stem, "it says its own answer (“{}”)",
         "Take it out of the question."),
    Rule("miscounted", miscounted, "it asks for {} options and its key has another number",
         "Let them agree."),
)  # fmt: skip
