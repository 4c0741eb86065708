"""Tests for the tables of results on photographs."""

import pytest
from report_photographs import card_metrics


@pytest.mark.parametrize(
    ("metadata", "row"),
    [({"vividness": 1.0}, "vividness 1"), ({}, "model")],
    ids=["hints", "plain"],
)
def test_card_holds_the_metrics_at_the_default_vividness(metadata, row):
    def group(value):
        return {"all": {"psnr": value, "ciede2000": value, "colorfulness": value}}

    errors = {"vividness 0.5": group(1.0), row: group(2.0)}
    results = {"dataset": "toys", "num_images": {"a": 1}, "errors": errors, "model": metadata}
    metrics = card_metrics(results)["metrics"]
    assert {metric["model"] for metric in metrics.values()} == {2.0}
