"""Colorize archives with Apache Beam, on this machine or, with another runner, on several machines.

    pip install -e '.[beam]'                             # in a separate environment
    python pipelines/colorize_beam.py --input scans --output color
    python pipelines/colorize_beam.py --input 'scans/**/*.tif' --output color --model unet_vivid
    python pipelines/colorize_beam.py --input scans.txt --output color --runner FlinkRunner ...

The input is a folder, a glob pattern, or a .txt file with one image or film path per line. Output
paths mirror the input paths relative to the folder, to the part before the first wildcard, or to
the common parent folder of the listed files. By default, existing output files are not overwritten,
so an interrupted run can be resumed by repeating the command with the same input. OUTPUT/report.csv
contains one row per file, and OUTPUT/failed.csv one row per failed file.

With --runner, options that are not listed here are passed to Beam. Only the local runner has been
tested. For other runners, colorkeras must be installed on all machines, and the images, the model
and the output folder must have the same paths on all of them.
"""

import dataclasses
import logging
import os
import sys
from pathlib import Path

from colorkeras.cli import DONE, FAILED, guarded
from colorkeras.cli.colorize_arguments import add_colorize_arguments, colorize_options
from colorkeras.cli.parsing import Parser
from colorkeras.cli.startup import quiet_start
from colorkeras.config.validation import Setting
from colorkeras.inference.batch import plan
from colorkeras.inference.batch.report import BatchReport
from colorkeras.utils.errors import UserError, one_line
from colorkeras.utils.files import expand_home, require_writable
from colorkeras.video.entry import color_film

try:
    with quiet_start():
        import apache_beam as beam
        from apache_beam.options.pipeline_options import PipelineOptions
        from apache_beam.runners import create_runner
except ImportError:
    beam = None

LOCAL_RUNNER = "FnApiRunner"
"""Runner within this process. It is the default because Beam's own default runner may download an
executable."""

REPORT, FAILURES = "report.csv", "failed.csv"
"""Files in the output folder."""


def main():
    """Parse the command line and colorize the archive; return the exit status."""
    # Beam's options could be mistaken for abbreviations of the options defined here.
    parser = Parser(description=__doc__, allow_abbrev=False)
    add = parser.add_argument
    add(
        "--input",
        type=expand_home,
        required=True,
        metavar="GLOB_OR_LIST",
        help="images or films; see above",
    )
    add("--output", type=expand_home, required=True, metavar="DIR", help="output folder")
    add_colorize_arguments(parser)
    add("--runner", default=LOCAL_RUNNER, help="Beam runner (default: %(default)s)")
    add("--workers", type=int, metavar="N", help="number of threads used by the local runner")
    options, others = parser.parse_known_args()
    if options.runner == LOCAL_RUNNER:
        # Beam ignores unknown options, so a misspelled one would silently have no effect.
        parser.parse_args()
    elif options.workers is not None:
        raise UserError(
            f"--workers with --runner {options.runner}",
            "--workers only with the local runner",
            f"Use the corresponding option of {options.runner}.",
        )
    if beam is None:
        raise UserError(
            "a Python environment without Apache Beam",
            "a separate environment with Apache Beam",
            "python -m venv beam && beam/bin/pip install -e '.[beam]'",
        )
    return color(options, others)


def color(options, others):
    """Run the pipeline; return the exit status."""
    settings = dataclasses.replace(colorize_options(options), skip_existing=True)
    require_writable(options.output, "--output")
    if options.workers is not None:
        Setting(int, low=1, high=64).check("--workers", options.workers)
    runner = runner_of(options)
    with quiet_start():
        from colorkeras.inference import predictor
        from colorkeras.inference.batch import beam as archives

        planned = plan.plan_archive(options.input, options.output)
        report, failures = (Path(options.output, name) for name in (REPORT, FAILURES))
        for path in (report, failures):
            BatchReport(path, planned)  # Raises an error if the file is not a report.
        loaded = predictor.load(options.model, settings.render_size)
    if settings.temperature is not None:
        loaded.exported.check_temperature(settings.temperature)
    if settings.vividness is not None:
        loaded.exported.check_vividness(settings.vividness)
    # Suppress a harmless message that Beam logs for each worker.
    logging.getLogger().addFilter(lambda record: "Resource module" not in str(record.msg))
    if options.runner == LOCAL_RUNNER:
        workers = options.workers or (os.cpu_count() or 1) + 1
        others = [f"--direct_num_workers={workers}", "--direct_running_mode=multi_threading"]
    pipeline = beam.Pipeline(runner, PipelineOptions(others))
    archives.color(pipeline, planned.items, loaded, settings, report, failures, color_film)
    result = pipeline.run()
    result.wait_until_finish()
    counts = archives.counts(result)
    print(", ".join(f"{count} {status}" for status, count in counts.items()))
    if not counts["failed"]:
        return DONE
    print(f"The failed files and the reasons are listed in {failures}.")
    return FAILED


def runner_of(options):
    """Create the selected Beam runner."""
    try:
        return create_runner(options.runner)
    except (ValueError, ImportError, AttributeError) as error:
        raise UserError(
            f"--runner {options.runner} ({one_line(error)})",
            "the name of an installed Beam runner",
            "Omit --runner to run on this machine.",
        ) from error


if __name__ == "__main__":
    sys.exit(guarded(main))
