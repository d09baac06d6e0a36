"""Writes numbers as text a Prometheus server reads. The library is imported here alone, when it is needed."""

import math
import platform
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from cairn import __version__
from cairn.meters.counting import Family, Meters, Spread

BUILD = Family(
    "gauge", "cairn_build_info", "Always 1; the labels say what runs here.", ("version", "python"),
    {(__version__, platform.python_version()): 1},
)  # fmt: skip


class Told(Collector):
    """What the library asks for its text."""

    def __init__(self, families: Iterable[Family]) -> None:
        self.families = families

    def collect(self) -> Iterator[Metric]:
        yield from map(metric_of, self.families)


class OfProcess(Told):
    """All a process tells of itself, read when it is asked: memory, processor time and open files too."""

    def __init__(self, meters: Meters) -> None:
        self.meters = meters
        self.process = ProcessCollector(registry=None)

    def collect(self) -> Iterator[Metric]:
        yield from map(metric_of, (BUILD, *self.meters.families()))
        yield from self.process.collect()


def text_of(collectors: Sequence[Collector], accept: str) -> tuple[bytes, str]:
    """In the form the scraper prefers, with its content type."""
    registry = CollectorRegistry(auto_describe=False)
    for collector in collectors:
        registry.register(collector)
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type


def metric_of(family: Family) -> Metric:
    values = sorted(family.values.items())
    if family.kind == "histogram":
        spread = HistogramMetricFamily(family.name, family.said, labels=family.labels)
        for labels, value in values:
            assert isinstance(value, Spread)
            bounds = [str(floatToGoString(bound)) for bound in (*value.bounds, math.inf)]
            buckets = list(zip(bounds, map(float, accumulate(value.counts)), strict=True))
            spread.add_metric(labels, buckets, value.total)
        return spread
    kind = CounterMetricFamily if family.kind == "counter" else GaugeMetricFamily
    plain = kind(family.name, family.said, labels=family.labels)
    for labels, value in values:
        assert not isinstance(value, Spread)
        plain.add_metric(labels, value)
    return plain
