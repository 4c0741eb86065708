"""Tests that the documentation matches the code and the committed results."""

import json
import re
import runpy
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import report_photographs
from migrate_json import RENAMED
from report import load_adjusted, load_results, page_section
from report_tables import card_metrics, card_section

from colorkeras import cli
from colorkeras.data import DATASETS
from colorkeras.data.augmentation import AUGMENTATIONS
from colorkeras.evaluation import format_value
from colorkeras.evaluation.degradations import DEGRADATIONS
from colorkeras.export import bundled, metadata, signatures
from colorkeras.image_io.formats import FORMATS
from colorkeras.models.architectures import ARCHITECTURES
from colorkeras.objectives import OBJECTIVES
from colorkeras.objectives.losses import LOSSES
from colorkeras.training.optimizers import OPTIMIZERS
from colorkeras.utils.files import RESULTS_BEGIN, RESULTS_END

ROOT = Path(__file__).resolve().parents[1]
MEASURED = [
    name for name in bundled.BUNDLED_MODELS if (ROOT / f"results/{name}/metrics.json").is_file()
]
"""Bundled models with CIFAR-10 results."""

DOCUMENTS = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/tutorial.py"] + [
    path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "docs").glob("*.md"))
]
GUIDES = [name for name in DOCUMENTS if name != "CHANGELOG.md"]  # It also contains old names.

EXTERNAL_OPTIONS = {
    *("--fuzz-cases", "--kills"),  # Test options.
    *("--check", "--logdir", "--no-deps", "--rm", "--strict"),  # Options of other programs.
}
GENERATED_PAGES = {"api.md", "commands.md", "tutorial.md"}


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def between(text, begin, end):
    return text.partition(begin)[2].partition(end)[0].strip()


@pytest.fixture(scope="module")
def parsers():
    """Parsers by command name."""
    return {command: cli.load_command(command)[1] for command in cli.COMMANDS}


@pytest.fixture(scope="module")
def measured():
    return load_results(ROOT / "results")


def shell_commands(name):
    """Return all shell commands that run colorkeras in a document's code blocks."""
    commands = []
    for block in re.findall(r"^\s*```(?:sh|bash)?\n(.*?)^\s*```", read(name), re.M | re.S):
        for line in block.replace("\\\n", " ").splitlines():
            for part in line.partition(" #")[0].split("&&"):
                words = part.split()
                if words[:1] == ["colorkeras"] or (words[1:2] and "pipelines/" in words[1]):
                    commands.append(part.strip())
    return commands


def test_readme_is_short():
    assert len(read("README.md").splitlines()) <= 150


def test_readme_has_the_commands_that_people_rely_on():
    lines = read("README.md").splitlines()
    for command in (
        "pip install -e . && python pipelines/train.py --arch unet",
        "pip install -e '.[test]' && pytest",
    ):
        assert command in lines


def test_results_page_is_what_report_writes(measured):
    page = page_section(measured, load_adjusted(ROOT / "results"))
    assert between(read("docs/results.md"), RESULTS_BEGIN, RESULTS_END) == page


def test_models_in_the_readme_have_the_measured_metrics(measured):
    rows = [
        [cell.strip(" `*") for cell in line.split("|")[1:-1]]
        for line in read("README.md").splitlines()
        if line.startswith("|")
    ]
    shown = {name: (parameters, values) for name, _, parameters, *values in rows[2:]}
    assert set(shown) == {*MEASURED, "grayscale baseline", "ground truth"}
    metrics = {name: measured[name]["metrics"] for name in MEASURED}
    metrics["grayscale baseline"] = measured["unet"]["grayscale_baseline"]
    metrics["ground truth"] = measured["unet"]["truth"]
    for name, (parameters, values) in shown.items():
        columns = ("psnr_pooled", "ciede2000", "colorfulness")
        assert values == [format_value(metrics[name][column], column) for column in columns], name
        if name in MEASURED:
            assert parameters == f"{measured[name]['model']['num_parameters']:,}"


@pytest.mark.parametrize("name", MEASURED)
def test_model_cards_are_what_report_writes(name, measured):
    card = (bundled.resolve(name) / metadata.CARD_FILE).read_text(encoding="utf-8")
    assert between(card, RESULTS_BEGIN, RESULTS_END) == card_section(measured[name])


@pytest.mark.parametrize("name", MEASURED)
def test_metrics_of_bundled_models_are_what_report_writes(name, measured):
    card = json.loads(json.dumps(card_metrics(measured[name])))
    assert metadata.read_metrics(bundled.resolve(name)) == card


def test_results_on_photographs_are_what_report_writes():
    results = report_photographs.load_photographs(ROOT / "results")
    section = between(read("docs/photographs.md"), RESULTS_BEGIN, RESULTS_END)
    assert section == report_photographs.page_section(results).strip()
    card = between(read("saved_models/photo/1/README.md"), RESULTS_BEGIN, RESULTS_END)
    assert card == report_photographs.card_section(results["photo"]).strip()
    metrics = json.loads(json.dumps(report_photographs.card_metrics(results["photo"])))
    assert metadata.read_metrics(bundled.resolve("photo")) == metrics


def test_results_on_films_are_what_report_films_writes():
    pytest.importorskip("cv2", reason="requires the 'video' extra")
    import report_films

    films = json.loads(read("results/video/photo.json"))["films"]
    section = between(read("docs/video.md"), RESULTS_BEGIN, RESULTS_END)
    assert section == report_films.page_section(films)


@pytest.mark.parametrize(
    ("title", "names"),
    [("endpoints", signatures.ROWS), ("hint endpoints", signatures.HINT_ROWS)],
)
def test_export_page_lists_the_signatures(title, names):
    begin, end = f"<!-- {title}: begin -->", f"<!-- {title}: end -->"
    assert between(read("docs/export.md"), begin, end) == signatures.table(names).strip()


@pytest.mark.parametrize(
    ("page", "registry"),
    [
        ("docs/architectures.md", ARCHITECTURES),
        ("docs/training.md", {**DATASETS, **OBJECTIVES, **LOSSES, **AUGMENTATIONS, **OPTIMIZERS}),
        ("docs/training.md", DEGRADATIONS),
    ],
)
def test_pages_name_every_choice(page, registry):
    text = read(page)
    missing = [name for name in registry if not re.search(rf"[` ]{name}`", text)]
    assert not missing


def test_colorize_page_names_every_format():
    table = between(read("docs/colorize.md"), "| format | read | written |", "## Metadata")
    names = {"HEIF": "HEIC", "WEBP": "WebP", "JPEG2000": "JPEG 2000", "JXL": "JPEG XL"}
    assert not [name for name in FORMATS if names.get(name, name) not in table]


def test_architectures_page_lists_what_each_predicts():
    for name, architecture in ARCHITECTURES.items():
        predictions = ", ".join(f"`{kind}`" for kind in architecture.predictions)
        assert f"| `{name}` | {predictions} |" in read("docs/architectures.md")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_lead_somewhere(name):
    prose = re.sub(r"^```.*?^```|`[^`]*`", "", read(name), flags=re.M | re.S)
    for target in re.findall(r"\]\(([^()#]+)(?:#[^)]*)?\)", prose):
        if not target.startswith("https://") and target not in GENERATED_PAGES:
            assert (ROOT / name).parent.joinpath(target).exists(), target


@pytest.mark.parametrize("name", GUIDES)
def test_commands_parse(name, parsers):
    for command in shell_commands(name):
        words = shlex.split(re.sub(r"\bARCH\b|\bPATH\b|\bMODEL\b", "unet", command))
        if words[0] == "colorkeras":
            assert words[1] in parsers, command
            program, arguments = words[1], words[2:]
        else:
            assert (ROOT / words[1]).is_file(), command
            program, arguments = Path(words[1]).stem, words[2:]
        if program in parsers:
            try:
                parsers[program].parse_args(arguments)
            except SystemExit:
                pytest.fail(command)


def test_changelog_lists_the_renames(parsers):
    text = read("CHANGELOG.md")
    rows = re.findall(r"^\| `(train|evaluate|colorize)` \| .* \| (.*) \|$", text, re.M)
    assert len(rows) > 10
    for command, new in rows:
        for option in re.findall(r"--[a-z-]+", new):
            assert option in parsers[command]._option_string_actions
    assert not [pair for pair in RENAMED.items() if "| `{}` | `{}` |".format(*pair) not in text]


def test_a_wrong_command_does_not_parse(parsers):
    with pytest.raises(SystemExit):
        parsers["train"].parse_args(["--no-such-option"])


@pytest.mark.parametrize("name", GUIDES)
def test_options_exist(name, parsers):
    known = {option for parser in parsers.values() for option in parser._option_string_actions}
    for script in (
        *ROOT.glob("pipelines/*.py"),
        *ROOT.glob("benchmarks/*.py"),
        *ROOT.glob("tools/*.py"),
    ):
        known.update(re.findall(r"\"(--[a-z][a-z-]+)\"", script.read_text(encoding="utf-8")))
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", read(name)))
    assert named <= known | EXTERNAL_OPTIONS


@pytest.mark.parametrize("name", GUIDES)
def test_named_files_exist(name):
    """Code spans such as `benchmarks/page.py` name files and folders in the repository."""
    folders = "benchmarks|colorkeras|docs|pipelines|results|saved_models|tests|tools"
    for path in re.findall(rf"`(?:python )?((?:{folders})/[\w./]*)", read(name)):
        if "<" not in path and not path.startswith(
            ("saved_models/unet/2", "saved_models/unet_scan")
        ):
            assert (ROOT / path).exists(), path


def test_registries_in_contributing_exist():
    rows = re.findall(r"^\| [a-z ]+ \| (.*) \| (.*) \|$", read("CONTRIBUTING.md"), re.M)
    named = {name for row in rows for cell in row for name in re.findall(r"`([A-Z_]+)`", cell)}
    source = "\n".join(path.read_text("utf-8") for path in (ROOT / "colorkeras").rglob("*.py"))
    assert len(named) >= 12
    assert not [name for name in named if not re.search(rf"^{name}\b.* = ", source, re.M)]


@pytest.mark.parametrize("command", ["train", "evaluate", "colorize"])
def test_pipelines_run_their_command(command):
    assert f'main(command="{command}")' in read(f"pipelines/{command}.py")


@pytest.mark.parametrize("file", sorted((ROOT / "results").glob("*/metrics.json")))
def test_results_come_with_images(file):
    assert (file.parent / "samples.png").exists()
    assert json.loads(file.read_text(encoding="utf-8"))["model"]["git_commit"]


@pytest.mark.slow
def test_tutorial_runs(tmp_path):
    command = [sys.executable, str(ROOT / "tools" / "run_tutorial.py"), str(tmp_path)]
    subprocess.run(command, check=True, timeout=600)
    text = (tmp_path / "tutorial.md").read_text(encoding="utf-8")
    assert "epoch 2/2" in text and "'serving_default'" in text
    assert all((tmp_path / image).is_file() for image in re.findall(r"\]\((\w+\.png)\)", text))


def test_site_builds_without_warnings(tmp_path, monkeypatch):
    pytest.importorskip("mkdocs")
    monkeypatch.setenv("DOCS_TUTORIAL", "skip")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    loaded = re.compile(r"""<(?:script|link|img)[^>]+(?:src|href)=["']?(?:https?:)?//""")
    pages = list(tmp_path.rglob("*.html"))
    assert len(pages) > 15
    assert not [page.name for page in pages if loaded.search(page.read_text(encoding="utf-8"))]


@pytest.mark.parametrize(
    ("script", "name"),
    [("benchmarks/single_hints.py", "single_hints"), ("tools/training_curve.py", "photo_training")],
)
def test_study_pages_follow_their_records(script, name):
    page = runpy.run_path(str(ROOT / script))["page"]
    target = ROOT / "results" / "studies" / name
    record = json.loads(target.with_suffix(".json").read_text(encoding="utf-8"))
    assert target.with_suffix(".md").read_text(encoding="utf-8") == page(record)
