"""Tests that tracked text is free of private vocabulary and unidiomatic phrases."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

EXEMPT = {
    "CHANGELOG.md",  # It lists the old names.
    "tests/test_style.py",
    "tools/migrate_json.py",  # It renames the old keys.
}

PROSE = (".py", ".md", ".cfg", ".toml", ".yml", ".txt", "Dockerfile", "run")

PHRASES = {
    "is said": r"\b(?:is|are|be|was|were) said\b",
    "is told": r"\b(?:is|are|be|was|were) told\b",
    "as it is": r"\bas it is\b",
    "by intent": r"\bby intent\b",
    "anew": r"\banew\b",
    "leave away": r"\b(?:leave|leaves|left|leaving)(?: (?:it|them|one|\S+|one of them))? away\b",
    "go on with": r"\b(?:go|goes|going|gone|went) on with\b",
    "makes of it": r"\b(?:make|makes|made) of (?:it|them)\b",
    "docstring that starts with Of": r'"""Of\b',
    "fragment that starts with Of": r"(?:^|[#\"'.:] )Of (?:a|the|several|sampling|what|models)\b",
    "how far versions stray": r"how far \w+ stray",
    "Missing, it is missed": r"Missing, it is",
    "strip by strip": r"\bstrip[ _-]by[ _-]strip\b",
    "come to, once": r"\bcomes? to, once\b",
}

WORDS = {
    "echo (grayscale baseline)": r"\becho(?:es|ed|ing)?\b(?! [\"'$])",
    "faithful (fidelity, accurate)": r"(?<!preset: )\bfaithful\b(?!\")",
    "alive (colorfulness)": r"(?<!variables )\balive\b",
    "plausible as a metric group (realism)": r"\bgroups? plausible\b|### plausible",
    "facts (run metadata)": r"\bfacts\b",
    "say= (log)": r"\bsay(?:=|\()",
    "leads (is_chief)": r"\bleads(?:=| =)|\b_?leads\(",
    "held (exit_stack)": r"\bheld(?:\.|\b as\b)|\bas held\b",
    "settle (resolve)": r"\bsettl(?:e|es|ed|ing)\b",
    "toning (color detection)": r"\btoning\b",
    "in order (ordered map)": r"\bin_order\b",
    "lead noise (integrate the ODE)": r"\b(?:lead|leads|leading|led) noise\b",
    "told class (ground-truth class)": r"\b(?:told|believed) class",
    "guide (velocity network)": r"\b(?:the|a|light) guide\b|\bguide[_(]",
    "average_decay (ema_decay)": r"\baverage_decay\b",
    "recipe (preset)": r"\brecipes?\b",
    "shipped (bundled)": r"\bshipped\b",
    "manifest (checksums)": r"(?<!provenance )\bmanifest\b",
    "renamed option": r"--(?:class-weight|steps|average-decay|warmup|mirror|early-stop|keep-last"
    r"|output rgb|output chroma|guidance|recipe|versions)(?![\w-])",
}


def tracked_files():
    """Return the tracked text files to check, as paths relative to the repository."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z"]
    listed = subprocess.run(command, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git clone")
    return [
        name
        for name in listed.stdout.split("\0")
        if name.endswith(PROSE) and name not in EXEMPT and (ROOT / name).is_file()
    ]


def hits(patterns):
    """Return `file:line: what: text` for each pattern match in tracked text."""
    compiled = {name: re.compile(pattern) for name, pattern in patterns.items()}
    found = []
    for file in tracked_files():
        lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines, start=1):
            for name, pattern in compiled.items():
                if pattern.search(line):
                    found.append(f"{file}:{number}: {name}: {line.strip()[:100]}")
    return found


@pytest.mark.parametrize(
    "text", ["what was not kept is said", "Leave it away.", '"""Of a flow."""', "goes on with it"]
)
def test_phrases_are_found(text):
    lowered = text[0].lower() + text[1:]
    assert any(
        re.search(pattern, words) for pattern in PHRASES.values() for words in (text, lowered)
    )


@pytest.mark.parametrize("patterns", [PHRASES, WORDS], ids=["phrases", "words"])
def test_text_is_plain_english(patterns):
    assert not hits(patterns)
