"""Flaws of the options, each alone and beside the others. English and Chinese."""

import re
from collections.abc import Sequence
from itertools import combinations, product, takewhile

from cairn.domain.flaw import Rule
from cairn.domain.lesson import Question, QuestionType
from cairn.domain.text import any_of, measure, normalised, without_code
from cairn.domain.thresholds import ABSOLUTES, REPEATED_BEGINNING

CATCH_ALL = any_of(
    r"\b(?:all|none|both|neither) of (?:the )?(?:above|below|these|them|options|answers|choices|others)\b",
    r"^\W*(?:all|none|both|neither)(?: (?:options|answers))? (?:is|are) (?:correct|right|true|wrong)\W*$",
    r"以上(?:所有|全部)?(?:选项|答案|说法)?(?:都|皆|全|均)",
    r"^\W*(?:所有)?(?:选项|说法|答案)?(?:都|全部?|均|皆)(?:是|对|正确|不对|不是|错误?|不正确)\W*$",
    r"^\W*(?:以上|上述)(?:全部|所有)\W*$",
)
TRUTHS = {"true", "false", "对", "错", "正确", "错误", "真", "假"}
OFTEN = any_of(
    r"\b(?:often|usually|sometimes|frequently|rarely|seldom|generally|occasionally|commonly|typically)\b",
    r"经常|通常|有时|偶尔|很少|往往|常常|一般(?:来说|会|情况)",
)
ALWAYS = any_of(
    r"\b(?:always|never|absolutely|without exception|no matter what|guaranteed|impossible|forever)\b",
    r"\b(?:under (?:all|any|no) circumstances|in (?:all|every) cases?)\b",
    r"总是|从不|永远|绝对|绝不|决不|一定(?!的|程度)|必然|必定|任何情况下|毫无例外",
)
JOKE = any_of(
    r"^\W*(?:(?:i )?(?:do not|don['’]t) know|not sure|no idea|(?:nobody|who) (?:knows|cares)|whatever)\W*$",
    r"^\W*(?:(?:it is |it['’]s |by |it works by |pure )?magic|because i say so|it just works)\W*$",
    r"^\W*(?:我?也?不知道|不清楚|不确定|随便|无所谓|谁知道呢?|(?:靠|用|是)?魔法|看心情)\W*$",
    r"\b(?:lol|haha+)\b|哈哈|😂|🤣",
)
LETTERS = re.compile(
    r"^\W*(?:(?:[Bb]oth|[Oo]nly|[Nn]either) )?[A-F](?:(?: ?, ?| (?:and|or|nor|&) )[A-F])+(?: only)?\W*$"
    r"|^\W*[只仅]?有?[A-F](?:[、和与或及][A-F])+(?:都|均|全)?(?:正确|对|是)?\W*$"
)
OTHER_OPTION = re.compile(
    r"\b(?:[Oo]ptions? (?:[A-F]|\(?[a-f]\)|[1-6])|(?:[Aa]nswer|[Cc]hoice) (?:[A-F]|\(?[a-f]\)))(?![\w-])"
    r"|\bthe (?:first|second|third|fourth|fifth|last|previous|other) (?:option|answer|choice)s?\b"
    r"|选项 ?[A-Fa-f1-6一二三四五六]|[A-F] ?选项|第[一二三四五六1-6]个?选项|[前后上]一?[个两]?选项"
)
IN_OTHER_OPTION = ("ption", "nswer", "hoice", "选项")
"""Without one of these there is none: looked for first, as it is far quicker."""
NUMBER = re.compile(r"^[$£€¥~≈]?(-?\d+(?:[,_ ]\d{3})*)(\.\d+)?\s*([^\d\s][^\d]*)?$")
RANGE = re.compile(r"^(-?\d+(?:\.\d+)?)\s*(?:-|–|—|~|to|至|到)\s*(-?\d+(?:\.\d+)?)\s*(\D*)$", re.IGNORECASE)
AND_MORE = re.compile(r"^(?:,? (?:and|as well as|plus|but also|with) |、|，?(?:以及|和|并且?|加上|还有))\S")
MORE_AND = re.compile(r"\S(?:,? (?:and|as well as|plus) |、|，?(?:以及|和|并且?|加上|还有))$")


def texts(question: Question) -> list[str]:
    return [option.text for option in question.options]


def catch_all(question: Question) -> str:
    return next((text for text in texts(question) if CATCH_ALL.search(text)), "")


def joke(question: Question) -> str:
    return next((text for text in texts(question) if JOKE.search(text)), "")


def vague(question: Question) -> str:
    """“Often” beside “sometimes”: where one ends and the other begins, each reader says differently."""
    found = [OFTEN.search(without_code(text)) for text in texts(question)]
    said = dict.fromkeys(match[0].casefold() for match in found if match)
    return ", ".join(said) if len(said) > 1 else ""


def absolute_wrong(question: Question) -> str:
    """Words like “always” in wrong options alone: who takes tests knows that these are wrong."""
    found = {option.option_id: ALWAYS.search(without_code(option.text)) for option in question.options}
    said = [match[0] for match in found.values() if match]
    in_right = any(found[option_id] for option_id in question.key)
    return said[0] if len(said) >= ABSOLUTES and not in_right else ""


def names_another(question: Question) -> str:
    """Options are shown in another order, and some without letters."""
    if letters := next((text for text in texts(question) if LETTERS.search(text)), ""):
        return letters
    said = "\n".join(text for option in question.options for text in (option.text, option.explanation))
    if not any(word in said for word in IN_OTHER_OPTION):
        return ""
    found = OTHER_OPTION.search(without_code(said))
    return found[0] if found else ""


def part_of_another(question: Question) -> str:
    """“A” beside “A and B” where the latter is right: then A is right as well."""
    if question.question_type is not QuestionType.single_choice:
        return ""
    right = {normalised(option.text) for option in question.options if option.correct}
    for long, short in product(right, map(normalised, texts(question))):
        before, found, after = long.partition(short)
        if found and ((not before and AND_MORE.search(after)) or (not after and MORE_AND.search(before))):
            return short
    return ""


def truths(question: Question) -> str:
    asked = {normalised(text) for text in texts(question)}
    single = question.question_type is QuestionType.single_choice
    return " / ".join(texts(question)) if single and asked <= TRUTHS else ""


def repeated_beginning(question: Question) -> str:
    shared = common_beginning(texts(question))
    if shared.count("`") % 2:  # they differ within code
        shared = shared.rpartition("`")[0]
    return shared if measure(without_code(shared)) >= REPEATED_BEGINNING else ""


def common_beginning(options: Sequence[str]) -> str:
    """In whole words; of Chinese in characters."""
    if len({option[:1] for option in options}) > 1:
        return ""
    words = [re.findall(r"[\u3400-\u9fff]|[^\s\u3400-\u9fff]+|\s+", option) for option in options]
    same = takewhile(lambda column: len(set(column)) == 1, zip(*words, strict=False))
    return "".join(column[0] for column in same)


def numbers(question: Question) -> list[float]:
    """What the options say, where all are plain numbers of one unit and as exact; else nothing."""
    found = [NUMBER.match(text.strip().strip("`")) for text in texts(question)]
    kinds = {(len(match[2] or ""), match[3]) if match else None for match in found}
    if len(kinds) > 1:  # 3.9 and 3.10 may be versions
        return []
    return [float(re.sub(r"[,_ ]", "", match[1]) + (match[2] or "")) for match in found if match]


def out_of_order(question: Question) -> str:
    said = numbers(question)
    ordered = len(said) < 3 or said in (sorted(said), sorted(said, reverse=True))
    return "" if ordered else ", ".join(texts(question))


def overlapping(question: Question) -> str:
    found = [match for text in texts(question) if (match := RANGE.match(text.strip()))]
    ranges = sorted((float(m[1]), float(m[2]), m[0]) for m in found if float(m[1]) < float(m[2]))
    for low, high in combinations(ranges, 2):
        if high[0] <= low[1]:
            return f"{low[2]}, {high[2]}"
    return ""


RULES = (
    Rule("catch_all", catch_all, '"all of the above" and its like are no options (“{}”)',
         "Write an option that stands for itself."),
    Rule("joke_option", joke, "nobody would choose “{}”", "Write a mistake that learners really make."),
    Rule("vague_frequency", vague, "words like “{}” mean something else to each reader",
         "Say how often, or leave it out."),
    Rule("absolute_wrong", absolute_wrong, "words like “{}” stand in wrong options alone and give them away",
         "Say it without."),
    Rule("names_another", names_another, "an option or its explanation speaks of another by its place (“{}”)",
         "Let each stand for itself: the order may change."),
    Rule("part_of_another", part_of_another, "the right option holds another (“{}”)",
         "Write options that exclude each other."),
    Rule("truth_options", truths, "its options are “{}”", "Make it true_false."),
    Rule("repeated_beginning", repeated_beginning, "all options begin with “{}”",
         "Say that once, in the question."),
    Rule("numbers_unordered", out_of_order, "its numbers are in no order ({})", "Put them in order."),
    Rule("ranges_overlap", overlapping, "its ranges overlap ({})", "Let no number be in two of them."),
)  # fmt: skip
