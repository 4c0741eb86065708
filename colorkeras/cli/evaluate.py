"""Measure exported models on a data set, beside references such as the grayscale input.

A bare name such as unet means the model that comes with colorkeras; anything else is a path.
"""

from pathlib import Path

from colorkeras import evaluation
from colorkeras.cli import DONE
from colorkeras.cli.options import add_evaluation_arguments, load_models, open_dataset
from colorkeras.config.training_config import check_saturation
from colorkeras.evaluation import learned_metrics
from colorkeras.utils.determinism import make_deterministic
from colorkeras.utils.errors import UserError
from colorkeras.utils.files import require_new, require_writable, write_json

JUDGED_FILE = "judged.json"
"""In the folder of --results: what judges said of which pictures, for asking them takes long."""


def add_arguments(parser):
    """Adds the options of the command."""
    add_evaluation_arguments(parser)
    parser.add_argument(
        "--saturation",
        type=float,
        default=1.0,
        metavar="FACTOR",
        help="scale the chroma of every model's output, luma kept (default %(default)s)",
    )
    parser.add_argument(
        "--temperature",
        type=float,
        metavar="T",
        help="of models that sample, 0..1.5: how far colors stray (default: the model's own)",
    )
    parser.add_argument(
        "--judge",
        action="store_true",
        help="train networks to tell recolored pictures from real ones, 18 for each model and, "
        "once with --results, 72 for what it is compared with; takes an hour and more",
    )
    parser.add_argument("--json", metavar="FILE", help="write all figures to this new file")
    parser.add_argument(
        "--results",
        metavar="DIR",
        help="write figures and pictures to DIR/<name>/; with --degrade scan to "
        "DIR/scan/<name>/, likewise saturation_2/ or temperature_0.5/",
    )


def run(options):
    """Evaluates each model, prints the tables; returns the exit status."""
    check_saturation(options.saturation, "--saturation")
    models = load_models(options)
    if options.temperature is not None:
        for model in models.values():
            model.check_temperature(options.temperature)
    targets = _targets(options, models)
    dataset = open_dataset(options, models)
    if options.judge:
        source = getattr(dataset, options.split)
        learned_metrics.check_pictures(source.num_examples, source.image_size)
        if getattr(source, "labels", None) is not None:
            learned_metrics.classifier.load()  # Missing, it is missed before anything is measured.
    conditions = evaluation.prepare(dataset, options.split, options.degrade)
    reports = {}
    for name, model in models.items():
        reports[name] = evaluation.report(
            model, conditions, options.saturation, options.temperature
        )
        if options.results:
            reports[name].save(targets[name])
    print(evaluation.summary(reports))
    _write_json(options, reports)
    if options.judge:
        _judge(options, models, conditions, reports, targets)
        _write_json(options, reports)
    return DONE


def _write_json(options, reports):
    if options.json:
        write_json(options.json, {name: report.metrics for name, report in reports.items()})


def _judge(options, models, conditions, reports, targets):
    """Judges all models, prints the table and adds to what was written of each."""
    make_deterministic(0)  # The judges draw from seeds of their own.

    def save(references):
        # Whenever there is more: judging all takes long.
        for name, report in reports.items():
            if "judge" in report.metrics:
                report.metrics["judge"] |= references
                if options.results:
                    report.save_metrics(targets[name])

    file = options.results and Path(options.results, *_degraded(options), JUDGED_FILE)
    for name, model in models.items():
        color = evaluation.adjusted(model, options.saturation, options.temperature)
        known_as = "/".join([*_adjusted(options), model.metadata["name"]])
        judged = evaluation.judge_colorizer(known_as, color, conditions, file)
        reports[name].metrics["judge"] = {"model": judged}
        save({})
    references = evaluation.judge_references(conditions, file, save)
    judged = {name: report.metrics["judge"]["model"] for name, report in reports.items()}
    print(f"\n{evaluation.judged_table(judged, references)}")


def _degraded(options):
    """Folders that keep results on damaged pictures apart from plain ones."""
    return [] if options.degrade == "none" else [options.degrade]


def _adjusted(options):
    """Those that keep results of adjusted models apart, of which the README's table is made."""
    saturated = [] if options.saturation == 1 else [f"saturation_{options.saturation:g}"]
    heated = [] if options.temperature is None else [f"temperature_{options.temperature:g}"]
    return saturated + heated


def _targets(options, models):
    """The folder of results of each model; refuses, before any work, to overwrite."""
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
            "two models whose exports bear the same name, with --results",
            "models of different names",
            "Evaluate them one at a time, with another --results for each.",
        )
    return targets
