"""Tests for the tables and plots in docs/results.md, based on `evaluate --results` output."""

import pytest
from PIL import Image
from report import page_section
from report_plots import MINUTES_FILE, REALISM_FILE, save_plots
from report_tables import card_metrics, card_section, reference_rows

from colorkeras.evaluation import LEARNED_REFERENCES
from colorkeras.evaluation.learned_metrics import LEARNED_METRICS


def metrics_of(psnr, learned=True, history=True):
    values = {"psnr_pooled": psnr, "ciede2000": 9.0, "colorfulness": 20.0}
    metrics = {
        "dataset": "toys, test",
        "num_images": 1234,
        "metrics": values,
        "intervals": {"psnr_pooled": [psnr - 0.25, psnr + 0.25]},
        "grayscale_baseline": {"psnr_pooled": 20.0, "ciede2000": 10.0, "colorfulness": 0.0},
        "truth": {"ciede2000": 0.0, "colorfulness": 30.0},
        "model": {
            "prediction": "chroma",
            "num_parameters": 1234,
            "epochs": 2,
            "minutes": 3.14,
            "device": "abacus",
            "precision": "float32",
            "loss": "mse",
            "batch_size": 8,
            "seed": 0,
        },
    }
    if history:
        curves = {f"val_{name}": [1.0, 2.0] for name in values}
        metrics["model"]["history"] = {"minutes": [1.5, 3.0], **curves}
    if learned:
        entry = {
            "metrics": {"fooling_4": 40.0, "top1": 80.0},
            "ranges": {"fooling_4": [39.0, 41.5]},
            "intervals": {"top1": [79.5, 80.5]},
            "seeds": [0, 1, 2],
        }
        metrics["learned_metrics"] = dict.fromkeys(["model", *LEARNED_REFERENCES], entry)
    return metrics


def test_tables_have_intervals_ranges_and_references():
    page = page_section(
        {"a": metrics_of(23.0)}, {"a, saturation 2": metrics_of(21.0, history=False)}
    )
    lines = page.splitlines()
    assert lines[0].startswith("toys, test, 1,234 images.")
    headings = [line for line in lines if line.startswith("### ")]
    groups = ["### Fidelity", "### Colorfulness", "### Realism"]
    # No model has structure metrics.
    assert headings[:4] == [*groups, "### Training"]
    assert "| a | 23.00 (22.75 to 23.25) | 9.00 |" in lines
    assert "| a, saturation 2 | 21.00 (20.75 to 21.25) | 9.00 |" in lines
    assert "| *grayscale baseline* | 20.00 | 10.00 |" in lines
    assert "| a | 40.0 (39.0 to 41.5) | 80.0 (79.5 to 80.5) |" in lines
    half = "*ground truth with half-resolution chroma*"
    assert f"| {half} | 40.0 (39.0 to 41.5) | 80.0 (79.5 to 80.5) |" in lines
    assert "means over 3 networks" in page
    assert "| a | chroma | 1,234 | 2 | 3.1 |" in lines
    assert LEARNED_METRICS["frechet"].title not in page


def test_metrics_without_values_are_omitted():
    page = page_section({"a": metrics_of(23.0, learned=False, history=False)}, {})
    assert "Realism" not in page
    assert REALISM_FILE not in page and MINUTES_FILE not in page


@pytest.mark.parametrize("learned", [True, False])
@pytest.mark.parametrize("history", [True, False])
def test_page_links_to_the_plots_that_are_written(tmp_path, learned, history):
    measured = {"a": metrics_of(23.0, learned, history), "b": metrics_of(24.0, learned, False)}
    written = save_plots(tmp_path, measured, {})
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in written}
    page = page_section(measured, {})
    for path in written:
        assert f"(../results/{path.name})" in page
        with Image.open(path) as image:
            assert image.format == "PNG"
    assert len(written) == 1 + learned + history


def test_models_without_top1_are_in_the_table_but_not_in_the_plot(tmp_path):
    measured = {"a": metrics_of(23.0), "b": metrics_of(24.0)}
    for metrics in measured.values():
        metrics["learned_metrics"] = {"model": {"metrics": {"fooling_4": 40.0}, "ranges": {}}}
        metrics["learned_metrics"]["model"] |= {"intervals": {}, "seeds": [0]}
    assert REALISM_FILE not in page_section(measured, {})
    save_plots(tmp_path, measured, {})
    assert not (tmp_path / REALISM_FILE).exists()


def test_card_section_shows_the_grayscale_baseline():
    lines = card_section(metrics_of(23.0)).splitlines()
    assert lines[0] == "toys, test, 1,234 images."
    assert lines[2:4] == ["| metric | model | grayscale baseline |", "| --- | ---: | ---: |"]
    assert "| PSNR, pooled (dB) | 23.00 | 20.00 |" in lines
    assert "| Top-1 (%) | 80.0 | 80.0 |" in lines
    assert len(lines) == 4 + 3 + 2


def test_card_metrics_hold_titles_units_ranges_and_references():
    card = card_metrics(metrics_of(23.0))
    assert card["dataset"] == "toys, test" and card["num_images"] == 1234
    assert card["metrics"]["psnr_pooled"] == {
        "title": "PSNR, pooled",
        "unit": "dB",
        "decimals": 2,
        "model": 23.0,
        "interval": [22.75, 23.25],
        "references": {"grayscale_baseline": 20.0},
    }
    assert card["metrics"]["colorfulness"]["references"] == {
        "grayscale_baseline": 0.0,
        "truth": 30.0,
    }
    fooling = card["metrics"]["fooling_4"]
    assert fooling["range"] == [39.0, 41.5] and "interval" not in fooling
    assert fooling["references"] == dict.fromkeys(LEARNED_REFERENCES, 40.0)
    assert card["references"] == LEARNED_REFERENCES
    unlearned = card_metrics(metrics_of(23.0, learned=False))
    assert "fooling_4" not in unlearned["metrics"]
    assert set(unlearned["references"]) < set(LEARNED_REFERENCES)


def test_references_come_from_the_most_complete_file():
    old = {"truth": {"colorfulness": 30.0}}
    new = {"mean_chroma": {"mae": 11.0}, "truth": {"mae": 0.0, "colorfulness": 30.0}}
    rows = reference_rows({"old": old, "new": new})
    assert rows == {
        "*mean chroma*": {"mae": 11.0},
        "*ground truth*": {"mae": 0.0, "colorfulness": 30.0},
    }
