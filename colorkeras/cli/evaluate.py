"""Evaluate exported models on a dataset and compare them with reference methods.

A bare name such as unet selects a bundled model; anything else is a path.
"""

from pathlib import Path

from colorkeras import evaluation
from colorkeras.cli import DONE, evaluate_photographs
from colorkeras.cli.evaluation_arguments import (
    add_evaluation_arguments,
    adjusted_folders,
    load_models,
    measures_own_size,
    open_dataset,
    results_folders,
)
from colorkeras.cli.startup import without_remapper_errors
from colorkeras.config.colorize_options import ColorizeOptions
from colorkeras.config.validation import add_options
from colorkeras.evaluation import learned_metrics
from colorkeras.utils.determinism import make_deterministic
from colorkeras.utils.files import expand_home, write_json

LEARNED_FILE = "learned_metrics.json"
"""File in the --results folder that caches the learned metrics, which are slow to compute."""

ADJUSTMENTS = ("saturation", "temperature")
"""Fields of `ColorizeOptions` that adjust a model's output."""


def add_arguments(parser):
    """Add the command's options."""
    add_evaluation_arguments(parser)
    add_options(parser, ColorizeOptions, only=ADJUSTMENTS)
    parser.add_argument(
        "--learned-metrics",
        action="store_true",
        help="also compute the realism metrics; this takes an hour or more because 18 networks per "
        "model, and 72 for the references, are trained to distinguish recolored images from real "
        "ones",
    )
    parser.add_argument(
        "--backbone-weights",
        type=expand_home,
        metavar="FILE",
        help=".npz file with ImageNet weights for EfficientNet-Lite0; if given, the Frechet "
        "distance is also computed for photographs at native resolution",
    )
    parser.add_argument(
        "--json",
        type=expand_home,
        metavar="FILE",
        help="write all metrics to a new JSON file",
    )
    parser.add_argument(
        "--results",
        type=expand_home,
        metavar="DIR",
        help="write metrics and images to DIR/<name>/; with --degrade, --saturation or "
        "--temperature, to a subfolder such as DIR/scan/<name>/ or DIR/saturation_2/<name>/",
    )


def run(options):
    """Evaluate each model and print the tables; return the exit status."""
    adjustments = ColorizeOptions.from_options(options)
    options.saturation, options.temperature = adjustments.saturation, adjustments.temperature
    models = load_models(options)
    if options.temperature is not None:
        for model in models.values():
            model.check_temperature(options.temperature)
    if measures_own_size(options):
        return evaluate_photographs.run(options, models)
    folders = [*_degraded(options), *adjusted_folders(options)]
    targets = results_folders(options, models, folders, evaluation.REPORT_FILES)
    dataset = open_dataset(options, models)
    if options.learned_metrics:
        source = getattr(dataset, options.split)
        learned_metrics.check_images(source.num_examples, source.image_size)
        if getattr(source, "labels", None) is not None:
            learned_metrics.classifier.load()  # Fail early if the file is missing.
    _evaluate(options, models, dataset, targets)
    return DONE


@without_remapper_errors()
def _evaluate(options, models, dataset, targets):
    setup = evaluation.prepare(dataset, options.split, options.degrade)
    reports = {}
    for name, model in models.items():
        reports[name] = evaluation.evaluate_model(
            model, setup, options.saturation, options.temperature
        )
        if options.results:
            reports[name].save(targets[name])
    print(evaluation.summary(reports, options.all_metrics))
    _write_json(options, reports)
    if options.learned_metrics:
        _add_learned_metrics(options, models, setup, reports, targets)
        _write_json(options, reports)


def _write_json(options, reports):
    if options.json:
        write_json(options.json, {name: report.metrics for name, report in reports.items()})


def _add_learned_metrics(options, models, setup, reports, targets):
    """Compute the learned metrics of all models, print them and add them to the reports."""
    make_deterministic(0)

    def save(references):
        # Save after each reference, since computing them all takes a long time.
        for name, report in reports.items():
            if "learned_metrics" in report.metrics:
                report.metrics["learned_metrics"] |= references
                if options.results:
                    report.save_metrics(targets[name])

    file = options.results and Path(options.results, *_degraded(options), LEARNED_FILE)
    for name, model in models.items():
        colorize = evaluation.adjusted_colorizer(model, options.saturation, options.temperature)
        cached_as = "/".join([*adjusted_folders(options), model.metadata["name"]])
        learned = evaluation.evaluate_learned(cached_as, colorize, setup, file)
        reports[name].metrics["learned_metrics"] = {"model": learned}
        save({})
    references = evaluation.evaluate_learned_references(setup, file, save)
    learned = {n: report.metrics["learned_metrics"]["model"] for n, report in reports.items()}
    print(f"\n{evaluation.learned_table(learned, references)}")


def _degraded(options):
    """Return the subfolder for results on degraded images."""
    return [] if options.degrade == "none" else [options.degrade]
