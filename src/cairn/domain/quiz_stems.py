"""Flaws of a question's own words, whatever its options say. English and Chinese."""

import re
from functools import lru_cache

from cairn.domain.flaw import Rule
from cairn.domain.lesson import Question, QuestionType
from cairn.domain.text import any_of, measure, without_code
from cairn.domain.thresholds import LEAST_STEM

VERB = r"(?:is|are|was|were|does|do|did|can|could|will|would|should|has|have|had|may|might|must|needs?)"
CLAUSE = (
    r"\b(?:if|when|because|that|since|while|although|after|before|where|whose|who|than|unless|why|how|but|as|reasons?|"
    r"(?:ensure|make|mean|show|say|guarantee|let|explain|prevent|keep|cause|describe|handle|check|tell|prove|happen)s?)\b"
)
"""Where another clause begins, in which a “not” is no part of what is asked for."""
ASKED = (
    rf"(?:(?:^|[.?!:]\s+)(?:(?:in|on|at|for|with|to|of|by|under|from)\s+)?(?:which|what|who)|,\s+(?:which|what)(?!\s+{VERB}))\b"
    rf"(?:(?!{CLAUSE}|\b{VERB}\b)[^.?!,;:])*?\b"
)
NEGATIVE = any_of(
    rf"{ASKED}(?:{VERB}\s+(?:(?!{CLAUSE}|do\b)[^\s.?!,;:]+\s+){{0,2}}?not\b|(?:cannot|never)\b|\w+n['’]t\b)",
    r"\ball\b[^.?!]*\bexcept\b",
    r"\bexcept\b[^\w?]*(?:\?|$)",
)
IS_NOT = r"(?:不是|不属于|不包括|并非)"
NO = r"(?:不(?![同仅只但断管论过变可少])|没有|无法|未(?!来)|非(?!常))(?![^。？！?!]*的(?!是)\w)"
NEGATIVE_IN_CHINESE = re.compile(
    rf"(?:哪|(?:以下|下列|下面)(?!哪))(?:(?!为什么|为何|如果|假如|当|若|因为|原因)[^。？！?!，,；;])*?"
    rf"(?:{IS_NOT}|{NO})(?![^。？！?!]*(?:时|情况|之?[后前]|下))[^。？！?!，,；;]{{0,20}}[是的？?：:（）()\s]*$"
)
SIGN = r"(?:\*\*|__|\*|_|[【】「」『』“”\"]|</?(?:b|u|em|strong)>)"
STRESSED = any_of(rf"{SIGN}\s*(?:not|except|never|cannot|不[^\s】」』”\"*_<]{{0,4}}|没有|并非|非)\s*{SIGN}")
IN_CAPITALS = re.compile(r"\b(?:NOT|EXCEPT|NEVER|CANNOT)\b|\b\w+N['’]T\b")
DENIES = any_of(
    r"\b(?:not|never|no|cannot|nothing|neither|nobody)\b",
    r"n['’]t\b",
    r"不(?![同仅只但断管论过错])|没有|无法|并非|从未",
)
FRAME = any_of(
    r"\b(?:which|what|who|ones?|of|the|these|those|this|that|following|is|are|was|were|do|does|did|be|true|correct|right|"
    r"false|wrong|incorrect|not|best|statements?|options?|answers?|questions?|choices?|choose|select|pick|mark|tick|all|"
    r"apply|applies|about|it|here|there|you|think|a|an|and|or|to|happens?|in|for|please)\b",
    r"请|以下|下列|下面|哪一|哪|些|个|项|种|句|条|关于|说法|选项|答案|陈述|叙述|描述|选出|选择|属于|符合|题意|不?正确|错误|"
    r"不?对|是|的|最|一|中|有|吗|呢|为|它|这|那",
)
"""What a question is made of before it asks about anything."""
ASKS = any_of(
    r"[?？…_]|\.\.\.|[(（]\s*[)）]",
    r"\b(?:choose|select|pick|name|complete|identify|find|decide|mark|match|order|rank|tell|say|give|fill|state|determine|"
    r"indicate|guess|work out)\b",
    r"选|指出|找出|判断|填|说出|回答",
)
SENTENCE_ENDS = re.compile(r"[.!。！;；]\W*$")
HERE = r"(?:lesson|tutorial|passage|article|chapter|reading)"
LESSON = any_of(
    rf"\b(?:as|was|is|were|are) (?:shown|seen|described|explained|discussed|mentioned|stated|covered|taught)"
    rf" (?:above|earlier|in (?:the|this) (?:text|section|{HERE}))\b",
    rf"\b(?:in|according to|from|of|by|to) (?:the|this) {HERE}\b",
    r"\b(?:according to|in) (?:the|this) text\b(?! [`\"“'])(?! of\b)",
    rf"\b(?:the|this) (?:author|{HERE}) (?:says|states|mentions|describes|explains|calls)\b",
    r"\b(?:mentioned|described|explained) (?:above|earlier)\b",
    r"(?<!以)[上前]文(?![件本字档章])|(?<![\u4e00-\u9fff])文中|本[课文节](?![件本字档点课])|本教程|教程[中里]|课文",
    r"(?:正如|如)上(?:所述|文)|根据(?:本|该|上)?(?:课程?|教程|文章|材料|章|节)",
)
SAMPLE = r"(?:example|code|snippet|table|figure|diagram|program|sample)"
ABOVE = any_of(
    rf"\b{SAMPLE} (?:shown |given )?above\b",
    rf"\bthe (?:above|previous|preceding) (?:text|section|lesson|{SAMPLE})\b",
    r"\bas shown above\b",
    r"上[述面]的?(?:示例|代码|例子|表格?|图|程序)|如上(?:图|表)?所示|如上[图表]",
)
"""Well said of a sample that the question itself holds."""
TWO_CLAIMS = any_of(
    r"\b(?:because|therefore|thus|hence)\b|;",
    r",? and (?:therefore|thus|hence|also|so|it|they|this)\b",
    r"因为|由于|因此|所以|并且|而且|，且|；",
)


@lru_cache(maxsize=64)
def negation(stem: str) -> str:
    """The part of a question that asks for what is not so, stressed or not."""
    plain = re.sub(SIGN, "", stem)
    found = NEGATIVE.search(plain) or NEGATIVE_IN_CHINESE.search(plain)
    return " ".join(found[0].split()).strip(".?!:,; ") if found else ""


def negative_stem(question: Question) -> str:
    stem = without_code(question.question)
    return "" if STRESSED.search(stem) or IN_CAPITALS.search(stem) else negation(stem)


def double_negative(question: Question) -> str:
    asked = negation(without_code(question.question))
    if not asked or len(DENIES.findall(asked)) > 1:
        return asked
    texts = [without_code(option.text) for option in question.options]
    return next((text for text in texts if DENIES.search(text)), "")


def unfocused(question: Question) -> str:
    """Nothing but the frame of a question, such as “Which of these is true?”, or next to no words."""
    stem = question.question
    if without_code(stem) != stem:
        return ""
    return stem if measure(stem) < LEAST_STEM or not re.search(r"\w", FRAME.sub("", stem)) else ""


def no_question(question: Question) -> str:
    stem = without_code(question.question)
    asks = question.question_type is QuestionType.true_false or ASKS.search(stem)
    return stem if SENTENCE_ENDS.search(stem) and not asks else ""


def lesson_at_hand(question: Question) -> str:
    stem = without_code(question.question)
    holds_sample = stem != question.question
    found = LESSON.search(without_code(question.question, "`")) or (
        None if holds_sample else ABOVE.search(stem)
    )
    return found[0] if found else ""


def two_claims(question: Question) -> str:
    truth = question.question_type is QuestionType.true_false
    found = TWO_CLAIMS.search(without_code(question.question)) if truth else None
    return found[0] if found else ""


RULES = (
    Rule("negative_stem", negative_stem, "it asks for what is not so, and does not stress it (“{}”)",
         "Ask for what is so, or write NOT in capitals (Chinese: **不**)."),
    Rule("double_negative", double_negative, "question and option both say “not” (“{}”)",
         "Say one of them without."),
    Rule("unfocused_stem", unfocused, "it does not say what it is about",
         "Name what is asked about, so that it can be answered before the options are read."),
    Rule("no_question", no_question, "it asks nothing", "End it with a question."),
    Rule("lesson_at_hand", lesson_at_hand, "it needs the lesson at hand (“{}”)",
         "Put into the question what is needed to answer it."),
    Rule("two_claims", two_claims, "one statement makes two claims (“{}”)",
         "State one thing that is true or false."),
)  # fmt: skip
