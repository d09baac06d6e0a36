"""Reading `/metrics` as a scraper does."""

import time
import urllib.request
from collections.abc import Callable, Mapping

from prometheus_client.parser import text_string_to_metric_families

Numbers = Mapping[str, float]
"""By name and labels, as a person writes them: `cairn_tasks{status="queued"}`."""


def text_at(url: str, accept: str = "") -> tuple[str, str]:
    """With its content type."""
    request = urllib.request.Request(f"{url}/metrics", headers={"Accept": accept})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.read().decode(), answer.headers["Content-Type"]


def scraped(url: str) -> Numbers:
    return {
        written(sample.name, sample.labels): sample.value
        for family in text_string_to_metric_families(text_at(url)[0])
        for sample in family.samples
    }


def written(name: str, labels: Mapping[str, str]) -> str:
    inside = ",".join(f'{label}="{value}"' for label, value in sorted(labels.items()))
    return f"{name}{{{inside}}}" if inside else name


def until(url: str, right: Callable[[Numbers], bool]) -> Numbers:
    """The numbers once they are right. What is counted is counted a moment after it can be seen elsewhere."""
    gives_up = time.monotonic() + 60
    while not right(found := scraped(url)):
        assert time.monotonic() < gives_up, "\n".join(f"{name} {value}" for name, value in found.items())
        time.sleep(0.05)
    return found
