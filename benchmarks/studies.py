"""Does a setting help? The U-Net trained with and without it, under one budget and three seeds.

    python benchmarks/studies.py --study structure     # loss: mean squared error or structure
    python benchmarks/studies.py --study scan          # augmentation: flips, or damage as of scans

Each trains what `--work-dir` does not hold yet, so a stopped study goes on, evaluates every export
on CIFAR-10's test part, and writes `results/studies/<study>.json` and `.md`; the latter shows the
last result. A run takes about 4 minutes on two CPU cores that compute bfloat16 natively.
"""

import argparse
import json
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from colorkeras.evaluation import column_title
from colorkeras.files import write_json, write_text
from colorkeras.metrics import METRICS

SEEDS = (0, 1, 2)
EPOCHS = 3
REPOSITORY = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Study:
    """Variants to compare.

    Attributes:
        question: What it is to find out.
        variants: Dict of title to options of `pipelines/train.py`.
        degradations: Keys of `DEGRADATIONS`: what the models are evaluated on.
    """

    question: str
    variants: dict
    degradations: tuple


STUDIES = {
    "structure": Study(
        "Does the structure loss color better than mean squared error?",
        {
            f"{output}, {loss}": f"--output {output} --loss {loss} --augment flip"
            for output in ("rgb", "chroma")
            for loss in ("mse", "structure")
        },
        ("none",),
    ),
    "scan": Study(
        "Do random tone curves, film mixes, grain, blur and fading fit a model for scans?",
        {
            f"chroma, {augment}": f"--output chroma --loss mse --augment {augment}"
            for augment in ("flip", "scan")
        },
        ("none", "scan"),
    ),
}


def train(options, seed, work_dir):
    """Trains one variant where that has not been done; returns the folder of its export."""
    words = options.split()
    name = "_".join([*words[1::2], f"seed{seed}"])
    export = Path(work_dir, name, "1")
    if not export.is_dir():
        run_script(
            "train.py", "--arch", "unet", "--dataset", "cifar10", "--epochs", EPOCHS,
            "--seed", seed, "--name", name, "--export-dir", work_dir,
            "--runs-dir", Path(work_dir, "runs"), *words,
        )  # fmt: skip
    return export


def evaluate(export, degradation):
    """The figures of an export on the test part, beside echo: content of a `metrics.json`."""
    file = Path(export.parent, f"{degradation}.json")
    if not file.exists():
        run_script(
            "evaluate.py", "--model", export, "--dataset", "cifar10", "--degrade", degradation,
            "--json", file,
        )  # fmt: skip
    (metrics,) = json.loads(file.read_text(encoding="utf-8")).values()
    return metrics


def run_script(script, *words):
    command = [sys.executable, REPOSITORY / "pipelines" / script, *words]
    subprocess.run(list(map(str, command)), check=True)


def markdown(study, records):
    """A table with mean and range over the seeds, and what it was measured on."""
    names = list(METRICS)
    lines = [["variant", "evaluated on", *(f"{column_title(name)}" for name in names)]]
    for record in records:
        first, *_ = record["runs"]
        on = "clean" if record["degradation"] == "none" else record["degradation"]
        lines.append([record["variant"], on, *(spread(record["runs"], name) for name in names)])
        if record["variant"] == list(study.variants)[-1]:
            lines.append(["*echo*", on, *(f"{first['echo'][name]:.3f}" for name in names)])
    lines.insert(1, ["---", "---", *["---:"] * len(names)])
    table = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    model, minutes = first["model"], [run["model"]["minutes"] for r in records for run in r["runs"]]
    return (
        f"# {study.question}\n\n"
        f"Mean over seeds {', '.join(map(str, SEEDS))}, with the range in brackets. U-Net, "
        f"{EPOCHS} epochs, batch {model['batch_size']}; {first['dataset']}, "
        f"{first['num_pictures']:,} pictures. {model['device']}, {model['precision']}, "
        f"{min(minutes):.1f} to {max(minutes):.1f} minutes a run.\n\n"
        f"{table}\n"
    )


def spread(runs, name):
    values = [run["figures"][name] for run in runs]
    return f"{statistics.mean(values):.3f} ({max(values) - min(values):.3f})"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--study", choices=STUDIES, required=True)
    parser.add_argument("--work-dir", default="runs/studies")
    options = parser.parse_args()
    study = STUDIES[options.study]
    exports = {
        title: [train(words, seed, options.work_dir) for seed in SEEDS]
        for title, words in study.variants.items()
    }
    records = [
        {
            "variant": title,
            "degradation": degradation,
            "runs": [evaluate(export, degradation) for export in exports[title]],
        }
        for degradation in study.degradations
        for title in study.variants
    ]
    target = REPOSITORY / "results" / "studies" / options.study
    write_json(target.with_suffix(".json"), records)
    write_text(target.with_suffix(".md"), markdown(study, records))
    print(target.with_suffix(".md").read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
