"""Color archives of pictures with Apache Beam, on this machine or, by its runners, on many.

    pip install -e '.[beam]'                             # into an environment of its own
    python pipelines/colorize_beam.py --input scans --output color
    python pipelines/colorize_beam.py --input 'scans/**/*.tif' --output color --model unet_vivid
    python pipelines/colorize_beam.py --input scans.txt --output color --runner FlinkRunner ...

The input is a folder, a pattern, or a list of pictures (.txt, a path in each line). Results that
are there are left as they are: started again, it goes on. OUTPUT/report.csv tells of each file,
OUTPUT/failed.csv of what failed and why; both are replaced.

With --runner, options that are not listed here go to Beam; runners other than the local one are
untested. Pictures, model and results need the same paths on all machines, and these colorkeras.
"""

import argparse
import logging
import os
import sys
from pathlib import Path

from colorkeras.cli import DONE, FAILED, guarded, quiet_start
from colorkeras.cli.coloring_options import (
    add_coloring_arguments,
    check_coloring_options,
    settings_of,
)
from colorkeras.files import require_writable

try:
    with quiet_start():
        import apache_beam as beam
        from apache_beam.options.pipeline_options import PipelineOptions
except ImportError:
    sys.exit("Apache Beam is missing: pip install -e '.[beam]', in an environment of its own")

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
    add_coloring_arguments(parser)
    add("--overwrite", action="store_true", help="replace results that are there")
    add("--runner", default=LOCAL_RUNNER, help="Beam's (default %(default)s)")
    add("--workers", type=int, metavar="N", help="threads of the local runner")
    options, others = parser.parse_known_args()
    if options.runner == LOCAL_RUNNER:
        # Beam leaves options that it does not know alone: a misspelt one would do nothing.
        parser.parse_args()
        workers = options.workers or (os.cpu_count() or 1) + 1
        others = [f"--direct_num_workers={workers}", "--direct_running_mode=multi_threading"]
    return color(options, [f"--runner={options.runner}", *others])


def color(options, words):
    """Runs the pipeline; returns the exit status."""
    check_coloring_options(options)
    require_writable(options.output, "--output")
    with quiet_start():
        from colorkeras import archives, model

        planned = archives.find(options.input, options.output)
        loaded = model.load(options.model, options.render_size)
    if options.temperature is not None:
        loaded.exported.check_temperature(options.temperature)
    settings = settings_of(options, skip_existing=True)
    # What Beam says once a worker, though there is nothing amiss.
    logging.getLogger().addFilter(lambda record: "Resource module" not in str(record.msg))
    report, failures = (Path(options.output, name) for name in (REPORT, FAILURES))
    pipeline = beam.Pipeline(options=PipelineOptions(words))
    archives.color(pipeline, planned, loaded, settings, report, failures)
    result = pipeline.run()
    result.wait_until_finish()
    counts = archives.counts(result)
    print(", ".join(f"{count} {status}" for status, count in counts.items()))
    if not counts["failed"]:
        return DONE
    print(f"What failed, and why: {failures}")
    return FAILED


if __name__ == "__main__":
    sys.exit(guarded(main))
