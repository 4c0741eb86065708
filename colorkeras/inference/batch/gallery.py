"""HTML gallery: a single file that shows each image of a batch in gray and in color."""

import base64
import html
import io
import os
from pathlib import Path

from colorkeras.inference.batch.find import identity
from colorkeras.inference.batch.plan import RESULT_EXISTS
from colorkeras.inference.batch.report import FAILED
from colorkeras.inference.batch.sheets import tile
from colorkeras.utils.errors import UserError
from colorkeras.utils.files import atomic_write, printable, quoted, require_new, require_writable

_TILE_SIZE, _QUALITY = 1024, 80
"""Longer side of the embedded images in pixels, and their JPEG quality."""

_GENERATOR = '<meta name="generator" content="colorkeras gallery">'
"""Tag that identifies a file as a gallery, so that a later run may replace it."""

_HEAD = f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
{_GENERATOR}
<title>Colorized photographs</title>
<style>
:root {{ color-scheme: light dark; font: 1rem/1.4 system-ui, sans-serif; }}
body {{ max-width: 1400px; margin: 0 auto; padding: 1rem; }}
main {{ display: grid; gap: 1.5rem; align-items: start;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 320px), 1fr)); }}
figure {{ margin: 0; }}
figcaption {{ overflow-wrap: anywhere; }}
.pair {{ position: relative; --split: 50%; display: block; width: 100%; padding: 0; border: 0;
  background: none; }}
button.pair {{ cursor: zoom-in; }}
.pair img {{ display: block; width: 100%; height: auto; }}
.pair img + img {{ position: absolute; inset: 0; height: 100%;
  clip-path: inset(0 0 0 var(--split)); }}
input {{ display: block; width: 100%; margin: 0.25rem 0; }}
dialog {{ max-width: 100%; max-height: 100%; padding: 0; border: 0; }}
dialog::backdrop {{ background: rgb(0 0 0 / 80%); }}
dialog > div {{ padding: 0.5rem; width: min(96vw, (100vh - 8rem) * var(--ratio));
  box-sizing: border-box; }}
dialog p {{ display: flex; gap: 1rem; align-items: center; justify-content: space-between;
  margin: 0; overflow-wrap: anywhere; }}
dialog button:not(.pair) {{ font: inherit; padding: 0.25rem 0.75rem; }}
</style>
</head>
<body>
<h1>Colorized photographs</h1>
<p>The colors are plausible guesses, not the original colors.
Drag the sliders to compare. Select an image to enlarge it.</p>
<main>
"""

_FIGURE = """<figure>
<button class="pair" type="button" aria-label="Enlarge {name}">
<img src="{gray}" alt="{name} in gray" width="{width}" height="{height}">
<img src="{color}" alt="{name} in color" width="{width}" height="{height}">
</button>
<input type="range" value="50" aria-label="Divider between gray and color for {name}">
<figcaption>{name}{notes}</figcaption>
</figure>
"""

_TAIL = """<dialog>
<div>
<p><span></span> <button type="button" autofocus>Close</button></p>
</div>
</dialog>
<script>
const dialog = document.querySelector("dialog");
const large = dialog.querySelector("div");

const enlarge = (button) => {
  const pair = document.createElement("div");
  pair.className = "pair";
  pair.style.cssText = button.style.cssText;
  pair.append(...button.cloneNode(true).children);
  const [, original, caption] = button.parentElement.children;
  const slider = original.cloneNode();
  slider.value = original.value;
  const name = caption.firstChild.data;
  dialog.ariaLabel = name;
  large.querySelector("span").textContent = name;
  const { naturalWidth, naturalHeight } = button.firstElementChild;
  large.style.setProperty("--ratio", naturalWidth / naturalHeight);
  large.replaceChildren(pair, slider, large.querySelector("p"));
  dialog.showModal();
};

document.addEventListener("input", ({ target }) => {
  target.previousElementSibling.style.setProperty("--split", `${target.value}%`);
});
document.addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (button?.matches(".pair")) {
    enlarge(button);
  } else if (button || target === dialog) {
    dialog.close();
  }
});
</script>
</body>
</html>
"""


def check_gallery(path, planned, overwrite=False):
    """Check before a run that the gallery can be written.

    Args:
        path: Path to the HTML file.
        planned: `Plan` for the batch.
        overwrite: Whether to replace a file that is not a gallery. Galleries are always replaced.

    Raises:
        UserError: The file exists and is not a gallery, or it cannot be written.
    """
    path = Path(path)
    require_writable(path.parent, "--gallery")
    require_new([path], overwrite=True)
    is_other = os.path.lexists(path) and not (overwrite or _is_gallery(path))
    is_image = identity(path) in planned.identities
    if path.suffix.lower() not in (".html", ".htm") or is_image or is_other:
        raise UserError(
            f"--gallery {quoted(path)}" + ", an existing file that is not a gallery" * is_other,
            "a new file whose name ends in .html",
            "Pass a different --gallery.",
        )


def write_gallery(path, items, results, options):
    """Write a self-contained gallery.

    Args:
        path: HTML file to write.
        items: List of `BatchItem`.
        results: List of `FileResult`, one per item.
        options: `ColorizeOptions`.
    """
    notes_by_source = {
        result.source: result.notes for result in results if result.notes != [RESULT_EXISTS]
    }
    problems = [(result.source, result.error) for result in results if result.status == FAILED]
    one_folder = len({item.source.parent for item in items}) == 1
    with atomic_write(path) as temporary, temporary.open("w", encoding="utf-8") as stream:
        stream.write(_HEAD)
        for item in items:
            notes = notes_by_source.get(item.source, [])
            for number, target in enumerate(item.results, start=1):
                name = printable(item.source.name if one_folder else item.source)
                title = name if len(item.results) == 1 else f"{name}, variation {number}"
                try:
                    if target.exists():
                        stream.write(_figure(item.source, target, title, notes, options))
                except UserError as error:
                    problems.append((target, error))
        stream.write("</main>\n")
        if problems:
            stream.write("<h2>Not colorized</h2>\n<ul>\n")
        for source, error in problems:
            text = f"{printable(source)}: {error.received}. {error.fix}"
            stream.write(f"<li>{html.escape(text)}</li>\n")
        stream.write("</ul>\n" * bool(problems) + _TAIL)


def _figure(source, target, name, notes, options):
    gray = tile(source, options.max_megapixels, _TILE_SIZE, options.straighten)
    color = tile(target, options.max_megapixels, _TILE_SIZE)
    width, height = color.size
    if gray.size != color.size:  # Borders were cropped.
        gray = color
    return _FIGURE.format(
        name=html.escape(name, quote=True),
        notes="".join(f"<br><small>{html.escape(note)}</small>" for note in notes),
        gray=_embedded(gray.convert("L")),
        color=_embedded(color),
        width=width,
        height=height,
    )


def _embedded(image):
    """Encode an image as a JPEG file in a `data:` URL."""
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=_QUALITY)
    return f"data:image/jpeg;base64,{base64.b64encode(stream.getvalue()).decode()}"


def _is_gallery(path):
    try:
        with path.open(encoding="utf-8") as stream:
            return _GENERATOR in stream.read(1000)
    except (OSError, UnicodeDecodeError):
        return False
