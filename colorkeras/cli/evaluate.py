"""Measure exported models on a data set, beside echoing the grayscale input.

A bare name such as unet means the model that comes with colorkeras; anything else is a path.
"""

from pathlib import Path

from colorkeras import evaluation
from colorkeras.cli import DONE
from colorkeras.cli.options import add_evaluation_arguments, load_models, open_dataset
from colorkeras.errors import UserError
from colorkeras.files import require_new, require_writable, write_json


def add_arguments(parser):
    """Adds the options of the command."""
    add_evaluation_arguments(parser)
    parser.add_argument("--json", metavar="FILE", help="write all figures to this new file")
    parser.add_argument(
        "--results",
        metavar="DIR",
        help="write DIR/<name>/ with metrics.json and samples.png; with --degrade scan "
        "DIR/scan/<name>/",
    )


def run(options):
    """Evaluates each model, prints one table; returns the exit status."""
    models = load_models(options)
    targets = _targets(options, models)
    dataset = open_dataset(options, models)
    references = evaluation.references(getattr(dataset, options.split), options.degrade)
    reports = {}
    for name, model in models.items():
        reports[name] = evaluation.report(
            model, dataset, options.split, references, options.degrade
        )
        if options.results:
            reports[name].save(targets[name])
    print(evaluation.summary(reports))
    if options.json:
        write_json(options.json, {name: report.metrics for name, report in reports.items()})
    return DONE


def _targets(options, models):
    """The folder of results of each model; refuses, before any work, to overwrite."""
    targets = {}
    if options.results:
        # Apart from clean results, of which the README's table is made.
        degraded = [] if options.degrade == "none" else [options.degrade]
        parent = Path(options.results, *degraded)
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
