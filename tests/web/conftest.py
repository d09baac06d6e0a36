"""A server of its own for each module of page tests."""

from collections.abc import Iterator

import pytest

from tests.process import Served, serving
from tests.web.browsing import SETTINGS


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("pages") / "data", **SETTINGS) as process:
        yield process
