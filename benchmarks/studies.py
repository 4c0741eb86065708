"""Does a setting help? Networks trained with and without it, under one budget.

    python benchmarks/studies.py --study structure     # loss: mean squared error or structure
    python benchmarks/studies.py --study scan          # augmentation: flips, or damage as of scans
    python benchmarks/studies.py --study optimizer     # AdamW or Muon
    python benchmarks/studies.py --study presets       # the presets shortened: the noise of seeds
    python benchmarks/studies.py --study scan --page-only     # the page anew, from its records

Each trains what `--work-dir` does not hold yet, so a stopped study goes on, evaluates every export
on a part of CIFAR-10, and writes `results/studies/<study>.json` and `.md`; the latter shows the
last result. A run takes 4 to 6 minutes on two CPU cores that compute bfloat16 natively.
"""

import argparse
import json
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from colorkeras.cli import guarded
from colorkeras.config.presets import PRESETS
from colorkeras.evaluation import column_title, markdown_table, metric_names
from colorkeras.export import saved_model
from colorkeras.utils.errors import UserError
from colorkeras.utils.files import write_json, write_text
from colorkeras.utils.version import git_commit

REPOSITORY = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Study:
    """Variants to compare.

    Attributes:
        question: What it is to find out.
        variants: Dict of title to options of `pipelines/train.py`.
        degradations: Keys of `DEGRADATIONS`: what the models are evaluated on.
        seeds: One run of each variant for each.
        split: The part that the models are evaluated on: "test" is not to choose by.
        epochs: Of each run.
    """

    question: str
    variants: dict
    degradations: tuple
    seeds: tuple
    split: str = "test"
    epochs: int = 3


STUDIES = {
    "structure": Study(
        "Does the structure loss color better than mean squared error?",
        {
            f"{output}, {loss}": f"--arch unet --prediction {output} --loss {loss} --augment flip"
            for output in ("rgb", "chroma")
            for loss in ("mse", "structure")
        },
        degradations=("none",),
        seeds=(0, 1, 2),
    ),
    "scan": Study(
        "Does augmentation with the damage of scans help on pictures damaged alike?",
        {
            f"chroma, {augment}": f"--arch unet --prediction chroma --loss mse --augment {augment}"
            for augment in ("flip", "scan")
        },
        degradations=("none", "scan"),
        seeds=(0,),
    ),
    "optimizer": Study(
        "Does Muon get further than AdamW in the same epochs?",
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
        {preset: f"--preset {preset}" for preset in PRESETS},
        degradations=("none",),
        seeds=(0, 1, 2),
        epochs=2,
    ),
}


def run_study(study, work_dir):
    """Trains and evaluates all variants; returns the records for `markdown`."""
    models = {
        title: [train(words, study.epochs, seed, work_dir) for seed in study.seeds]
        for title, words in study.variants.items()
    }
    everything = [model for versions in models.values() for model in versions]
    records = []
    for degradation in study.degradations:
        figures = evaluate(everything, study.split, degradation, work_dir)
        for title in study.variants:
            runs = [figures[model] for model in models[title]]
            records.append({"variant": title, "degradation": degradation, "runs": runs})
    return records


def train(options, epochs, seed, work_dir):
    """Trains one variant where that has not been done; returns the folder of its export."""
    words = options.split()
    name = "_".join([*words[1::2], f"seed{seed}"])
    versions = sorted(Path(work_dir, name).glob("[0-9]*"), key=lambda path: int(path.name))
    # Runs that were stopped or diverged leave exports of fewer epochs, other commits other ones.
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
    """The figures of exports on a part of the data, beside grayscale baseline.

    Returns:
        Dict of the content of a `metrics.json` by path.
    """
    file = Path(work_dir, f"figures_{degradation}.json")
    words = [word for model in models for word in ("--model", model)]
    run_script(
        "evaluate.py", *words, "--dataset", "cifar10", "--split", split,
        "--degrade", degradation, "--json", file, "--overwrite",
    )  # fmt: skip
    figures = json.loads(file.read_text(encoding="utf-8"))
    return {Path(path): metrics for path, metrics in figures.items()}


def run_script(script, *words):
    command = [sys.executable, REPOSITORY / "pipelines" / script, *words]
    try:
        subprocess.run(list(map(str, command)), check=True)
    except subprocess.CalledProcessError as error:
        raise UserError(
            f"{script}, which ended with status {error.returncode}",
            "0, that it is done",
            "Mend what it says above; what is finished is not done again.",
        ) from error


def markdown(study, records):
    """What a study found, as a page.

    Args:
        study: `Study`.
        records: List of dicts with "variant", "degradation" and "runs", one content of a
            `metrics.json` for each seed; those of one degradation follow each other.

    Returns:
        str: the conditions, and a table with mean and range over the seeds.
    """
    # Records of older versions have fewer.
    figures = [run["metrics"] for record in records for run in record["runs"]]
    names = metric_names(dict(enumerate(figures)))
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
            lines.append([title, on, *(format_figure(values.get(name)) for name in names)])
    runs = [run for record in records for run in record["runs"]]
    models = [run["model"] for run in runs]
    seeds = f"Seed {distinct(models, 'seed')}"
    if len(records[0]["runs"]) > 1:
        seeds = f"Mean over {seeds.lower()}, the range from lowest to highest in brackets"
    clean = next(run for run in runs if run["degradation"] == "none")
    return (
        f"# {study.question}\n\n"
        f"{seeds}. {distinct(models, 'architecture')}, {distinct(models, 'epochs')} epochs, batch "
        f"{distinct(models, 'batch_size')}, on {distinct(models, 'device')} in "
        f"{distinct(models, 'precision')}; trained by commits {distinct(models, 'git_commit')}. "
        f"{clean['dataset']}, {clean['num_images']:,} "
        f"pictures.\n\n{markdown_table(lines, num_text_columns=2)}\n"
    )


def distinct(models, key):
    """Return the distinct values of a metadata key over all models as text."""
    return " / ".join(dict.fromkeys(str(model.get(key, "unknown")) for model in models))


def spread(runs, name):
    values = [run["metrics"][name] for run in runs if name in run["metrics"]]
    if not values:
        return ""
    mean = format_figure(statistics.mean(values))
    return mean if len(values) == 1 else f"{mean} ({format_figure(max(values) - min(values))})"


def format_figure(value):
    return "" if value is None else f"{value:.3f}"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--study", choices=STUDIES, required=True)
    parser.add_argument("--work-dir", default="runs/studies")
    parser.add_argument("--page-only", action="store_true", help="train and evaluate nothing")
    options = parser.parse_args()
    study = STUDIES[options.study]
    target = REPOSITORY / "results" / "studies" / options.study
    if not options.page_only:
        write_json(target.with_suffix(".json"), run_study(study, options.work_dir))
    record = target.with_suffix(".json")
    if not record.exists():
        raise UserError(
            f"--study {options.study}, of which there is no {record.name} yet",
            "the record of a study",
            "Leave --page-only away.",
        )
    records = json.loads(record.read_text(encoding="utf-8"))
    write_text(target.with_suffix(".md"), markdown(study, records))
    print(target.with_suffix(".md").read_text(encoding="utf-8"))


if __name__ == "__main__":
    sys.exit(guarded(main))
