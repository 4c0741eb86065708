"""What README and other documents claim is what the code and the results say."""

import json
import re
from pathlib import Path

import pytest
from report import load_adjusted, load_results, page_section
from report_tables import card_metrics, card_section

from colorkeras.data import DATASETS
from colorkeras.data.augmentation import AUGMENTATIONS
from colorkeras.evaluation.degradations import DEGRADATIONS
from colorkeras.export import bundled, metadata, saved_model, signatures
from colorkeras.models.architectures import ARCHITECTURES
from colorkeras.objectives.losses import LOSSES
from colorkeras.training.optimizers import OPTIMIZERS

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def between(text, name):
    return re.search(rf"<!-- {name}: begin -->\n(.*?)<!-- {name}: end -->", text, re.DOTALL)[1]


def test_results_page_is_what_report_writes():
    measured, adjusted = load_results(ROOT / "results"), load_adjusted(ROOT / "results")
    page = (ROOT / "docs/results.md").read_text(encoding="utf-8")
    assert between(page, "results").strip() == page_section(measured, adjusted)


@pytest.mark.parametrize("name", bundled.BUNDLED_MODELS)
def test_model_cards_are_what_report_writes(name):
    metrics = load_results(ROOT / "results")[name]
    card = (bundled.resolve(name) / saved_model.README_FILE).read_text(encoding="utf-8")
    assert between(card, "results").strip() == card_section(metrics)


@pytest.mark.parametrize("name", bundled.BUNDLED_MODELS)
def test_figures_of_models_are_what_report_writes(name):
    metrics = load_results(ROOT / "results")[name]
    card = json.loads(json.dumps(card_metrics(metrics)))
    assert metadata.read_metrics(bundled.resolve(name)) == card


@pytest.mark.parametrize("page", ["README.md", "docs/results.md"])
def test_pages_show_figures_that_are_there(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([\w./-]+\.(?:png|jpg))\)", text):
        assert (ROOT / page).parent.joinpath(target).is_file(), target


def test_readme_shows_the_endpoints():
    assert between(README, "endpoints").strip() == signatures.table().strip()


@pytest.mark.parametrize(
    "name", sorted({*ARCHITECTURES, *AUGMENTATIONS, *DATASETS, *DEGRADATIONS, *OPTIMIZERS})
)
def test_readme_names_every_choice(name):
    assert f"`{name}`" in README


@pytest.mark.parametrize("name", LOSSES)
def test_readme_names_every_loss(name):
    assert f"`{name}`" in README


@pytest.mark.parametrize("command", ["train", "evaluate", "colorize"])
def test_pipelines_run_their_command(command):
    assert f'main(command="{command}")' in (ROOT / "pipelines" / f"{command}.py").read_text()


@pytest.mark.parametrize("target", re.findall(r"\]\(([\w./:-]+)\)", README))
def test_readme_links_lead_somewhere(target):
    assert target.startswith("https://") or (ROOT / target).exists()


@pytest.mark.parametrize("file", sorted((ROOT / "results").glob("*/metrics.json")))
def test_results_come_with_pictures(file):
    assert (file.parent / "samples.png").exists()
    assert json.loads(file.read_text(encoding="utf-8"))["model"]["git_commit"]
