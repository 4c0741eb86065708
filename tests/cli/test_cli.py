"""Tests for the command line: invalid input, help, and complete commands."""

import json
import math

import numpy as np
import pytest
from PIL import Image
from report import load_results

from colorkeras import cli, evaluation
from colorkeras.config.presets import PRESETS
from colorkeras.config.training_config import TrainingConfig
from colorkeras.evaluation import LEARNED_REFERENCES, REPORT_FILES, learned_metrics
from colorkeras.evaluation.metrics import METRICS, SAMPLES
from colorkeras.training import trainer
from colorkeras.utils.errors import UserError
from colorkeras.utils.version import __version__


def made_below(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


MODELS = {"{model}": "skip_cnn", "{baseline}": "baseline", "{flow}": "flow_unet"}

# Arguments, and the text required in the three lines of the error (received, expected, fix).
# {images} and {gray} are image folders, and the keys of `MODELS` are exports. The test creates all
# other paths.
UNUSABLE = [
    ("train --arch resnet", "--arch resnet", "skip_cnn", "Did you mean residual_unet?"),
    ("train --prediction hsv", "--prediction hsv", "chroma", "Choose"),
    ("train --loss hinge", "--loss hinge", "mae", "Choose"),
    ("train --dataset imagenet", "'imagenet'", "cifar10", "spelling"),
    ("train --dataset missing/folder", "'missing/folder'", "path to an image folder", "spelling"),
    ("train --dataset empty", "'empty'", "at least one color image", "--dataset"),
    ("train --dataset file", "'file'", "image folder", "spelling"),
    ("train --dataset sample --image-size 64", "--image-size 64", "32", "--image-size"),
    ("train --dataset {images} --image-size 4", "4", "at least 8", "--image-size"),
    ("train --dataset {images} --arch baseline --image-size 64", "64x64", "32x32", "unet"),
    ("train --dataset sample --export-dir file/below", "file/below", "folder", "--export-dir"),
    ("train --dataset sample --runs-dir file/below", "file/below", "folder", "--runs-dir"),
    ("train --preview --dataset sample --runs-dir file/x", "file/x", "folder", "--runs-dir"),
    ("train --preview --dataset empty", "'empty'", "at least one color image", "--dataset"),
    ("train --epochs 0", "--epochs 0", "at least 1", "omit --epochs"),
    ("train --epochs -1", "--epochs -1", "at least 1", "omit --epochs"),
    ("train --batch-size 0", "--batch-size 0", "at least 1", "omit --batch-size"),
    ("train --learning-rate 0", "--learning-rate 0", "above 0", "omit --learning-rate"),
    ("train --learning-rate -1", "--learning-rate -1", "above 0", "omit"),
    ("train --learning-rate nan", "--learning-rate nan", "above 0", "omit"),
    ("train --learning-rate inf", "--learning-rate inf", "above 0", "omit"),
    ("train --weight-decay -0.1", "--weight-decay -0.1", "at least 0", "omit"),
    ("train --warmup-fraction 1.5", "--warmup-fraction 1.5", "at most 1", "omit"),
    ("train --ema-decay nan", "--ema-decay nan", "at most 1", "omit"),
    ("train --early-stopping-patience -1", "--early-stopping-patience -1", "at least 0", "omit"),
    ("train --seed -1", "--seed -1", "at least 0", "omit"),
    ("train --name ../up", "'../up'", "letters", "omit --name"),
    ("train --loss structure --smoothness-weight -1", "--smoothness-weight -1", "0", "omit"),
    ("train --loss structure --gradient-weight nan", "--gradient-weight nan", "0", "omit"),
    ("train --objective gan", "--objective gan", "classification", "Choose"),
    ("train --arch unet --objective flow", "'flow'", "flow_unet with velocity", "Omit one"),
    (
        "train --sampling-steps 6",
        "--sampling-steps 6 for objective 'regression'",
        "objective flow",
        "omit --sampling-steps",
    ),
    (
        "train --temperature 0.5",
        "--temperature 0.5 for objective 'regression'",
        "objective classification or flow",
        "omit --temperature, or pass --objective classification.",
    ),
    (
        "train --flip-tta --prediction bins",
        "--flip-tta True",
        "regression or flow",
        "pass --no-flip-tta",
    ),
    (
        "train --prediction bins --objective flow",
        "'bins'",
        "residual_unet with chroma",
        "Omit one",
    ),
    (
        "train --guidance-scale 0.5",
        "--guidance-scale 0.5",
        "at least 1",
        "omit --guidance-scale",
    ),
    ("train --sampling-steps 0", "--sampling-steps 0", "at least 1", "omit --sampling-steps"),
    ("train --temperature 1.6", "--temperature 1.6", "at most 1.5", "omit --temperature"),
    ("train --temperature -0.1", "--temperature -0.1", "at least 0", "omit"),
    ("train --rebalance 0", "--rebalance 0", "above 0", "omit --rebalance"),
    (
        "train --aux-class-loss-weight -1",
        "--aux-class-loss-weight -1",
        "at least 0",
        "omit --aux-class-loss-weight",
    ),
    (
        "train --aux-class-loss-weight 1 --arch unet",
        "'unet'",
        "residual_unet",
        "omit --aux-class-loss-weight",
    ),
    (
        "train --aux-class-loss-weight 1 --arch flow_unet --dataset sample",
        "no labels",
        "cifar10",
        "--aux-class-loss-weight 0",
    ),
    (
        "train --arch skip_cnn --dataset {gray} --image-size 16",
        "gray images",
        "color",
        "--dataset",
    ),
    ("train --optimizer sgd", "--optimizer sgd", "muon", "Choose"),
    ("train --precision float8", "--precision float8", "mixed_bfloat16", "Did you mean float32?"),
    ("train --strategy many", "--strategy many", "mirrored", "Choose"),
    ("train --preset soup", "--preset soup", "one of accurate, vivid", "Choose"),
    ("train --augment fog", "--augment fog", "flip", "Choose"),
    ("train --resume missing", "'missing'", "config.json", "printed at the start of training"),
    ("train --resume empty", "'empty'", "config.json", "printed at the start of training"),
    ("train --resume file", "'file'", "config.json", "printed at the start of training"),
    ("train --resume empty --preview", "--preview", "only one of these options", "Omit"),
    ("train --init missing", "'missing'", "saved_models/unet/1", "versioned export folder"),
    ("train --init missing.keras", "missing.keras", "a bundled model", "architecture"),
    ("train --init {model} --arch unet", "--arch unet", "skip_cnn", "omit --arch"),
    (
        "train --init {model} --prediction rgb",
        "--prediction rgb",
        "chroma",
        "omit --prediction",
    ),
    (
        "train --init {model} --objective flow",
        "--objective flow",
        "regression",
        "omit --objective",
    ),
    (
        "train --init {baseline} --dataset {images} --image-size 16",
        "16x16",
        "32x32",
        "--image-size",
    ),
    ("evaluate --model missing", "'missing'", "saved_models/unet/1", "versioned export folder"),
    ("evaluate --model empty", "'empty'", "saved_models/unet/1", "versioned export folder"),
    ("evaluate --model file", "'file'", "saved_models/unet/1", "versioned export folder"),
    ("evaluate --model {model} --dataset missing", "'missing'", "cifar10", "spelling"),
    ("evaluate --model {model} --dataset sample --json file", "file", "exist yet", "--overwrite"),
    (
        "evaluate --model {model} --dataset sample --json empty --overwrite",
        "'empty'",
        "file",
        "Name",
    ),
    ("evaluate --model {model} --dataset sample --json file/f", "'file'", "folder", "--json"),
    ("evaluate --model {model} --dataset sample --results file", "file", "folder", "--results"),
    (
        "evaluate --model {model} --saturation 4.5",
        "--saturation 4.5",
        "at least 0 and at most 4",
        "omit",
    ),
    (
        "evaluate --model {model} --saturation -1",
        "--saturation -1",
        "at least 0 and at most 4",
        "omit",
    ),
    (
        "evaluate --model {model} --saturation nan",
        "--saturation nan",
        "at least 0 and at most 4",
        "omit",
    ),
    (
        "evaluate --model {model} --dataset photographs --degrade scan",
        "--degrade scan",
        "no degradation",
        "--image-size",
    ),
    ("evaluate --model {model} --temperature 1", "temperature 1 for", "--objective flow", "Omit"),
    ("evaluate --model {flow} --temperature 1.6", "--temperature 1.6", "at most 1.5", "omit"),
    ("evaluate --model {flow} --temperature -0.1", "--temperature -0.1", "at least 0", "omit"),
    (
        "evaluate --model {model} --dataset {gray} --image-size 16",
        "gray images",
        "color",
        "--dataset",
    ),
    (
        "compare --model {model} --dataset {gray} --image-size 16 --output-dir new",
        "gray images",
        "color",
        "--dataset",
    ),
    (
        "evaluate --model {model} --dataset {images} --image-size 16 --learned-metrics"
        " --results new",
        "16x16 pixels for learned metrics",
        "32x32",
        "omit --learned-metrics",
    ),
    (
        "evaluate --model {baseline} --dataset {images} --image-size 16 --results new",
        "16 pixels",
        "32 pixels",
        "--image-size",
    ),
    (
        "compare --model unet --model missing --output-dir new",
        "'missing'",
        "saved_models/unet/1",
        "versioned export folder",
    ),
    (
        "compare --model {model} --model {model}/. --output-dir new",
        "the same model",
        "each model once",
        "Omit",
    ),
    (
        "compare --model {model} --dataset sample --output-dir file/below",
        "file/below",
        "folder",
        "--output-dir",
    ),
    (
        "compare --model {model} --dataset missing --output-dir new",
        "'missing'",
        "cifar10",
        "spelling",
    ),
    (
        "compare --model {model} --model {baseline} --dataset {images} --image-size 16 "
        "--output-dir new",
        "16 pixels",
        "32 pixels",
        "--image-size",
    ),
]


@pytest.mark.parametrize(
    ("words", "received", "expected", "fix"), UNUSABLE, ids=[case[0] for case in UNUSABLE]
)
def test_bad_input_is_explained_and_leaves_nothing(
    words, received, expected, fix, main, tmp_path, image_folder, gray_folder, exports
):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("kept", encoding="utf-8")
    # Export models only for the cases that use them.
    for placeholder, name in MODELS.items():
        if placeholder in words:
            words = words.replace(placeholder, str(exports(name).folder))
    words = words.replace("{images}", str(image_folder)).replace("{gray}", str(gray_folder))
    status, _, errors = main(words)
    assert status == cli.UNUSABLE
    assert "Traceback" not in errors
    start = errors.index("Received: ")
    received_line, expected_line, fix_line = errors[start:].strip().splitlines()
    assert received in received_line
    assert expected_line.startswith("Expected: ") and expected in expected_line
    assert fix_line.startswith("Fix: ") and fix.lower() in fix_line.lower()
    assert made_below(tmp_path) == {"empty", "file"}
    assert (tmp_path / "file").read_text(encoding="utf-8") == "kept"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("train --epochs abc", "--epochs: invalid int value: 'abc'"),
        ("train --learning-rate fast", "--learning-rate: invalid float value: 'fast'"),
        ("train --sampling-steps few", "--sampling-steps: invalid int value: 'few'"),
        ("train --resume", "--resume: expected one argument"),
        ("train --no-such-option", "unrecognized arguments: --no-such-option"),
        ("evaluate", "missing arguments: --model"),
        ("compare --output-dir new", "missing arguments: --model"),
        ("compare --model unet", "missing arguments: --output-dir"),
        ("evaluate --model unet --split training", "--split: invalid choice: 'training'"),
        ("evaluate --model unet --degrade fog", "--degrade: invalid choice: 'fog'"),
        ("paint", "invalid choice: 'paint'"),
        ("", "missing arguments: COMMAND"),
    ],
)
def test_usage_errors_name_the_word(words, message, main, tmp_path):
    status, _, errors = main(words)
    assert status == cli.UNUSABLE
    assert message in errors.replace('"', "'")
    assert errors.startswith("usage: colorkeras")
    assert not made_below(tmp_path)


@pytest.mark.parametrize("command", ["train", "evaluate", "compare"])
def test_help_lists_the_options_of_a_command(command, main):
    status, output, _ = main(f"{command} --help")
    assert status == 0
    assert f"usage: colorkeras {command}" in output
    assert "--dataset" in output and "--image-size" in output


def test_help_lists_the_commands(main):
    status, output, _ = main("--help")
    assert status == 0
    assert all(f"\n  {command} " in output for command in cli.COMMANDS)


def test_version(main):
    assert main("--version")[:2] == (0, f"colorkeras {__version__}\n")


def test_preview_writes_one_plot(main, tmp_path):
    status, output, _ = main("train --preview --dataset sample")
    assert status == cli.DONE
    assert {name for name in made_below(tmp_path) if "." in name} == {"runs/preview/sample.png"}
    assert "runs/preview/sample.png" in output
    with Image.open(tmp_path / "runs" / "preview" / "sample.png") as image:
        pixels = np.asarray(image.convert("RGB")).astype(int)
    # Grayscale above, color below.
    chroma = np.ptp(pixels, axis=-1).max(axis=1)
    assert chroma[len(chroma) * 6 // 10 :].max() > 50 > 3 > np.median(chroma[: len(chroma) // 2])


@pytest.mark.parametrize("name", PRESETS)
def test_options_override_a_preset(name, main, monkeypatch):
    configs = []
    monkeypatch.setattr(trainer, "train", configs.append)
    assert main(f"train --preset {name}")[0] == cli.DONE
    status, output, _ = main(f"train --preset {name} --epochs 1 --name mine")
    assert status == cli.DONE
    settings = PRESETS[name].settings
    assert f"--arch {settings['arch']}" in output and "--epochs" not in output
    assert configs[0] == TrainingConfig(preset=name, **settings)
    assert configs[1] == TrainingConfig(**{"preset": name, **settings, "epochs": 1, "name": "mine"})


@pytest.mark.slow
def test_a_resumed_run_keeps_its_settings(main, tmp_path, image_folder):
    words = f"train --arch skip_cnn --dataset {image_folder} --image-size 16 --batch-size 4"
    assert main(f"{words} --epochs 1 --precision float32 --seed 7")[0] == cli.DONE
    (folder,) = (tmp_path / "runs" / "skip_cnn").iterdir()
    # 128 is the default, but the run was started with 4.
    status, _, errors = main(f"train --resume {folder} --epochs 2 --batch-size 128")
    assert status == cli.UNUSABLE and "--batch-size 128 (was 4)" in errors
    status, output, _ = main(f"train --resume {folder} --epochs 2 --seed 7 --name longer")
    assert status == cli.DONE and "Resuming after epoch 1 of 2." in output
    assert (tmp_path / "saved_models" / "longer" / "1").is_dir()
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    assert config["batch_size"] == 4 and config["settings"]["seed"] == 7


@pytest.mark.slow
def test_results_on_degraded_images_have_their_own_folder(main, tmp_path, image_folder, exports):
    words = f"evaluate --model {exports('skip_cnn').folder} --dataset {image_folder}"
    words += " --image-size 16 --results results"
    for more, label in (("", ", test: "), (" --degrade scan", ", test, degraded: scan: ")):
        status, output, _ = main(words + more)
        assert status == cli.DONE
        assert label in output
    (clean,) = load_results(tmp_path / "results").values()
    (degraded,) = load_results(tmp_path / "results" / "scan").values()
    assert [clean["degradation"], degraded["degradation"]] == ["none", "scan"]
    assert (
        clean["grayscale_baseline"] != degraded["grayscale_baseline"]
        and clean["metrics"] != degraded["metrics"]
    )
    assert main(f"{words} --degrade scan")[0] == cli.UNUSABLE


@pytest.mark.slow
def test_saturation_changes_metrics_and_the_results_folder(main, tmp_path, image_folder, exports):
    words = f"evaluate --model {exports('skip_cnn').folder} --dataset {image_folder}"
    words += " --image-size 16 --results results --saturation 0"
    status, output, _ = main(words)
    assert status == cli.DONE
    assert "images, saturation 0" in output
    (metrics,) = load_results(tmp_path / "results" / "saturation_0").values()
    assert metrics["saturation"] == 0 and metrics["metrics"]["colorfulness"] == 0
    with pytest.raises(UserError, match="no <name>/metrics"):
        load_results(tmp_path / "results")


@pytest.mark.slow
def test_learned_metrics_print_another_group_and_adds_to_the_results(
    main, tmp_path, exports, monkeypatch
):
    monkeypatch.setattr(
        learned_metrics, "fooling_rate", lambda truth, recolored, size, seed: size + seed
    )
    monkeypatch.setattr(learned_metrics, "NUM_RESAMPLES", 3)
    words = f"evaluate --model {exports('skip_cnn').folder} --dataset sample --learned-metrics"
    status, output, _ = main(f"{words} --results results --json metrics.json")
    assert status == cli.DONE
    assert "\nrealism" in output and "flipped ground truth" in output
    (metrics,) = load_results(tmp_path / "results").values()
    assert metrics["learned_metrics"]["model"]["metrics"]["fooling_8"] == 9
    assert metrics["learned_metrics"]["model"]["ranges"]["fooling_8"] == [8, 10]
    assert set(metrics["learned_metrics"]) == {"model", *LEARNED_REFERENCES}
    (written,) = json.loads((tmp_path / "metrics.json").read_text(encoding="utf-8")).values()
    assert written["learned_metrics"] == metrics["learned_metrics"]
    monkeypatch.setattr(
        learned_metrics, "fooling_rate", lambda truth, recolored, size, seed: 50 + seed
    )
    status, output, _ = main(f"{words} --results results --overwrite")
    assert status == cli.DONE
    assert output.count("Reused the results in ") == 1 + len(LEARNED_REFERENCES)
    (again,) = load_results(tmp_path / "results").values()
    assert again["learned_metrics"] == metrics["learned_metrics"]
    # Adjusted models are evaluated again, but the references are not.
    status, output, _ = main(f"{words} --results results --saturation 2")
    assert output.count("Reused the results in ") == len(LEARNED_REFERENCES)
    (other,) = load_results(tmp_path / "results" / "saturation_2").values()
    assert other["learned_metrics"]["model"]["metrics"]["fooling_8"] == 51
    assert (
        other["learned_metrics"]["grayscale_baseline"]
        == metrics["learned_metrics"]["grayscale_baseline"]
    )


@pytest.mark.slow
def test_compare_replaces_files_only_if_asked_to(main, tmp_path, image_folder, exports):
    models = " ".join(f"--model {exports(name).folder}" for name in ("skip_cnn", "unet"))
    words = f"compare {models} --dataset {image_folder} --image-size 16 --output-dir new"
    old = tmp_path / "new" / "images.png"
    old.parent.mkdir()
    old.write_text("kept", encoding="utf-8")
    status, _, errors = main(words)
    assert status == cli.UNUSABLE
    assert "new/images.png" in errors and "--overwrite" in errors
    assert made_below(tmp_path) == {"new", "new/images.png"}
    assert old.read_text(encoding="utf-8") == "kept"

    status, output, _ = main(f"{words} --overwrite")
    assert status == cli.DONE
    *_, first, second, grayscale_baseline, mean, truth, file = output.splitlines()
    assert first.startswith("skip_cnn ") and second.startswith("unet ")
    assert grayscale_baseline.startswith("grayscale baseline ") and mean.startswith("mean chroma ")
    assert truth.startswith("ground truth ")
    assert file == "new/comparison.md"
    names = ("comparison.md", "comparison.json", "images.png")
    sheets = ("skip_cnn_best_worst.png", "unet_best_worst.png")
    assert made_below(tmp_path) == {"new", *(f"new/{name}" for name in (*names, *sheets))}
    with Image.open(old) as image:
        assert image.format == "PNG"


@pytest.mark.slow
def test_train_then_evaluate_as_a_user_does(run_python, image_folder, tmp_path):
    data = ("--dataset", image_folder, "--image-size", "16")
    folders = ("--runs-dir", tmp_path / "runs", "--export-dir", tmp_path / "saved_models")
    settings = ("--arch", "skip_cnn", "--epochs", "1", "--batch-size", "8")
    process = run_python("pipelines/train.py", *data, *folders, *settings, "--name", "mine")
    assert process.returncode == 0, process.stderr
    model = tmp_path / "saved_models" / "mine" / "1"
    assert str(model) in process.stdout

    figures_file = tmp_path / "metrics.json"
    words = ("--model", model, *data, "--json", figures_file, "--results", tmp_path / "results")
    process = run_python("pipelines/evaluate.py", *words)
    assert process.returncode == 0, process.stderr
    _, fidelity, *tables = process.stdout.rstrip().split("\n\n")
    header, row, *references = fidelity.splitlines()
    assert "PSNR, pooled (dB)" in header
    for line, title in zip(references, evaluation.REFERENCES.values(), strict=True):
        assert line.startswith(title)
    assert any("Hue distance (deg)" in table for table in tables)
    (metrics,) = json.loads(figures_file.read_text(encoding="utf-8")).values()
    assert row.split()[0] == str(model)
    assert row.split()[1] == f"{metrics['metrics']['psnr_pooled']:.2f}"
    measured = {name for name, metric in METRICS.items() if metric.needs != SAMPLES}
    assert set(metrics["metrics"]) == set(metrics["intervals"]) == measured
    assert all(math.isfinite(value) for value in metrics["metrics"].values())
    saved = made_below(tmp_path / "results")
    assert saved == {
        "mine",
        *(f"mine/{n}" for n in REPORT_FILES if n != "reliability.png"),
    }
