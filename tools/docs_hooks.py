"""MkDocs hooks that generate documentation pages from the code.

`mkdocs.yml` registers this file. The hooks run the tutorial, generate the "Command line" and
"Python API" pages, and add README.md, CONTRIBUTING.md, CHANGELOG.md and the images in `results/`.
For a quick preview without the tutorial's output, set DOCS_TUTORIAL=skip.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from mkdocs.structure.files import File

ROOT = Path(__file__).resolve().parents[1]
COPIED_PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
}
COPIED_RESULTS = ("*.png", "*.jpg", "photographs/*", "*/*.png", "studies/*")


def on_files(files, config):
    """Add the generated pages and the images they contain."""
    pages = {
        target: site_links((ROOT / source).read_text(encoding="utf-8"))
        for source, target in COPIED_PAGES.items()
    }
    pages |= {"commands.md": commands_page(), "api.md": api_page()}
    for uri, content in pages.items():
        files.append(File.generated(config, uri, content=content))
    for pattern in COPIED_RESULTS:
        for path in (ROOT / "results").glob(pattern):
            uri = path.relative_to(ROOT).as_posix()
            files.append(File.generated(config, uri, abs_src_path=str(path)))
    files.remove(files.get_file_from_path("tutorial.py"))
    for uri, content in tutorial_files().items():
        files.append(File.generated(config, uri, content=content))
    return files


def on_page_markdown(markdown, page, **_):
    """Redirect the links in a page of `docs/` to the corresponding pages and images of the site."""
    return site_links(markdown) if "/" not in page.file.src_uri else markdown


def on_page_content(html, page, **_):
    """Replace the internal names of functions on the API page with their public names."""
    if page.file.src_uri != "api.md":
        return html
    import colorkeras

    for name in colorkeras.__all__:
        defined = getattr(getattr(colorkeras, name), "__name__", name)
        html = html.replace(f">{defined}</span>", f">{name}</span>")
    return html


def site_links(markdown):
    """Redirect Markdown links to the site's pages and images.

    >>> site_links("[a](docs/export.md#onnx) ![b](../results/b.png) [c](../CHANGELOG.md)")
    '[a](export.md#onnx) ![b](results/b.png) [c](changelog.md)'
    """
    for source, target in COPIED_PAGES.items():
        markdown = re.sub(rf"\]\((\.\./)?{re.escape(source)}", f"]({target}", markdown)
    markdown = markdown.replace("](docs/tutorial.py)", "](tutorial.md)")
    return re.sub(r"\]\((?:docs/|\.\./(?=results/))", "](", markdown)


def commands_page():
    """Return the Markdown reference of all commands, generated from their parsers."""
    from colorkeras import cli

    parts = [
        "# Command line\n\nThis page is generated from the help texts of the commands, "
        "which `colorkeras COMMAND --help` also prints."
    ]
    for command in cli.COMMANDS:
        _, parser = cli.load_command(command)
        summary, _, rest = parser.description.strip().partition("\n")
        parts += [f"## {command}", summary]
        parts += map(_description, re.split(r"\n\s*\n", rest.strip("\n")))
        for group in parser._action_groups:
            actions = [action for action in group._group_actions if action.dest != "help"]
            if actions:
                rows = [_option_row(action, parser) for action in actions]
                header = ["| option | meaning |", "| --- | --- |"]
                if group.title not in ("positional arguments", "options"):
                    parts.append(f"**{group.title.capitalize()}**")
                parts.append("\n".join([*header, *rows]))
    return "\n\n".join(parts) + "\n"


def _description(block):
    """Convert a block of a parser's description to Markdown, preserving list layout."""
    first, *others = block.splitlines() or [""]
    is_list = not first.startswith(" ") and any(line.startswith(" ") for line in others)
    return f"```text\n{block}\n```" if is_list else block


def _option_row(action, parser):
    formatter = parser._get_formatter()
    names = ", ".join(action.option_strings)
    value = formatter._format_args(action, formatter._get_default_metavar_for_optional(action))
    call = f"{names} {value}".strip() if action.nargs != 0 else names
    text = formatter._expand_help(action) if action.help else ""
    cells = [f"`{call}`", " ".join(text.split())]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def api_page():
    """Return a Markdown page that documents the public API."""
    import colorkeras

    parts = ["# Python API\n\nThese names are public. Everything else may change without notice."]
    for name in sorted(colorkeras.__all__, key=str.lower):
        value = getattr(colorkeras, name)
        if isinstance(value, dict):
            keys = ", ".join(f"`{key}`" for key in value)
            parts.append(f"## colorkeras.{name} {{ data-toc-label={name} }}\n\nDict with {keys}.")
        if not callable(value):
            continue
        path = f"{value.__module__}.{value.__qualname__}"
        options = f"    options:\n      heading: colorkeras.{name}\n      toc_label: {name}"
        parts.append(f"::: {path}\n{options}")
    return "\n\n".join(parts) + "\n"


def tutorial_files():
    """Return the tutorial's page and images, as a dict from path on the site to content."""
    runner = [sys.executable, str(ROOT / "tools" / "run_tutorial.py")]
    if os.environ.get("DOCS_TUTORIAL") == "skip":
        runner.append("--skip-code")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([*runner, folder], check=True)
        return {
            path.name: path.read_text(encoding="utf-8")
            if path.suffix == ".md"
            else path.read_bytes()
            for path in Path(folder).iterdir()
        }
