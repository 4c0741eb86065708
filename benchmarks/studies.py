"""Run ablation studies: train networks with different settings for the same number of epochs.

    python benchmarks/studies.py --study structure     # mean squared error vs. structure loss
    python benchmarks/studies.py --study scan          # augmentation: flips vs. simulated scans
    python benchmarks/studies.py --study optimizer     # AdamW vs. Muon
    python benchmarks/studies.py --study presets       # variation across seeds after short training
    python benchmarks/studies.py --study scan --page-only     # rebuild the page from its record

Trains only the variants that have no export in `--work-dir` yet, so you can resume an interrupted
study. Then evaluates all exports on one split of CIFAR-10 and writes `results/studies/<study>.json`
and `.md`; the Markdown page contains the latest results. A training run takes 4 to 6 minutes on two
CPU cores with native bfloat16.
"""

import argparse
import json
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from colorkeras.cli import guarded
from colorkeras.evaluation import column_title, markdown_table, metric_names
from colorkeras.export import saved_model
from colorkeras.utils.errors import UserError
from colorkeras.utils.files import write_json, write_text
from colorkeras.utils.version import git_commit

REPOSITORY = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Study:
    """Comparison of several training variants.

    Attributes:
        question: Title of the page.
        variants: Options for `pipelines/train.py`, by title.
        degradations: Keys in `DEGRADATIONS`; each one is applied in a separate evaluation.
        seeds: Random seeds. Each variant is trained once per seed.
        split: Split for evaluation. Do not choose settings on the "test" split.
        epochs: Number of epochs per run.
    """

    question: str
    variants: dict
    degradations: tuple
    seeds: tuple
    split: str = "test"
    epochs: int = 3


STUDIES = {
    "structure": Study(
        "Does the structure loss give better colors than mean squared error?",
        {
            f"{output}, {loss}": f"--arch unet --prediction {output} --loss {loss} --augment flip"
            for output in ("rgb", "chroma")
            for loss in ("mse", "structure")
        },
        degradations=("none",),
        seeds=(0, 1, 2),
    ),
    "scan": Study(
        "Does augmentation with simulated scans help on degraded images?",
        {
            f"chroma, {augment}": f"--arch unet --prediction chroma --loss mse --augment {augment}"
            for augment in ("flip", "scan")
        },
        degradations=("none", "scan"),
        seeds=(0,),
    ),
    "optimizer": Study(
        "Does Muon train faster than AdamW per epoch?",
        {
            f"accurate, {optimizer}": f"--preset accurate --optimizer {optimizer}"
            for optimizer in ("adamw", "muon")
        },
        degradations=("none",),
        seeds=(0,),
        split="validation",
    ),
    "presets": Study(
        "How much do the metrics of the presets depend on the seed?",
        {preset: f"--preset {preset}" for preset in ("accurate", "vivid")},
        degradations=("none",),
        seeds=(0, 1, 2),
        epochs=2,
    ),
}


def run_study(study, work_dir):
    """Train and evaluate all variants; return the records for `markdown`."""
    models = {
        title: [train(words, study.epochs, seed, work_dir) for seed in study.seeds]
        for title, words in study.variants.items()
    }
    exports = [export for runs in models.values() for export in runs]
    records = []
    for degradation in study.degradations:
        metrics = evaluate(exports, study.split, degradation, work_dir)
        for title in study.variants:
            runs = [metrics[model] for model in models[title]]
            records.append({"variant": title, "degradation": degradation, "runs": runs})
    return records


def train(options, epochs, seed, work_dir):
    """Train one variant unless its export exists; return the export folder."""
    words = options.split()
    name = "_".join([*words[1::2], f"seed{seed}"])
    versions = sorted(Path(work_dir, name).glob("[0-9]*"), key=lambda path: int(path.name))
    # Ignore exports from interrupted runs and other commits.
    wanted = {"epochs": epochs, "git_commit": git_commit()}
    complete = [
        path for path in versions if wanted.items() <= saved_model.load(path).metadata.items()
    ]
    if complete:
        return complete[-1]
    run_script(
        "train.py", "--dataset", "cifar10", "--epochs", epochs,
        "--seed", seed, "--name", name, "--export-dir", work_dir,
        "--runs-dir", Path(work_dir, "runs"), *words,
    )  # fmt: skip
    return Path(work_dir, name, str(len(versions) + 1))


def evaluate(models, split, degradation, work_dir):
    """Evaluate exports on one split of the data.

    Returns:
        Dict from export path to the content of its `metrics.json`.
    """
    file = Path(work_dir, f"metrics_{degradation}.json")
    words = [word for model in models for word in ("--model", model)]
    run_script(
        "evaluate.py", *words, "--dataset", "cifar10", "--split", split,
        "--degrade", degradation, "--json", file, "--overwrite",
    )  # fmt: skip
    content = json.loads(file.read_text(encoding="utf-8"))
    return {Path(path): metrics for path, metrics in content.items()}


def run_script(script, *words):
    command = [sys.executable, REPOSITORY / "pipelines" / script, *words]
    try:
        subprocess.run(list(map(str, command)), check=True)
    except subprocess.CalledProcessError as error:
        raise UserError(
            f"{script}, which exited with status {error.returncode}",
            "status 0",
            "Fix the error above and repeat the command; finished training runs are reused.",
        ) from error


def markdown(study, records):
    """Return a study's Markdown page.

    Args:
        study: `Study`.
        records: List of dicts with "variant", "degradation" and "runs" (the contents of
            `metrics.json` for each seed), sorted by degradation.

    Returns:
        Markdown with the protocol and a table of means and ranges over the seeds.
    """
    # Records from older versions contain fewer metrics.
    metrics = [run["metrics"] for record in records for run in record["runs"]]
    names = metric_names(dict(enumerate(metrics)))
    lines = [["", "evaluated on", *map(column_title, names)]]
    for index, record in enumerate(records):
        runs, on = record["runs"], record["degradation"]
        label = f"{record['variant']}: {runs[0]['model']['loss']}"
        lines.append([label, on, *(spread(runs, name) for name in names)])
        if records[index + 1 :] and records[index + 1]["degradation"] == on:
            continue
        for title, reference in (
            ("*grayscale baseline*", "grayscale_baseline"),
            ("*ground truth*", "truth"),
        ):
            values = runs[0][reference]
            lines.append([title, on, *(format_value(values.get(name)) for name in names)])
    runs = [run for record in records for run in record["runs"]]
    models = [run["model"] for run in runs]
    seeds = f"Values are for seed {distinct(models, 'seed')}"
    if len(records[0]["runs"]) > 1:
        seeds = (
            f"Values are means over seeds {distinct(models, 'seed')}, with the difference between "
            "the highest and lowest value in parentheses"
        )
    clean = next(run for run in runs if run["degradation"] == "none")
    return (
        f"# {study.question}\n\n"
        f"{seeds}. Architecture: {distinct(models, 'architecture')}. Training: "
        f"{distinct(models, 'epochs')} epochs with batch size {distinct(models, 'batch_size')} on "
        f"{distinct(models, 'device')}, in {distinct(models, 'precision')}, at commit "
        f"{distinct(models, 'git_commit')}. Evaluation: {clean['dataset']}, "
        f"{clean['num_images']:,} images.\n\n{markdown_table(lines, num_text_columns=2)}\n"
    )


def distinct(models, key):
    """Return the distinct values of a metadata key across all models, as text."""
    return " / ".join(dict.fromkeys(str(model.get(key, "unknown")) for model in models))


def spread(runs, name):
    values = [run["metrics"][name] for run in runs if name in run["metrics"]]
    if not values:
        return ""
    mean = format_value(statistics.mean(values))
    return mean if len(values) == 1 else f"{mean} ({format_value(max(values) - min(values))})"


def format_value(value):
    return "" if value is None else f"{value:.3f}"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--study", choices=STUDIES, required=True)
    parser.add_argument("--work-dir", default="runs/studies")
    parser.add_argument("--page-only", action="store_true", help="rebuild the page from its record")
    options = parser.parse_args()
    study = STUDIES[options.study]
    target = REPOSITORY / "results" / "studies" / options.study
    if not options.page_only:
        write_json(target.with_suffix(".json"), run_study(study, options.work_dir))
    record = target.with_suffix(".json")
    if not record.exists():
        raise UserError(
            f"--study {options.study}, which has no {record.name} yet",
            "a finished study",
            "Omit --page-only to run the study.",
        )
    records = json.loads(record.read_text(encoding="utf-8"))
    write_text(target.with_suffix(".md"), markdown(study, records))
    print(target.with_suffix(".md").read_text(encoding="utf-8"))


if __name__ == "__main__":
    sys.exit(guarded(main))
