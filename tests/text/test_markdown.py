"""Lessons become HTML that can carry no script, whatever an author wrote."""

import pytest

from cairn.text.markdown import headings, render, render_line

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[click](javascript:alert(1))",
    '<a href="JaVaScRiPt:alert(1)">x</a>',
    "<details open ontoggle=alert(1)><summary>x</summary></details>",
    "<svg><script>alert(1)</script></svg>",
    '<p style="position:fixed">x</p>',
    "<iframe src=//evil.example></iframe>",
    '<form action="//evil.example"><input name=q></form>',
    "```python\n</code></pre><script>alert(1)</script>\n```",
    "```redis\n> SET a '<script>alert(1)</script>'\n```",
    "```<script>\nalert(1)\n```",
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("draw", [render, render_line])
def test_nothing_that_runs_or_reaches_out_is_left(text: str, draw: object) -> None:
    html = draw(text).casefold()  # type: ignore[operator]
    for trace in (
        "<script",
        "onerror=",
        "ontoggle=",
        'href="javascript:',
        "<iframe",
        "<form",
        "<input",
        "style=",
    ):
        assert trace not in html.replace("&lt;", ""), html


def test_a_lesson_keeps_its_parts() -> None:
    html = render(
        'Say "yes" -- it\'s `"code"`.\n\n## Why it matters\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n'
        "<details>\n<summary>Solution</summary>\n\n```python\nprint('x')\n```\n\n</details>\n"
    )
    assert "Say “yes” -- it’s <code>&quot;code&quot;</code>" in html.replace('"code"', "&quot;code&quot;")
    assert '<h2 id="why-it-matters">' in html
    assert "<table>" in html
    assert "<summary>Solution</summary>" in html
    assert '<span class="nb">print</span>' in html


def test_what_was_typed_stands_apart_from_what_was_answered() -> None:
    html = render('```redis\n> GET a\n"1"\n2> BLPOP q 0\n2<\n1) "q"\n```\n')
    assert html.count('class="typed"') == 2
    assert html.count('class="go"') == 3


def test_headings_have_ids_of_their_own() -> None:
    assert headings("## Same\n\n### deeper\n\n## Same\n\n## 为什么 `x`\n") == (
        ("same", "Same"), ("same-2", "Same"), ("为什么-x", "为什么 x"),
    )  # fmt: skip
