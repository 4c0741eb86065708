"""Color archives of pictures with Apache Beam, on this machine or, by its runners, on many.

    pip install -e '.[beam]'                             # into an environment of its own
    python pipelines/colorize_beam.py --input scans --output color
    python pipelines/colorize_beam.py --input 'scans/**/*.tif' --output color --model unet_vivid
    python pipelines/colorize_beam.py --input scans.txt --output color --runner FlinkRunner ...

The input is a folder, a pattern, or a list of pictures (.txt, a path in each line); results lie as
their sources do in the folder, before the first wildcard, or in the folder that all on the list
share. Those that are there are left as they are: started again with the same input, it goes on.
OUTPUT/report.csv tells of each file, OUTPUT/failed.csv of what failed and why.

With --runner, options that are not listed here go to Beam; runners other than the local one are
untested. Pictures, model and results need the same paths on all machines, and these colorkeras.
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
"""Runs within this process. Beam's default may download another one."""

REPORT, FAILURES = "report.csv", "failed.csv"
"""Written to the folder of results."""


def main():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        # An option of Beam's could be a short form of one of these.
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--input", required=True, metavar="GLOB_OR_LIST", help="pictures, see above")
    add("--output", required=True, metavar="DIR", help="folder for results")
    add_colorize_arguments(parser)
    add("--runner", default=LOCAL_RUNNER, help="Beam's (default %(default)s)")
    add("--workers", type=int, metavar="N", help="threads of the local runner")
    options, others = parser.parse_known_args()
    if options.runner == LOCAL_RUNNER:
        # Beam leaves options that it does not know alone: a misspelt one would do nothing.
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
    """Runs the pipeline; returns the exit status."""
    settings = dataclasses.replace(colorize_options(options), skip_existing=True)
    require_writable(options.output, "--output")
    if options.workers is not None:
        Setting(int, low=1, high=64).check("--workers", options.workers)
    runner = runner_of(options)
    with quiet_start():
        from colorkeras.inference import predictor
        from colorkeras.inference.batch import beam as archives

        planned = archives.find(options.input, options.output)
        report, failures = (Path(options.output, name) for name in (REPORT, FAILURES))
        for path in (report, failures):
            # Refuses a file there that is something else.
            BatchReport(path, planned, go_on=True)
        loaded = predictor.load(options.model, settings.render_size)
    if settings.temperature is not None:
        loaded.exported.check_temperature(settings.temperature)
    # What Beam says once a worker, though there is nothing amiss.
    logging.getLogger().addFilter(lambda record: "Resource module" not in str(record.msg))
    if options.runner == LOCAL_RUNNER:
        workers = options.workers or (os.cpu_count() or 1) + 1
        others = [f"--direct_num_workers={workers}", "--direct_running_mode=multi_threading"]
    pipeline = beam.Pipeline(runner, PipelineOptions(others))
    archives.color(pipeline, planned, loaded, settings, report, failures)
    result = pipeline.run()
    result.wait_until_finish()
    counts = archives.counts(result)
    print(", ".join(f"{count} {status}" for status, count in counts.items()))
    if not counts["failed"]:
        return DONE
    print(f"What failed, and why: {failures}")
    return FAILED


def runner_of(options):
    """Beam's runner of the name."""
    try:
        return create_runner(options.runner)
    except (ValueError, ImportError, AttributeError) as error:
        raise UserError(
            f"--runner {options.runner} ({one_line(error)})",
            "a runner of Apache Beam that is installed",
            "Leave it away to color on this machine.",
        ) from error


if __name__ == "__main__":
    sys.exit(guarded(main))
