"""Measure exported models on a data set, beside references such as the grayscale baseline.

A bare name such as unet stands for the bundled model of that name; anything else is a path.
"""

from pathlib import Path

from colorkeras import evaluation
from colorkeras.cli import DONE
from colorkeras.cli.evaluation_arguments import add_evaluation_arguments, load_models, open_dataset
from colorkeras.config.colorize_options import ColorizeOptions
from colorkeras.config.settings import add_options
from colorkeras.evaluation import learned_metrics
from colorkeras.utils.determinism import make_deterministic
from colorkeras.utils.errors import UserError
from colorkeras.utils.files import require_new, require_writable, write_json

LEARNED_FILE = "learned_metrics.json"
"""Cache of learned metrics in the folder of --results; computing them takes long."""


ADJUSTMENTS = ("saturation", "temperature")
"""Fields of `ColorizeOptions` that change the output of a model."""


def add_arguments(parser):
    """Add the options of the command."""
    add_evaluation_arguments(parser)
    add_options(parser, ColorizeOptions, only=ADJUSTMENTS)
    parser.add_argument(
        "--learned-metrics",
        action="store_true",
        help="compute metrics of realism as well: train 18 networks per model, and 72 for the "
        "references, to tell recolored images from real ones; takes an hour or more",
    )
    parser.add_argument("--json", metavar="FILE", help="write all metrics to this new file")
    parser.add_argument(
        "--results",
        metavar="DIR",
        help="write metrics and images to DIR/<name>/; with --degrade scan to "
        "DIR/scan/<name>/, likewise saturation_2/ or temperature_0.5/",
    )


def run(options):
    """Evaluate each model and print the tables; return the exit status."""
    adjustments = ColorizeOptions.from_options(options)
    options.saturation, options.temperature = adjustments.saturation, adjustments.temperature
    models = load_models(options)
    if options.temperature is not None:
        for model in models.values():
            model.check_temperature(options.temperature)
    targets = _targets(options, models)
    dataset = open_dataset(options, models)
    if options.learned_metrics:
        source = getattr(dataset, options.split)
        learned_metrics.check_images(source.num_examples, source.image_size)
        if getattr(source, "labels", None) is not None:
            learned_metrics.classifier.load()  # Fail early if it is missing.
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
    return DONE


def _write_json(options, reports):
    if options.json:
        write_json(options.json, {name: report.metrics for name, report in reports.items()})


def _add_learned_metrics(options, models, setup, reports, targets):
    """Compute learned metrics of all models, print them and add them to the reports."""
    make_deterministic(0)

    def save(references):
        # After each reference, since all of them together take long.
        for name, report in reports.items():
            if "learned_metrics" in report.metrics:
                report.metrics["learned_metrics"] |= references
                if options.results:
                    report.save_metrics(targets[name])

    file = options.results and Path(options.results, *_degraded(options), LEARNED_FILE)
    for name, model in models.items():
        colorize = evaluation.adjusted_colorizer(model, options.saturation, options.temperature)
        cached_as = "/".join([*_adjusted(options), model.metadata["name"]])
        learned = evaluation.evaluate_learned(cached_as, colorize, setup, file)
        reports[name].metrics["learned_metrics"] = {"model": learned}
        save({})
    references = evaluation.evaluate_learned_references(setup, file, save)
    learned = {n: report.metrics["learned_metrics"]["model"] for n, report in reports.items()}
    print(f"\n{evaluation.learned_table(learned, references)}")


def _degraded(options):
    """Return folders that separate results on degraded images."""
    return [] if options.degrade == "none" else [options.degrade]


def _adjusted(options):
    """Return folders that separate results of adjusted models."""
    saturated = [] if options.saturation == 1 else [f"saturation_{options.saturation:g}"]
    heated = [] if options.temperature is None else [f"temperature_{options.temperature:g}"]
    return saturated + heated


def _targets(options, models):
    """Return the results folder of each model.

    Raises:
        UserError: A file exists, a folder is not writable, or two models share a name.
    """
    targets = {}
    if options.results:
        parent = Path(options.results, *_degraded(options), *_adjusted(options))
        targets = {n: parent / m.metadata["name"] for n, m in models.items()}
    files = [folder / name for folder in targets.values() for name in evaluation.REPORT_FILES]
    if options.json:
        files.append(Path(options.json))
    require_new(files, options.overwrite)
    if options.results:
        require_writable(options.results, "--results")
    if options.json:
        require_writable(Path(options.json).parent, "--json")
    if len(set(targets.values())) < len(targets):
        raise UserError(
            "two models with the same name, with --results",
            "models with different names",
            "Evaluate them one at a time, each with its own --results.",
        )
    return targets
