"""Numbers become text that says the same."""

from prometheus_client.parser import text_string_to_metric_families

from cairn.meters.counting import Family, Meters
from cairn.meters.exposing import OfProcess, Told, text_of


def test_a_histogram_counts_up_and_a_label_is_quoted() -> None:
    meters = Meters()
    meters.runs_tasks = True
    for seconds in (0.05, 0.06, 7000):
        meters.steps.observe(seconds, "publish")
    meters.answered("quiz", 1.5, 10, 20, None)
    meters.answered("quiz", 1.5, 10, 20, 0.25)
    odd = Family("gauge", "odd", "Of\nlines.", ("what",), {('a "b"\n',): 1})
    text, _ = text_of([OfProcess(meters), Told([odd])], "")
    samples = {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }
    step = ("step", "publish")
    buckets = {
        labels[1]: value
        for (name, *found), value in samples.items()
        if name == "cairn_step_duration_seconds_bucket"
        for labels in found
        if labels[0] == "le"
    }
    assert (buckets["0.05"], buckets["0.1"], buckets["1800.0"], buckets["+Inf"]) == (1, 2, 2, 3)
    assert samples["cairn_step_duration_seconds_count", step] == 3
    assert samples["cairn_step_duration_seconds_sum", step] == 7000.11
    assert samples["cairn_model_cost_usd_total",] == 0.25
    assert samples["cairn_model_calls_unpriced_total",] == 1
    output = (("direction", "output"), ("thought", "quiz"))
    assert samples["cairn_model_tokens_total", *output] == 40
    assert samples["odd", ("what", 'a "b"\n')] == 1
