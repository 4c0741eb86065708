"""Tests for the code structure: layers, import cycles, sizes and names."""

import ast
import graphlib
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import grimp
import pytest

REPOSITORY = Path(__file__).resolve().parents[1]

PACKAGE = REPOSITORY / "colorkeras"

MAX_TOP_ENTRIES = 14

MAX_LINES_MODULE, MAX_LINES_FUNCTION, MAX_PARAMETERS = 300, 60, 7

MAX_LINES_README = 150


def modules():
    """Return the paths of all modules in the package, relative to the repository."""
    return [path.relative_to(REPOSITORY) for path in sorted(PACKAGE.rglob("*.py"))]


def num_lines(path):
    return len((REPOSITORY / path).read_text(encoding="utf-8").splitlines())


def functions():
    """Yield (path, definition, whether it is a method) for each function in the package."""
    for path in modules():
        tree = ast.parse((REPOSITORY / path).read_text(encoding="utf-8"))
        methods = {
            member
            for node in ast.walk(tree)
            if isinstance(node, ast.ClassDef)
            for member in node.body
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield path, node, node in methods


def num_parameters(function, is_method):
    arguments = function.args
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    has_self = is_method and not any(
        isinstance(decorator, ast.Name) and decorator.id == "staticmethod"
        for decorator in function.decorator_list
    )
    return len(named) + bool(arguments.vararg) + bool(arguments.kwarg) - has_self


def crowded_top():
    ignored = {"__init__.py", "__main__.py", "py.typed", "__pycache__"}
    entries = [path.name for path in PACKAGE.iterdir() if path.name not in ignored]
    return entries if len(entries) > MAX_TOP_ENTRIES else []


def long_modules():
    lines = {path: num_lines(path) for path in modules()}
    return [f"{path}: {count}" for path, count in lines.items() if count > MAX_LINES_MODULE]


def long_functions():
    lengths = (
        (path, function.name, function.end_lineno - function.lineno + 1)
        for path, function, _ in functions()
    )
    return [f"{path}: {name}: {n}" for path, name, n in lengths if n > MAX_LINES_FUNCTION]


def functions_of_many_parameters():
    counts = (
        (path, function.name, num_parameters(function, is_method))
        for path, function, is_method in functions()
    )
    return [f"{path}: {name}: {n}" for path, name, n in counts if n > MAX_PARAMETERS]


def shared_names():
    folders = defaultdict(set)
    for path in modules():
        if not path.stem.startswith("__"):
            folders[path.stem].add(str(path.parent.relative_to("colorkeras")))
    return [
        f"{name}: {', '.join(sorted(where))}" for name, where in folders.items() if len(where) > 1
    ]


def long_readme():
    lines = num_lines("README.md")
    return [f"{lines} lines"] if lines > MAX_LINES_README else []


def import_cycles():
    graph = grimp.build_graph("colorkeras", cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    try:
        graphlib.TopologicalSorter(imports).prepare()
    except graphlib.CycleError as error:
        return [" <- ".join(error.args[1])]
    return []


LIMITS = [
    crowded_top,
    long_modules,
    long_functions,
    functions_of_many_parameters,
    shared_names,
    long_readme,
    import_cycles,
]


@pytest.mark.parametrize("exceeding", LIMITS, ids=lambda limit: limit.__name__)
def test_limits(exceeding):
    assert not exceeding()


def test_packages_import_only_those_below_them():
    command = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    result = subprocess.run(
        [sys.executable, "-c", command, "--no-cache"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stdout
