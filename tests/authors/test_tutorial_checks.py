"""What a tutorial is refused for, and the edges of each, in English and Chinese."""

import pytest

from cairn.authors.model.checks import faults_of_tutorial, language_faults
from cairn.domain.reading import read

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
