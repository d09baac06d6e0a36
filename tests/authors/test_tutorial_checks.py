"""What a tutorial is refused for, and what it is remarked on: the edges of each, in English and Chinese."""

from pathlib import Path

import pytest

from cairn.authors.library.format import read_concept
from cairn.authors.model.checks import faults_of_tutorial, language_faults
from cairn.authors.model.sections import remarks_of_tutorial
from cairn.domain.lesson import Tutorial
from cairn.domain.reading import read

COURSES = Path(__file__).parents[2] / "src" / "cairn" / "authors" / "library" / "courses"
FILES = sorted(COURSES.glob("*/concepts/*.md"))
PROSE = "The dough is left to rest before it is shaped, and then it can be stretched by hand. " * 8
HANZI = "面团在整形之前需要静置一段时间，这样面筋会松弛，之后就可以用手把它拉开。" * 8
CUT, FENCE, REASONING = "breaks off", "code fence", "own reasoning"


def faults(markdown: str, language: str = "en") -> list[str]:
    return faults_of_tutorial(read(markdown), language)


def ending(end: str) -> str:
    return f"{PROSE}\n\n{end}"


def ending_zh(end: str) -> str:
    return f"{HANZI}\n\n{end}"


WHOLE = {
    "a sentence": ending("So it is done."),
    "a question": ending("Is it done?"),
    "a quotation": ending("She calls it “done.”"),
    "a bracket": ending("So it is done (mostly)."),
    "an aside": ending("So it is done at last (see the picture)"),
    "emphasis": ending("**So it is done in the end.**"),
    "a fence": ending("```sh\nls\n```"),
    "a fence of tildes": ending("~~~sh\nls\n~~~"),
    "a fence within a longer one": ending("````md\n```sh\nls\n```\n````"),
    "a fence in a list": ending("1. So:\n\n   ```sh\n   ls\n   ```"),
    "indented code": ending("So:\n\n    ls -l and"),
    "inline code": ending("At last the whole of it is done by `make all`"),
    "a list without full stops": ending("- flour\n- water and salt"),
    "an item that ends in a little word": ending("- flour\n- what it is for"),
    "a long item without a full stop": ending("- flour that was milled on stones last week"),
    "a table": ending("| a | b |\n|---|---|\n| flour | water and |"),
    "a formula": ending("At last the whole of it is given by $E = mc^2$"),
    "a bracketed formula": ending(r"At last the whole of it is given by \(E = m\)"),
    "a number": ending("At last the sum of all these weights is 42"),
    "a name in capitals": ending("At last the whole of it is sent as JSON"),
    "a link": ending("At last you may read about it in [the manual](https://x.y/z)"),
    "an address": ending("At last you may read about it at https://x.y/z"),
    "an address in angles": ending("At last you may read about it at <https://x.y/z>"),
    "a sign-off": ending("Happy baking to you"),
    "a folded solution": ending("<details>\n<summary>Solution</summary>\n\nRest it.\n\n</details>"),
    "an ellipsis": ending("And so on, for as long as you like…"),
    "a picture of text": ending("A smile at the end of it all 🙂"),
    "a quoted block": ending("> So it is done."),
    "a rule": ending("So it is done.\n\n---"),
}
WHOLE_ZH = {
    "a sentence": ending_zh("这样就完成了。"),
    "a question": ending_zh("这样就完成了吗？"),
    "an exclamation": ending_zh("这样就完成了！"),
    "an ellipsis": ending_zh("以此类推，直到所有的面团都完成……"),
    "a bracket": ending_zh("这样所有的面团就都已经完成了（见图）"),
    "a quotation": ending_zh("师傅把这个状态称为“已经完成。”"),
    "code": ending_zh("最后用这一条命令完成全部工作：`make all`"),
    "a list without full stops": ending_zh("- 面粉\n- 水和盐"),
    "a short line": ending_zh("祝你烘焙愉快"),
    "English words": ending_zh("最后把所有的结果都发送成 JSON"),
    "a fence": ending_zh("```sh\nls\n```"),
}
BROKEN = {
    "a comma": ending("So it is done,"),
    "a colon": ending("So it is done by this:"),
    "an open bracket": ending("So it is done ("),
    "a dash": ending("So it is done –"),
    "a conjunction": ending("So it is done and"),
    "an article, in few words": ending("Take the"),
    "a word": ending("So it is done by somebody who kneads the dough and folds"),
    "a heading": ending("So it is done.\n\n## Exercise"),
    "an item": ending("- flour\n- water, salt and"),
    "something folded open": ending("<details>\n<summary>Solution</summary>\n\nRest it."),
    "a word in emphasis": ending("**So it is done by somebody who kneads the dough and folds**"),
}
BROKEN_ZH = {
    "a comma": ending_zh("这样就完成了，"),
    "a colon": ending_zh("步骤如下："),
    "a list mark": ending_zh("需要面粉、"),
    "a conjunction": ending_zh("- 面粉\n- 水和"),
    "a word": ending_zh("这样所有的面团就都可以放进已经预热好的烤箱里面开始"),
    "a heading": ending_zh("这样就完成了。\n\n## 练习"),
}


@pytest.mark.parametrize("name", WHOLE)
def test_an_english_text_may_end_so(name: str) -> None:
    assert faults(WHOLE[name]) == []


@pytest.mark.parametrize("name", WHOLE_ZH)
def test_a_chinese_text_may_end_so(name: str) -> None:
    assert faults(WHOLE_ZH[name], "zh") == []


@pytest.mark.parametrize("name", BROKEN)
def test_an_english_text_that_breaks_off_is_refused(name: str) -> None:
    [said] = faults(BROKEN[name])
    assert CUT in said


@pytest.mark.parametrize("name", BROKEN_ZH)
def test_a_chinese_text_that_breaks_off_is_refused(name: str) -> None:
    [said] = faults(BROKEN_ZH[name], "zh")
    assert CUT in said


@pytest.mark.parametrize(
    "end",
    [
        "```sh\nls", "~~~\nls", "````\n```\nls\n```", "```sh\nls\n~~~", "```sh\nls\n``` So it is done.",
        "1. So:\n\n   ```sh\n   ls\n\n2. Then it is done.",
        "- So:\n\n  ```sh\n  ls\n```\n\nSo it is done.",
    ],
)  # fmt: skip
def test_an_open_fence_is_refused_with_its_line(end: str) -> None:
    said = faults(ending(end))
    assert [fault for fault in said if FENCE in fault and "line " in fault]


@pytest.mark.parametrize(
    "before",
    [
        "<think>What do they want?</think>\n\n", "</think>\n", "<|channel|>final\n", "◁think▷", "[INST] ",
        "Okay, so the user wants to know of dough. ", "The user asks for a short tutorial about dough. ",
        "First, we need to write a good lesson. ",
    ],
)  # fmt: skip
def test_leaked_reasoning_is_refused(before: str) -> None:
    assert [said for said in faults(before + PROSE) if REASONING in said]


@pytest.mark.parametrize(
    "before", ["好的，用户想要了解面团。", "用户要求写一篇关于面团的教程。", "嗯，我需要写一篇文章。"]
)
def test_leaked_reasoning_in_chinese_is_refused(before: str) -> None:
    assert [said for said in faults(before + HANZI, "zh") if REASONING in said]


@pytest.mark.parametrize(
    "before",
    [
        "A model may answer with `<think>` before the rest. ", "```xml\n<think>\n</think>\n```\n\n",
        "The user wants a page within a second. ", "First, we need to write a test. ", "Think of dough. ",
        "We need to write the JSON file first. ",
    ],
)  # fmt: skip
def test_a_lesson_may_speak_of_users_and_of_thinking(before: str) -> None:
    assert faults(before + PROSE) == []
    assert faults("用户希望页面在一秒内打开。" + HANZI, "zh") == []


def test_too_few_words_are_refused_and_code_is_not_counted() -> None:
    assert "words besides code" in faults("So it is done.")[0]
    assert "words besides code" in faults("```\n" + PROSE + "\n```\n\nSo it is done.")[0]
    assert "words besides code" in faults("1. So it is:\n\n   ```\n   " + PROSE + "\n   ```\n")[0]
    assert "words besides code" in faults("这样就完成了。" * 10, "zh")[0]
    assert "words besides code" in faults("\n\n")[0]


GERMAN = "Der Teig muss ruhen, bevor er geformt wird, und danach kann man ihn mit der Hand dehnen. " * 8
FRENCH = "La pâte doit reposer avant le façonnage, et on peut ensuite l'étirer à la main sans peine. " * 8
JAPANESE = "生地は成形する前に休ませる必要があります。そうすれば手で伸ばすことができます。" * 10
KOREAN = "반죽은 성형하기 전에 휴지시켜야 합니다. 그러면 손으로 늘릴 수 있습니다. " * 10
RUSSIAN = "Тесто должно отдохнуть перед формовкой, а затем его можно растянуть руками. " * 10


@pytest.mark.parametrize("text", [GERMAN, FRENCH, JAPANESE, KOREAN, RUSSIAN, HANZI])
def test_another_language_is_not_english(text: str) -> None:
    assert language_faults(text, "en") == ["It is not written in English."]


@pytest.mark.parametrize("text", [GERMAN, JAPANESE, KOREAN, RUSSIAN, PROSE])
def test_another_language_is_not_chinese(text: str) -> None:
    assert language_faults(text, "zh") == ["It is not written in Chinese."]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (PROSE, "en"), (HANZI, "zh"), (PROSE + "The word for it is 面团.", "en"),
        ("使用 Redis 的 `SET` 命令可以写入字符串，使用 `GET` 命令可以读取它，TTL 到期后键会被删除。", "zh"),
        ("Qu'est-ce que c'est?", "en"), (PROSE + f"```\n{HANZI}\n```", "en"), ("", "en"),
    ],
)  # fmt: skip
def test_terms_code_and_few_words_do_not_make_another_language(text: str, language: str) -> None:
    assert language_faults(text, language) == []


LESSON = f"""## Why it matters

Bread fails without it.

## How dough rests

{PROSE}

## Worked example

{PROSE}

## Exercise

Rest a dough for an hour.

<details>
<summary>Solution</summary>

It stretches further.

</details>
"""
LESSON_ZH = f"""没有它就做不出好面包。

## 面团如何静置

{HANZI}

## 示例

{HANZI}

## 练习

把面团静置一小时。

**参考答案**：可以拉得更长。
"""


def remarks(markdown: str, minutes: int = 20) -> list[str]:
    tutorial = Tutorial(title="t", summary="s", markdown=markdown, minutes=minutes)
    return [flaw.code for flaw in remarks_of_tutorial(tutorial, read(markdown))]


def test_a_whole_lesson_has_no_remark() -> None:
    assert (faults(LESSON), remarks(LESSON)) == ([], [])
    assert (faults(LESSON_ZH, "zh"), remarks(LESSON_ZH)) == ([], [])


@pytest.mark.parametrize(
    ("gone", "instead", "missing"),
    [
        ("## Why it matters\n\nBread fails without it.\n", "", "why"),
        ("## Worked example", "## How it smells", "example"),
        ("## How dough rests", "", "explanation"),
        ("## How dough rests", "## Purpose", "explanation"),
        (f"## How dough rests\n\n{PROSE}", "## How dough rests\n\nIt rests.", "explanation"),
        ("Solution", "More", "solution"),
    ],
)
def test_a_missing_section_is_named(gone: str, instead: str, missing: str) -> None:
    assert gone in LESSON
    assert remarks(LESSON.replace(gone, instead), minutes=10) == [f"section_missing:{missing}"]


def test_an_answer_elsewhere_is_no_solution() -> None:
    markdown = LESSON.replace("Bread fails", "The answer is rest: bread fails").replace("Solution", "More")
    assert remarks(markdown) == ["section_missing:solution"]


def test_without_an_exercise_its_solution_is_missing_too() -> None:
    assert remarks(LESSON.partition("## Exercise")[0]) == [
        "section_missing:exercise",
        "section_missing:solution",
    ]


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("## Why it matters\n\n", ""),
        ("## Worked example", "## A walk-through"),
        ("## Exercise", "## Your turn"),
        ("## Exercise", "### Practice"),
        ("<summary>Solution</summary>", "<summary>One possible answer</summary>"),
        ("<details>\n<summary>Solution</summary>\n", "### Solution\n"),
    ],
)
def test_a_section_may_be_named_otherwise(name: str, other: str) -> None:
    assert name in LESSON
    markdown = LESSON.replace(name, other)
    assert remarks(markdown if "<details>" in markdown else markdown.replace("</details>\n", "")) == []


def test_sections_are_found_in_chinese() -> None:
    assert remarks(LESSON_ZH.replace("## 示例", "## 气味")) == ["section_missing:example"]
    assert remarks(LESSON_ZH.replace("参考答案", "提示")) == ["section_missing:solution"]
    assert remarks(LESSON_ZH.replace("没有它就做不出好面包。", "")) == ["section_missing:why"]


def test_words_are_measured_against_the_minutes() -> None:
    """About 280 words, or 600 signs: a minute or two of reading."""
    assert remarks(LESSON, minutes=24) == []
    assert remarks(LESSON, minutes=60) == ["too_short"]
    assert remarks(LESSON.replace(PROSE, PROSE * 4), minutes=4) == ["too_long"]
    assert remarks(LESSON_ZH, minutes=40) == []
    assert remarks(LESSON_ZH, minutes=90) == ["too_short"]
    assert remarks(LESSON_ZH.replace(HANZI, HANZI * 2), minutes=3) == ["too_long"]


def test_code_that_cannot_be_parsed_is_named_by_language_and_line() -> None:
    broken = LESSON.replace(
        "## Exercise", "```python\nprint 1\n```\n\n```Json\n{\n```\n\n```sh\nif\n```\n\n## Exercise"
    )
    line = broken[: broken.index("```python")].count("\n") + 1
    assert remarks(broken) == [f"code_unparsable:python:{line}", f"code_unparsable:json:{line + 4}"]


@pytest.mark.parametrize("path", FILES, ids=[f"{path.parts[-3]}/{path.stem}" for path in FILES])
def test_the_built_in_tutorials_raise_no_alarm(path: Path) -> None:
    tutorial = read_concept(path).tutorial
    reading = read(tutorial.markdown)
    assert faults_of_tutorial(reading, "en") == []
    assert remarks_of_tutorial(tutorial, reading) == []
