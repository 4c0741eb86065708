"""Run a tutorial script and convert it to Markdown with its output and figures.

    python tools/run_tutorial.py build/tutorial

Top-level strings in the script become text, and the code between them becomes code cells. Each code
cell is followed by its output and figures.
"""

import argparse
import ast
import contextlib
import io
import os
import re
import tempfile
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[1] / "docs" / "tutorial.py"


def cells(source):
    """Split a script into a list of (kind, content), where kind is "text" or "code".

    >>> cells("'''Text.'''\\na = 1\\nprint(a)\\n'More.'")
    [('text', 'Text.'), ('code', 'a = 1\\nprint(a)'), ('text', 'More.')]
    """
    lines, parts, start = source.splitlines(), [], 0

    def add_code(end):
        code = "\n".join(lines[start:end]).strip()
        if code:
            parts.append(("code", code))

    for node in ast.parse(source).body:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            add_code(node.lineno - 1)
            parts.append(("text", node.value.value.strip()))
            start = node.end_lineno
    add_code(len(lines))
    return parts


def run(source, folder):
    """Execute the cells in a shared namespace, write figures to `folder`, and return Markdown."""
    import matplotlib.pyplot as plt

    plt.show = lambda: None
    namespace, markdown, num_figures = {"__name__": "__main__"}, [], 0
    # Use one stream for all cells, because log handlers keep the stream they were created with.
    printed = io.StringIO()
    for kind, content in cells(source):
        if kind == "text":
            markdown.append(content)
            continue
        start = len(printed.getvalue())
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            exec(compile(content, str(SCRIPT), "exec"), namespace)
        markdown.append(f"```python\n{content}\n```")
        if output := _plain(printed.getvalue()[start:]):
            markdown.append(f"```text\n{output}\n```")
        for number in plt.get_fignums():
            num_figures += 1
            name = f"tutorial_{num_figures}.png"
            plt.figure(number).savefig(Path(folder, name), dpi=100, bbox_inches="tight")
            markdown.append(f"![Figure {num_figures}]({name})")
        plt.close("all")
    return "\n\n".join(markdown) + "\n"


def _plain(output):
    """Remove terminal colors and lines that a progress bar overwrote."""
    output = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", output)
    lines = (line.rstrip("\r").rpartition("\r")[2].rstrip() for line in output.split("\n"))
    return "\n".join(lines).strip("\n")


def main():
    """Write `tutorial.md` and its figures to the folder given on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="folder for tutorial.md and its figures")
    parser.add_argument("--skip-code", action="store_true", help="show the code without running it")
    options = parser.parse_args()
    folder = options.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    source = SCRIPT.read_text(encoding="utf-8")
    if options.skip_code:
        parts = cells(source)
        texts = [text if kind == "text" else f"```python\n{text}\n```" for kind, text in parts]
        markdown = "\n\n".join(texts) + "\n"
    else:
        os.environ.setdefault("MPLBACKEND", "agg")
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        with tempfile.TemporaryDirectory() as scratch, contextlib.chdir(scratch):
            markdown = run(source, folder)
    (folder / "tutorial.md").write_text(markdown, encoding="utf-8")


if __name__ == "__main__":
    main()
