"""Actions and checks on the page in a browser."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

WINDOWS = {
    "desktop": {"viewport": {"width": 1400, "height": 900}},
    "phone": {
        "viewport": {"width": 390, "height": 844},
        "device_scale_factor": 2,
        "is_mobile": True,
        "has_touch": True,
    },
}
"""Browser context options by window name."""

_DROP = """([files, selector]) => {
    const transfer = new DataTransfer();
    for (const [name, content] of files) {
        const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
        transfer.items.add(new File([bytes], name));
    }
    const place = document.querySelector(selector);
    for (const type of ["dragenter", "dragover", "drop"]) {
        place.dispatchEvent(new DragEvent(type, {dataTransfer: transfer, bubbles: true}));
    }
}"""

_LAYER = """(name) => {
    const image = document.getElementById("layer-" + name);
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
    canvas.getContext("2d").drawImage(image, 0, 0);
    return canvas.toDataURL("image/png").split(",")[1];
}"""


def all_windows(test):
    """Run a test that uses the `tab` fixture in both windows and both color schemes."""
    combinations = [(window, scheme) for window in WINDOWS for scheme in ("light", "dark")]
    return pytest.mark.parametrize("tab", combinations, ids="-".join, indirect=True)(test)


def drop(tab, paths, selector="#color"):
    """Drop files onto an element."""
    files = [(path.name, base64.b64encode(path.read_bytes()).decode()) for path in paths]
    tab.evaluate(_DROP, [files, selector])


def color(tab, path):
    """Drop a photograph on the page and wait until it is shown in color."""
    drop(tab, [path])
    tab.wait_for_selector(f"#photograph-name:text-is('{path.name}')")
    tab.wait_for_selector("#layer-color[src]:visible")


def source(tab):
    return tab.get_attribute("#layer-color", "src")


def wait_for_another(tab, before):
    """Wait until a new preview is shown."""
    tab.wait_for_selector(f"#layer-color:not([src='{before}'])")


def layer(tab, name="color"):
    """Return the pixels of one of the photograph's layers, int `[h, w, 3]`."""
    with Image.open(io.BytesIO(base64.b64decode(tab.evaluate(_LAYER, name)))) as image:
        return np.asarray(image.convert("RGB")).astype(int)


def chroma(pixels):
    """Return the mean difference between the largest and smallest component."""
    return np.ptp(pixels, axis=-1).mean()


def press_photograph(tab, x, y):
    """Click or tap a position in the photograph, given as fractions of its width and height."""
    box = tab.locator("#surface").bounding_box()
    tab.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])


def middle(tab, selector):
    """Return an element's center in window coordinates."""
    box = tab.locator(selector).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def around(pixels, x, y, radius=4):
    """Return the mean color around a position, given as fractions of the width and height."""
    height, width = pixels.shape[:2]
    row, column = int(y * height), int(x * width)
    part = pixels[row - radius : row + radius, column - radius : column + radius]
    return part.mean(axis=(0, 1))


def overlap(tab, selector, other):
    """Return whether two elements overlap."""
    first, second = (tab.locator(name).bounding_box() for name in (selector, other))
    return all(
        first[start] < second[start] + second[length]
        and second[start] < first[start] + first[length]
        for start, length in (("x", "width"), ("y", "height"))
    )


def is_in_view(tab, selector):
    """Return whether an element is entirely inside the window without scrolling."""
    box = tab.locator(selector).first.bounding_box()
    size = tab.viewport_size
    return (
        box["x"] >= 0
        and box["y"] >= 0
        and box["x"] + box["width"] <= size["width"]
        and box["y"] + box["height"] <= size["height"]
        and tab.evaluate("scrollY") == 0
    )


def download(tab, selector, folder):
    """Click a button and return the path of the downloaded file."""
    with tab.expect_download() as waiting:
        tab.click(selector)
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path
