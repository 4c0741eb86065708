"""Tests for `colorkeras models`."""

import json
import shutil

import pytest

from colorkeras import cli
from colorkeras.export import bundled
from colorkeras.export import metadata as export_files


@pytest.fixture
def run(capsys):
    """Function that runs the command and returns (status, stdout, stderr)."""

    def run(words=""):
        return cli.main(["models", *words.split()]), *capsys.readouterr()

    return run


def test_every_bundled_model_has_a_description_and_metrics(run):
    status, output, errors = run()
    assert status == cli.DONE and not errors
    assert max(map(len, output.splitlines())) <= 120
    for name, folder in bundled.BUNDLED_MODELS.items():
        summary, size, *figures = (
            line for line in output.splitlines() if line.split()[:1] == [name]
        )
        metadata = export_files.read_metadata(bundled.resolve(name))
        assert summary.split()[1] == folder.split("/")[-1]
        assert bundled.PURPOSES[name] in summary and f" {metadata['num_parameters']:,} " in size
        assert len(figures) == (bundled.resolve(name) / export_files.METRICS_FILE).exists()
        if not figures or "CIFAR-10" not in summary:
            continue
        (figures,) = figures
        measured = export_files.read_metrics(bundled.resolve(name))["metrics"]
        psnr, gain, *others = figures.split()[1:]
        assert float(psnr) == pytest.approx(measured["psnr_pooled"]["model"], abs=0.006)
        grayscale_baseline = measured["psnr_pooled"]["references"]["grayscale_baseline"]
        assert float(gain) == pytest.approx(
            measured["psnr_pooled"]["model"] - grayscale_baseline, abs=0.006
        )
        assert gain[0] in "+-"
        names = ("ciede2000", "colorfulness_ratio", "best_of_8")
        expected = [measured[name]["model"] for name in names if name in measured]
        assert [float(cell) for cell in others] == pytest.approx(expected, abs=0.006)


def test_megabytes_count_all_files(run, tmp_path, monkeypatch):
    folder = shutil.copytree(bundled.resolve("unet") / "assets.extra", tmp_path / "1/assets.extra")
    (folder / "more").write_bytes(bytes(12_340_000))
    monkeypatch.setattr(bundled, "BUNDLED_MODELS", {"unet": "unused"})
    monkeypatch.setattr(bundled, "resolve", lambda name: tmp_path / "1")
    status, output, _ = run()
    assert status == cli.DONE and " 12.4\n" in output


@pytest.mark.parametrize("name", bundled.BUNDLED_MODELS)
def test_the_whole_model_card_is_printed(name, run):
    folder = bundled.resolve(name)
    card = (folder / export_files.CARD_FILE).read_text(encoding="utf-8")
    assert run(name) == (cli.DONE, card, "")
    assert run(str(folder)) == (cli.DONE, card, "")


def test_an_unknown_name_lists_the_known_ones(run):
    status, output, errors = run("unett")
    assert status == cli.UNUSABLE and not output
    received, expected, fix = errors.strip().splitlines()
    assert received == "Received: the model 'unett', which does not exist"
    assert expected == "Expected: photo, unet, unet_vivid or the path to an export"
    assert fix == "Fix: Did you mean unet?"


def test_a_folder_without_a_model_is_explained(run, tmp_path):
    (tmp_path / "README.md").write_text("of something else")
    status, output, errors = run(str(tmp_path))
    assert status == cli.UNUSABLE and not output
    assert "which cannot be loaded" in errors and "Traceback" not in errors


@pytest.mark.parametrize("content", [None, "{", "[]", '{"dataset": "toys"}', "7"])
def test_missing_or_damaged_metrics_are_explained(content, run, tmp_path, monkeypatch):
    shutil.copytree(bundled.resolve("unet") / "assets.extra", tmp_path / "assets.extra")
    figures = tmp_path / export_files.METRICS_FILE
    figures.unlink()
    if content is not None:
        figures.write_text(content)
    monkeypatch.setattr(bundled, "BUNDLED_MODELS", {"unet": "unused"})
    monkeypatch.setattr(bundled, "resolve", lambda name: tmp_path)
    status, output, errors = run()
    assert status == cli.UNUSABLE and not output
    received, expected, fix = errors.strip().splitlines()
    assert received.startswith(f"Received: the model '{tmp_path}', whose metrics cannot be read")
    assert "metrics.json" in expected and "tools/report.py" in fix


PROGRAM = """
import json, sys
from colorkeras import cli

status = cli.main(["models"])
slow = {"tensorflow", "keras", "numpy", "matplotlib", "PIL"} & set(sys.modules)
print(json.dumps([status, sorted(slow)]))
"""


def test_slow_libraries_are_not_loaded(run_python):
    process = run_python("-c", PROGRAM)
    assert process.returncode == 0, process.stderr
    assert json.loads(process.stdout.splitlines()[-1]) == [cli.DONE, []]
