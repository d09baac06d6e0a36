"""Code that can be read by its language, code that cannot, and code that is not judged."""

import subprocess
import sys

import pytest

from cairn.domain.reading import Fence, read
from cairn.domain.samples import judged, unreadable

READS, FAILS, UNJUDGED = False, True, None
PYTHON = [
    ("x = 1\nprint(x)\n", READS),
    ("print 'old'\n", FAILS),
    ("def f(:\n    pass\n", FAILS),
    ("print('open\n", FAILS),
    ("total = sum([1, 2)\n", FAILS),
    ("if True:\nprint(1)\n", FAILS),
    ("def f(x):\n    ...\n", READS),
    ("values = [1, 2, ...]\n", READS),
    ("def f(x, ...):\n    pass\n", UNJUDGED),
    ("client = connect(<your key>)\n", UNJUDGED),
    ("x = {{ cookiecutter.name }\n", UNJUDGED),
    ("    x = 1\n    print(x)\n", READS),
    ("else:\n    print(1)\n", READS),
    ("except ValueError:\n    print(1)\nfinally:\n    print(2)\n", READS),
    ("case [x, y]:\n    print(x)\n", READS),
    ("@dataclass(frozen=True)\n", READS),
    ("class A:\n    def f(self):\n", READS),
    ("return x\n", READS),
    ("await go()\n", READS),
    (">>> x = 1\n>>> x\n1\n>>> for n in range(2):\n...     print(n)\n...\n0\n1\n", READS),
    ("    >>> len('abc')\n    3\n", READS),
    (">>> x = = 1\n", FAILS),
    (">>> 1 / 0\nTraceback (most recent call last):\n  ...\nZeroDivisionError: division by zero\n", READS),
    ("%timeit f()\n!pip install x\nlen?\nx = 1\n", READS),
    ("for n in x:\n    !echo {n}\n", READS),
    ("In [1]: x = 1\nOut[1]: 1\n", UNJUDGED),
    ("pattern = '\\d+'\n", READS),
    ("x = 1\0\n", FAILS),
    ("  \n", UNJUDGED),
    ("x = 1\n" * 5000, UNJUDGED),
    ("名字 = '小明'\nprint(f'你好，{名字}')\n", READS),
    ("print(“你好”)\n", FAILS),
    ("print（1）\n", FAILS),
]
OTHERS = [
    ("json", '{"a": [1, 2, {"b": null}]}\n', READS),
    ("json", "{'a': 1}\n", FAILS),
    ("json", '{"a": 1,}\n', FAILS),
    ("json", '{"a": 1}\n{"a": 2}\n', READS),
    ("json", '"a": 1,\n"b": 2,\n', READS),
    ("json", '{"a": ...}\n', UNJUDGED),
    ("json", '{\n  // a note\n  "a": 1\n}\n', UNJUDGED),
    ("json", '{"a": "https://x.y"\n', FAILS),
    ("toml", '[tool]\nname = "x"\n', READS),
    ("toml", "name = x\n", FAILS),
    ("toml", "name = <your name>\n", UNJUDGED),
    ("yaml", "a: 1\nb:\n  - x\n  - y: !Ref z\n---\nc: ${{ d }}\n", READS),
    ("yml", "a: [1, 2\n", FAILS),
    ("yaml", "a: b: c\n", FAILS),
    ("yaml", "a: b: {{ c }}\n", UNJUDGED),
    ("sh", "if [ 1\n", UNJUDGED),
    ("sql", "SELEC 1\n", UNJUDGED),
    ("", "x = = 1\n", UNJUDGED),
    ("jsonc", "{,}\n", UNJUDGED),
]


def fence(language: str, code: str) -> Fence:
    return Fence(language, code, 1, True)


@pytest.mark.parametrize(("code", "said"), PYTHON, ids=[code[:40] for code, _ in PYTHON])
@pytest.mark.parametrize("language", ["python", "py", "python3", "pycon"])
def test_python_is_parsed(language: str, code: str, said: bool | None) -> None:
    assert unreadable(fence(language, code)) is said


@pytest.mark.parametrize(("language", "code", "said"), OTHERS, ids=[f"{row[0]}: {row[1]}" for row in OTHERS])
def test_others_are_parsed_where_there_is_a_parser(language: str, code: str, said: bool | None) -> None:
    assert unreadable(fence(language, code)) is said


SHOWN = "```python\nif x\n```\n\n```sh\npython broken.py\n```\n\n```output\nSyntaxError: expected ':'\n```\n"


def test_an_error_that_is_shown_is_meant() -> None:
    later = "\n\n```python\nif y\n```\n"
    assert judged(read(SHOWN).fences) == []
    assert [(fence.line, bad) for fence, bad in judged(read(SHOWN + later).fences)] == [(14, True)]
    assert judged(read("```python\nif x  # SyntaxError\n```").fences) == []


DEEP = """
from cairn.domain.reading import Fence
from cairn.domain.samples import unreadable
n = 9000
for code in ("(" * n, "[" * n, "{" * n, "-" * n + "1", "not " * (n // 4) + "1", "a." * n + "b", "f(" * n,
             "- " * n, "a: " * n,
             "[" * n + "]" * n, "x = " + "[" * n + "]" * n, "&a [*a]", "a." * n + "b = 1"):
    for language in ("python", "json", "toml", "yaml"):
        unreadable(Fence(language, code, 1, True))
print("alive")
"""


def test_no_sample_however_deep_ends_the_process() -> None:
    """In a process of its own: what a parser does not survive would take the tests with it."""
    done = subprocess.run([sys.executable, "-c", DEEP], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "alive\n"), done.stderr[-2000:]
