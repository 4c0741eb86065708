"""Implementation of `colorkeras evaluate` for photographs at native resolution."""

import logging
from pathlib import Path

from colorkeras.cli import DONE
from colorkeras.cli.evaluation_arguments import adjusted_folders, open_dataset, results_folders
from colorkeras.evaluation import learned_evaluation, learned_metrics, photographs
from colorkeras.evaluation.color_statistics import color_statistics
from colorkeras.inference.predictor import Predictor
from colorkeras.utils.determinism import make_deterministic
from colorkeras.utils.errors import UserError
from colorkeras.utils.files import write_json

logger = logging.getLogger(__name__)


def run(options, models):
    """Evaluate each model and print the tables; return the exit status."""
    if options.degrade != "none":
        raise UserError(
            f"--degrade {options.degrade} with photographs at native resolution",
            "no degradation, or fixed-size crops",
            "Omit --degrade, or pass --image-size.",
        )
    name = options.dataset.replace(":", "_").replace("/", "_")
    folders = results_folders(options, models, adjusted_folders(options), [f"{name}.json"])
    dataset = open_dataset(options, models)
    source = getattr(dataset, options.split)
    if options.learned_metrics:
        learned_metrics.check_images(source.num_examples, learned_metrics.IMAGE_SIZE)
    encoder = None
    if options.backbone_weights:
        encoder = photographs.load_encoder(options.backbone_weights)
    references = photographs.References(color_statistics(dataset.train).mean_chroma, encoder)
    source = photographs.PhotographSource(source, f"{source.dataset_title}, {options.split}")
    adjustments = {"saturation": options.saturation}
    if options.temperature is not None:
        adjustments["temperature"] = options.temperature
    results = {}
    for given_as, model in models.items():

        def save(report, given_as=given_as):
            results[given_as] = report.metrics
            if options.results:
                write_json(folders[given_as] / f"{name}.json", report.metrics)
            if options.json:
                write_json(options.json, results)

        report = photographs.evaluate_photographs(
            Predictor(model), source, references, adjustments, save
        )
        print(f"{given_as}: {report.text()}\n")
        if options.learned_metrics:
            make_deterministic(0)
            cache = options.results and Path(options.results, f"{name}_learned_metrics.json")
            print(_add_learned_metrics(given_as, report, cache, save))
    return DONE


def _add_learned_metrics(model_name, report, cache, save):
    """Compute the learned metrics for each row, add them to the report and return a table."""
    crops = report.crops
    images = learned_evaluation.LearnedImages(crops[photographs.TRUTH])
    learned = report.metrics["learned_metrics"] = {}
    for row in report.metrics["incoherence"]:
        if row != photographs.TRUTH:
            learned[row] = learned_evaluation.cached_learned_metrics(
                f"{model_name}, {row}", images, crops[row], cache
            )
            save(report)
    references = learned_evaluation.learned_reference_metrics(
        images, crops[photographs.BASELINE], crops[photographs.MEAN_CHROMA], cache
    )
    report.metrics["learned_references"] = references
    save(report)
    return learned_evaluation.learned_table(learned, references)
