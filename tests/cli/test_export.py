"""Tests for `colorkeras export`."""

import sys

import pytest

from colorkeras import cli
from colorkeras.export.converters import CONVERTERS


@pytest.fixture
def run(main):
    """Return a function that runs the command with the given arguments."""
    return lambda words: main(f"export {words}")


def test_the_written_file_is_described(run, exports, tmp_path, monkeypatch):
    # LiteRT's converter is part of TensorFlow.
    monkeypatch.setitem(sys.modules, CONVERTERS["litert"].runtime, None)
    words = f"--format litert --model {exports('flow_unet').folder} -o new/model.tflite"
    status, output, _ = run(words)
    assert status == cli.DONE
    assert output.startswith("new/model.tflite: LiteRT, ")
    assert "h and w can have any value up to 512\n" in output
    assert "Note: The file was not verified" in output and "pip install 'ai-edge-litert'" in output
    first = (tmp_path / "new" / "model.tflite").read_bytes()
    assert first[4:8] == b"TFL3"
    status, output, errors = run(words)
    assert status == cli.UNUSABLE and "--overwrite" in errors and not output
    words = f"--format litert --model {exports('skip_cnn').folder} -o new/model.tflite"
    status, output, _ = run(f"{words} --overwrite --image-size 16")
    assert status == cli.DONE and "h and w must be 16\n" in output
    assert (tmp_path / "new" / "model.tflite").read_bytes() != first


@pytest.mark.parametrize("name", CONVERTERS)
def test_the_difference_is_printed_if_the_runtime_is_installed(name, run, exports):
    converter = CONVERTERS[name]
    for module in (*converter.requires, converter.runtime):
        pytest.importorskip(module, reason=f"pip install '{converter.package}'")
    model = exports("skip_cnn").folder
    status, output, _ = run(f"--format {name} --model {model} -o model{converter.suffix}")
    assert status == cli.DONE
    assert f"Verified with {converter.runtime}: " in output and "(allowed: 0.001)" in output


@pytest.mark.parametrize(
    ("words", "received", "expected", "fix"),
    [
        ("--model missing -o a.tflite", "'missing'", "bundled model", "versioned export folder"),
        ("--model {model} -o a.onnx", "'a.onnx'", ".tflite", "Name it a.tflite"),
        ("--model {model} -o file/a.tflite", "'file'", "folder", "--output"),
        ("--model {model} -o old.tflite", "old.tflite", "do not exist yet", "--overwrite"),
        ("--model {model} --image-size 0 -o a.tflite", "--image-size 0", "8", "--image-size"),
    ],
)
def test_bad_input_is_explained_and_leaves_nothing(
    words, received, expected, fix, run, exports, tmp_path
):
    (tmp_path / "file").write_text("kept")
    (tmp_path / "old.tflite").write_text("kept")
    words = words.replace("{model}", str(exports("skip_cnn").folder))
    status, output, errors = run(f"--format litert {words}")
    assert status == cli.UNUSABLE and not output and "Traceback" not in errors
    received_line, expected_line, fix_line = errors.strip().splitlines()
    assert received_line.startswith("Received: ") and received in received_line
    assert expected_line.startswith("Expected: ") and expected in expected_line
    assert fix_line.startswith("Fix: ") and fix in fix_line
    assert {path.name for path in tmp_path.iterdir()} == {"file", "old.tflite"}
    assert (tmp_path / "old.tflite").read_text() == "kept"


def test_a_missing_extra_is_explained(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "tf2onnx", None)
    status, _, errors = run("--format onnx --model unet -o a.onnx")
    assert status == cli.UNUSABLE
    assert "Received: the ONNX format, which requires tf2onnx" in errors
    assert "Fix: pip install 'colorkeras[onnx]'" in errors


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--model unet -o a.onnx", "missing arguments: --format"),
        ("--format onnx --model unet", "missing arguments: -o/--output"),
        ("--format paper -o a.paper", "invalid choice: 'paper'"),
    ],
)
def test_usage_errors_name_the_word(words, message, run):
    status, _, errors = run(words)
    assert status == cli.UNUSABLE
    assert message in errors and errors.startswith("usage: colorkeras export")
