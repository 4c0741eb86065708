"""Tests for full-size files, zip archives and the API."""

import io
import json
import re
import shutil
import subprocess
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("starlette", reason="Starlette is not installed: pip install -e '.[demo]'")

from demo.answers import image_of
from image_files import ramp
from PIL import ExifTags, Image

from colorkeras import image_io
from colorkeras.demo import downloads

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "demo.md"

HINT = {"x": 100, "y": 100, "color": "#a05050"}


def result(client, photograph, **content):
    return client.post(f"/api/photographs/{photograph['id']}/result", json=content)


def name_of(answer):
    """Return the file name of an attachment."""
    assert answer.status_code == 200, answer.text
    kind, _, name = answer.headers["content-disposition"].partition("; filename=")
    assert kind == "attachment"
    return name.strip('"')


def names_in(answer):
    assert answer.status_code == 200, answer.text
    return zipfile.ZipFile(io.BytesIO(answer.content)).namelist()


def test_result_is_that_of_the_command(client, upload, models, scan, tmp_path, page):
    answer = result(client, upload(), settings={"model": "photo", "vividness": 0.9})
    assert name_of(answer) == "grandma_color.jpg"
    path = tmp_path / "result.jpg"
    path.write_bytes(answer.content)
    with image_io.open_image(path) as contents:
        [colored] = contents.pages
    expected = models["photo"].colorize(np.asarray(Image.open(scan)), vividness=0.9)
    # Equal up to JPEG compression errors.
    assert np.abs(colored.pixels.astype(int) - expected.astype(int)).mean() < 1.5
    with Image.open(path) as image:
        exif = image.getexif()
        assert exif[ExifTags.Base.Make] == "Leica"
        assert "vividness 0.9" in exif[ExifTags.Base.Software]
    # The file is deleted after it has been sent.
    assert not list(page.results.iterdir())


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ({"settings": {"variation": 2}}, "grandma_color_3.jpg"),
        ({"format": ".png"}, "grandma_color.png"),
        ({"side_by_side": True}, "grandma_color_side_by_side.jpg"),
        ({"settings": {"model": "unet_vivid", "variation": 1}}, "grandma_color_2.jpg"),
        ({"settings": {"hints": [HINT]}}, "grandma_color.jpg"),
    ],
)
def test_names_of_results(content, name, client, upload):
    answer = result(client, upload(), **content)
    assert name_of(answer) == name
    width = image_of(answer).shape[1]
    assert width == 800 if "side_by_side" not in name else width > 1600


def test_file_names_with_any_characters(client, upload, scan, tmp_path):
    answer = result(client, upload(shutil.copy(scan, tmp_path / "Käthe's «Foto».jpg")))
    assert answer.headers["content-disposition"].startswith("attachment; filename*=utf-8''K%C3%A4")


@pytest.mark.parametrize(
    "content",
    [
        {"format": ".exe"},
        {"format": 1},
        {"settings": "text"},
        {"settings": {"model": "nounet"}},
        {"settings": {"hints": [{**HINT, "x": 800}]}},
    ],
)
def test_bad_results(content, client, upload, page):
    answer = result(client, upload(), **content)
    assert answer.status_code == 422 and answer.json()["message"].startswith("The page cannot use")
    assert not list(page.results.iterdir())


def test_notes_have_no_advice_on_options(client, upload, tmp_path):
    gray = ramp((300, 400)).astype(int)
    sepia = np.clip(np.stack([gray + 25, gray, gray - 30], axis=-1), 0, 255)
    Image.fromarray(sepia.astype(np.uint8)).save(tmp_path / "sepia.png")
    answer = result(client, upload(tmp_path / "sepia.png"))
    assert json.loads(answer.headers["x-notes"]) == ["It had a sepia tone."]


def test_all_pages_are_colored(client, upload, tmp_path):
    pages = [Image.fromarray(ramp((60, 80)) // n) for n in (1, 2, 3)]
    pages[0].save(tmp_path / "album.tif", save_all=True, append_images=pages[1:])
    answer = result(client, upload(tmp_path / "album.tif"))
    assert name_of(answer) == "album_color.tif"
    with Image.open(io.BytesIO(answer.content)) as image:
        assert image.n_frames == 3


def test_zip(client, upload, page):
    first, second = upload(), upload()
    items = [
        {"id": first["id"], "settings": {"vividness": 0.2}},
        {"id": second["id"], "settings": {"variation": 1}},
        {"id": second["id"]},
        {"id": "unknown"},
        {"id": first["id"], "settings": {"model": "nounet"}},
    ]
    ticket = {"x-ticket": "0123456789"}
    answer = client.post("/api/zip", json={"items": items}, headers=ticket)
    assert name_of(answer) == "photographs_color.zip" and answer.headers["x-failed"] == "2"
    expected = ["grandma_color.jpg", "grandma_color_2.jpg", "grandma_color (2).jpg"]
    assert names_in(answer) == [*expected, "not colored.txt"]
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    reasons = archive.read("not colored.txt").decode().splitlines()
    assert "no longer on the server" in reasons[0] and "nounet" in reasons[1]
    alone = result(client, first, settings={"vividness": 0.2})
    assert archive.read(expected[0]) == alone.content
    state = client.get("/api/queue/0123456789").json()
    assert (state["state"], state["done"], state["total"]) == ("working", 5, 5)
    assert not list(page.results.iterdir())


@pytest.mark.parametrize(
    ("items", "reason"),
    [
        ([], "1 to 200"),
        (None, "1 to 200"),
        ([{}] * 201, "1 to 200"),
        (["a"], "must be a list"),
        ([{"id": "unknown"}], "no longer on the server"),
        ([{"id": ["a"]}], "no longer on the server"),
    ],
)
def test_bad_zips(items, reason, client, page):
    answer = client.post("/api/zip", json={"items": items})
    assert answer.status_code in (400, 422) and reason in answer.json()["message"]
    assert not list(page.results.iterdir())


def test_zips_are_limited(client, upload, monkeypatch):
    monkeypatch.setattr(downloads, "MAX_ZIP_BYTES", 1000)
    answer = client.post("/api/zip", json={"items": [{"id": upload()["id"]}] * 3})
    assert names_in(answer) == ["grandma_color.jpg", "not colored.txt"]
    assert answer.headers["x-failed"] == "2"
    reasons = zipfile.ZipFile(io.BytesIO(answer.content)).read("not colored.txt").decode()
    assert reasons.count("grandma.jpg: The zip file is full") == 2


def test_zips_are_created_one_at_a_time(client, upload, monkeypatch):
    color_to, order = downloads.color_to, []

    def recording(page, source, wanted, *others):
        order.append(wanted.settings.saturation)
        return color_to(page, source, wanted, *others)

    monkeypatch.setattr(downloads, "color_to", recording)
    name = upload()["id"]

    def create(saturation):
        items = [{"id": name, "settings": {"saturation": saturation}}] * 3
        return client.post("/api/zip", json={"items": items}).status_code

    with ThreadPoolExecutor(2) as visitors:
        assert list(visitors.map(create, (1, 2))) == [200, 200]
    assert order in ([1, 1, 1, 2, 2, 2], [2, 2, 2, 1, 1, 1])


def test_all_results_together_are_limited(client, upload, scan, page, monkeypatch):
    photograph = upload()
    monkeypatch.setattr(downloads, "MAX_RESULT_BYTES", 1000)
    assert result(client, photograph).status_code == 200
    being_sent = page.results / "other"
    being_sent.mkdir()
    (being_sent / "large.jpg").write_bytes(b"x" * 1000)
    for answer in (result(client, photograph), call(client, scan)):
        assert answer.status_code == 503 and answer.json()["busy"]
        assert "try again in a minute" in answer.json()["message"]
    assert list(page.results.iterdir()) == [being_sent]


def call(client, path, headers=None, **fields):
    with path.open("rb") as stream:
        files = {"file": (path.name, stream)}
        return client.post("/api/colorize", files=files, data=fields, headers=headers)


def test_api(client, scan, models, page):
    hints = json.dumps([HINT])
    answer = call(client, scan, model="unet", saturation="1.2")
    assert name_of(answer) == "grandma_color.jpg"
    expected = models["unet"].colorize(np.asarray(Image.open(scan)), saturation=1.2)
    assert np.abs(image_of(answer) - expected.astype(int)).mean() < 1.5
    assert image_of(call(client, scan, hints=hints, vividness="0.3")).shape == (600, 800, 3)
    assert name_of(call(client, scan, seed="4")) == "grandma_color_5.jpg"
    answer = call(client, scan, {"x-ticket": "0123456789"}, seed="1", variations="2")
    assert name_of(answer) == "grandma_variations.zip"
    state = client.get("/api/queue/0123456789").json()
    assert (state["state"], state["done"], state["total"]) == ("working", 2, 2)
    assert names_in(answer) == ["grandma_color_2.jpg", "grandma_color_3.jpg"]
    # Nothing is kept.
    assert not list(page.results.iterdir())
    assert not (page.results.parent / "photographs").exists()


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"model": "nounet"}, "nounet"),
        ({"saturation": "-1"}, "saturation"),
        ({"seed": "-1"}, "variation"),
        ({"seed": "x"}, "seed 'x'"),
        ({"variations": "21"}, "1 to 20"),
        ({"variations": "[1]"}, "1 to 20"),
        ({"variations": "2", "model": "unet"}, "2 variations"),
        ({"hints": "[1]"}, "hints"),
        ({"hints": "[" * 5000}, "hints"),
        ({"unknown": "1"}, "unknown"),
    ],
)
def test_bad_api_calls(fields, reason, client, scan, page):
    answer = call(client, scan, **fields)
    assert answer.status_code == 422 and reason in answer.json()["message"]
    assert not list(page.results.iterdir())


def test_variations_of_the_api_are_limited(client, scan, page, monkeypatch):
    monkeypatch.setattr(downloads, "MAX_ZIP_BYTES", 1000)
    answer = call(client, scan, variations="2")
    assert answer.status_code == 422 and "fewer variations" in answer.json()["message"]
    assert not list(page.results.iterdir())
    assert call(client, scan).status_code == 200


@pytest.mark.parametrize("word", ["photo", "http://example.com/a.jpg", "/etc/passwd"])
def test_api_takes_only_uploaded_files(word, client):
    answer = client.post("/api/colorize", data={"file": word})
    assert answer.status_code in (400, 422)
    answer = client.post("/api/colorize", json={"file": word})
    assert answer.status_code in (400, 422)


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_documented_curl_command(server, scan, tmp_path):
    text = DOCUMENTATION.read_text(encoding="utf-8")
    lines = re.search(r"```\n(curl.*?)```", text, re.DOTALL)[1]
    assert "http://127.0.0.1:7860" in lines
    shutil.copy(scan, tmp_path / "scan.jpg")
    command = lines.replace("http://127.0.0.1:7860", server)
    subprocess.run(["bash", "-euc", command], cwd=tmp_path, check=True, timeout=60)
    with Image.open(tmp_path / "color.jpg") as image:
        assert image.size == (800, 600) and image.mode == "RGB"
