"""Color archives with Apache Beam, on this machine or, with its runners, on many.

    pip install -e '.[beam]'                             # in an environment of its own
    python pipelines/colorize_beam.py --input scans --output color
    python pipelines/colorize_beam.py --input 'scans/**/*.tif' --output color --model unet_vivid
    python pipelines/colorize_beam.py --input scans.txt --output color --runner FlinkRunner ...

The input is a folder, a pattern, or a list of images (.txt, one path per line). Results are
arranged like their sources below the folder, below the part before the first wildcard, or below the
folder that all listed files share. Existing results are kept: start it again with the same input to
continue. OUTPUT/report.csv has a row for each file, OUTPUT/failed.csv for each that failed.

With --runner, options that are not listed here are passed to Beam. Only the local runner is tested.
All machines need colorkeras, and the same paths to images, model and results.
"""

import argparse
import dataclasses
import logging
import os
import sys
from pathlib import Path

from colorkeras.cli import DONE, FAILED, guarded
from colorkeras.cli.colorize_arguments import add_colorize_arguments, colorize_options
from colorkeras.cli.startup import quiet_start
from colorkeras.config.settings import Setting
from colorkeras.inference.batch import plan
from colorkeras.inference.batch.report import BatchReport
from colorkeras.utils.errors import UserError, one_line
from colorkeras.utils.files import require_writable

try:
    with quiet_start():
        import apache_beam as beam
        from apache_beam.options.pipeline_options import PipelineOptions
        from apache_beam.runners import create_runner
except ImportError:
    beam = None

LOCAL_RUNNER = "FnApiRunner"
"""Runner within this process. Beam's default may download another one."""

REPORT, FAILURES = "report.csv", "failed.csv"
"""Files in the folder of results."""


def main():
    """Parse the command line and color the archive."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        # An option of Beam could be an abbreviation of one of these.
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--input", required=True, metavar="GLOB_OR_LIST", help="images, see above")
    add("--output", required=True, metavar="DIR", help="folder for results")
    add_colorize_arguments(parser)
    add("--runner", default=LOCAL_RUNNER, help="runner of Beam (default: %(default)s)")
    add("--workers", type=int, metavar="N", help="threads of the local runner")
    options, others = parser.parse_known_args()
    if options.runner == LOCAL_RUNNER:
        # Beam ignores options that it does not know, so misspelled ones would have no effect.
        parser.parse_args()
    elif options.workers is not None:
        parser.error(f"--workers is for the local runner; use the option of {options.runner}")
    if beam is None:
        raise UserError(
            "a Python without Apache Beam",
            "Apache Beam, in an environment of its own",
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
            BatchReport(path, planned)  # Fails if the file is not a report.
        loaded = predictor.load(options.model, settings.render_size)
    if settings.temperature is not None:
        loaded.exported.check_temperature(settings.temperature)
    # Beam logs this once per worker, though nothing is wrong.
    logging.getLogger().addFilter(lambda record: "Resource module" not in str(record.msg))
    if options.runner == LOCAL_RUNNER:
        workers = options.workers or (os.cpu_count() or 1) + 1
        others = [f"--direct_num_workers={workers}", "--direct_running_mode=multi_threading"]
    pipeline = beam.Pipeline(runner, PipelineOptions(others))
    archives.color(pipeline, planned.items, loaded, settings, report, failures)
    result = pipeline.run()
    result.wait_until_finish()
    counts = archives.counts(result)
    print(", ".join(f"{count} {status}" for status, count in counts.items()))
    if not counts["failed"]:
        return DONE
    print(f"Failed files, with reasons: {failures}")
    return FAILED


def runner_of(options):
    """Create the named runner of Beam."""
    try:
        return create_runner(options.runner)
    except (ValueError, ImportError, AttributeError) as error:
        raise UserError(
            f"--runner {options.runner} ({one_line(error)})",
            "a runner of Apache Beam that is installed",
            "Omit it to color on this machine.",
        ) from error


if __name__ == "__main__":
    sys.exit(guarded(main))
