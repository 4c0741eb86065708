"""Tests that commands load only the libraries they need; each runs in a separate process."""

import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

SCRIPT = """
import sys
from colorkeras.cli import main
status = main(sys.argv[1:])
print("loaded", *sorted({name.partition(".")[0] for name in sys.modules}))
sys.exit(status)
"""


@pytest.mark.parametrize("model", ["unet", "unet_vivid"])
def test_colorize_does_not_load_tensorflow(model, tmp_path):
    levels = np.linspace(0, 255, 60 * 40).reshape(40, 60).astype(np.uint8)
    Image.fromarray(levels).save(tmp_path / "scan.png")
    # This variable would enable log messages from LiteRT and TensorFlow.
    environment = {name: os.environ[name] for name in os.environ if name != "TF_CPP_MIN_LOG_LEVEL"}
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT, "colorize", "scan.png", "--model", model],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    assert result.stderr.splitlines() == [f"Colorizing 'scan.png' with {model} ..."]
    printed, loaded = result.stdout.splitlines()
    assert printed == "scan_color.png"
    assert np.asarray(Image.open(tmp_path / "scan_color.png")).shape == (40, 60, 3)
    loaded = set(loaded.split())
    assert {"colorkeras", "ai_edge_litert"} <= loaded
    assert not loaded & {"tensorflow", "keras", "tensorflow_datasets", "matplotlib", "scipy"}
