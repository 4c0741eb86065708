"""Measure exported models on a data set, beside echoing the grayscale input.

A bare name such as unet means the model that comes with colorkeras; anything else is a path.
"""

from pathlib import Path

from colorkeras import evaluation, export, shipped
from colorkeras.cli import DONE
from colorkeras.cli.options import add_data_arguments
from colorkeras.data import load_dataset
from colorkeras.degradations import DEGRADATIONS
from colorkeras.errors import UserError
from colorkeras.files import require_writable, write_json


def add_arguments(parser):
    """Adds the options of the command."""
    parser.add_argument(
        "--model",
        action="append",
        required=True,
        metavar="NAME_OR_PATH",
        help=f"{', '.join(shipped.SHIPPED)} or the folder of an export; may be repeated",
    )
    add_data_arguments(parser)
    parser.add_argument("--split", choices=("test", "validation"), default="test")
    parser.add_argument(
        "--degrade",
        choices=DEGRADATIONS,
        default="none",
        help="what models are shown: luma, or a scan of an old photograph (default %(default)s)",
    )
    parser.add_argument("--json", metavar="FILE", help="write all figures to this new file")
    parser.add_argument(
        "--results",
        metavar="DIR",
        help="write DIR/<name>/ with metrics.json and samples.png; with --degrade scan "
        "DIR/scan/<name>/",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace what is there")


def run(options):
    """Evaluates each model, prints one table; returns the exit status."""
    models = {name: export.load(shipped.resolve(name)) for name in options.model}
    targets = _targets(options, models)
    dataset = load_dataset(options.dataset, options.data_dir, options.image_size)
    for note in dataset.notes:
        print(f"*** {note}")
    source = getattr(dataset, options.split)
    for model in models.values():
        evaluation.check_image_size(model, source)
    references = evaluation.references(source, options.degrade)
    reports = {}
    for name, model in models.items():
        reports[name] = evaluation.report(
            model, dataset, options.split, references, options.degrade
        )
        if options.results:
            reports[name].save(targets[name])
    rows = {name: report.metrics["figures"] for name, report in reports.items()}
    any_metrics = next(iter(reports.values())).metrics
    print(f"{any_metrics['dataset']}: {any_metrics['num_pictures']} pictures")
    print(evaluation.format_table({**rows, **evaluation.reference_rows(any_metrics)}))
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
    existing = [str(file) for file in files if file.exists()]
    if existing and not options.overwrite:
        raise UserError(
            f"results that would replace {', '.join(existing)}",
            "names that are not taken",
            "Pass --overwrite to replace them.",
        )
    if options.results:
        require_writable(options.results, "--results")
    if options.json:
        require_writable(Path(options.json).parent, "--json")
        if Path(options.json).is_dir():
            raise UserError(f"--json {options.json!r}, a folder", "a file", "Name a file in it.")
    if len(set(targets.values())) < len(targets):
        raise UserError(
            "two models whose exports bear the same name, with --results",
            "models of different names",
            "Evaluate them one at a time, with another --results for each.",
        )
    return targets
