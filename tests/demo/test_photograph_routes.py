"""Tests for uploads, previews, hints and uncertainty."""

import asyncio
import json

import numpy as np
import pytest
from demo.answers import image_of
from image_files import ramp
from PIL import Image

from colorkeras.color.spaces_numpy import rgb_to_chroma
from colorkeras.data import sample
from colorkeras.export.lite.lite_model import LiteModel

RED = "#a05050"


def color(client, photograph, **settings):
    return client.post(f"/api/photographs/{photograph['id']}/color", json=settings)


def get(client, photograph, name):
    return client.get(f"/api/photographs/{photograph['id']}/{name}")


def message_of(answer, status=422):
    assert answer.status_code == status and "message" in answer.json()
    return answer.json()["message"]


def test_uploads_are_limited_until_they_are_stored(upload, page, monkeypatch):
    page.uploads, prepare, states = asyncio.Semaphore(1), page.prepare, []

    def recording(photograph):
        states.append(page.uploads.locked())
        prepare(photograph)

    monkeypatch.setattr(page, "prepare", recording)
    upload()
    assert states == [True] and not page.uploads.locked()


def test_upload_and_color(client, upload, models, scan):
    photograph = upload()
    assert len(photograph.pop("id")) == 32
    assert photograph == {
        "name": "grandma.jpg",
        "width": 800,
        "height": 600,
        "preview_width": 800,
        "preview_height": 600,
        "pages": 1,
        "notes": [],
        "is_color": False,
        "is_toned": False,
        "has_truth": False,
    }
    photograph = upload()
    pixels = np.asarray(Image.open(scan))
    for name in ("gray.jpg", "original.jpg", "original.jpg?size=full"):
        shown = image_of(get(client, photograph, name))
        assert np.abs(shown - pixels[..., np.newaxis]).max() <= 12
    settings = {"model": "photo", "vividness": 0.8, "saturation": 1.5}
    answer = color(client, photograph, **settings)
    expected = models["photo"].colorize(pixels, vividness=0.8, saturation=1.5)
    assert np.abs(image_of(answer) - expected.astype(int)).mean() < 2
    assert answer.headers["x-limited-hints"] == "[]"
    assert "true colors" in message_of(get(client, photograph, "truth.jpg"), 404)


def test_large_photographs_have_small_previews(client, upload, tmp_path, models):
    Image.fromarray(ramp((1000, 2000))).save(tmp_path / "wide.png")
    photograph = upload(tmp_path / "wide.png")
    assert (photograph["preview_width"], photograph["preview_height"]) == (1400, 700)
    small, full = (image_of(color(client, photograph, size=size)) for size in ("preview", "full"))
    assert small.shape == (700, 1400, 3) and full.shape == (1000, 2000, 3)
    # The preview has the same colors as the full-size result.
    shrunk = Image.fromarray(full.astype(np.uint8)).resize((1400, 700))
    assert np.abs(small - np.asarray(shrunk).astype(int)).mean() < 2
    assert "size" in message_of(color(client, photograph, size="large"))


def test_hints_color_their_place(client, upload, tmp_path):
    Image.fromarray(ramp((1000, 2000))).save(tmp_path / "wide.png")
    photograph = upload(tmp_path / "wide.png")
    hint = {"x": 1000, "y": 500, "color": RED, "radius": 30}
    wanted = rgb_to_chroma(np.frombuffer(bytes.fromhex(RED[1:]), np.uint8) / np.float32(255))
    for size, scale in (("preview", 0.7), ("full", 1)):
        answer = color(client, photograph, hints=[hint], size=size)
        rows, columns = (
            slice(round((center - 12) * scale), round((center + 12) * scale))
            for center in (500, 1000)
        )
        chroma = rgb_to_chroma(image_of(answer)[rows, columns] / np.float32(255)).mean((0, 1))
        np.testing.assert_allclose(chroma, wanted, atol=5 / 255)
        assert answer.headers["x-limited-hints"] == "[]"


def test_impossible_hint_colors_are_reported(client, upload, tmp_path):
    Image.fromarray(np.full((100, 2000), 250, np.uint8)).save(tmp_path / "white.png")
    photograph = upload(tmp_path / "white.png")
    hints = [{"x": 100, "y": 50, "color": "#ffffff"}, {"x": 1500, "y": 50, "color": "#a00000"}]
    answer = color(client, photograph, hints=hints)
    [limited] = json.loads(answer.headers["x-limited-hints"])
    assert limited["index"] == 1 and limited["color"] > "#e00000" and limited["is_bright"]
    settings = {"hints": hints}
    answer = client.post(f"/api/photographs/{photograph['id']}/result", json={"settings": settings})
    assert answer.status_code == 200 and answer.headers["x-notes"] == "[]"


def test_hints_of_another_photograph_are_rejected(client, upload):
    photograph = upload()
    file = {"version": 1, "width": 640, "height": 480, "hints": [{"x": 1, "y": 1, "color": RED}]}
    assert "640x480" in message_of(color(client, photograph, hints=file))
    assert "outside" in message_of(
        color(client, photograph, hints=[{"x": 800, "y": 1, "color": RED}])
    )
    file |= {"width": 800, "height": 600}
    assert color(client, photograph, hints=file).status_code == 200


def test_variations_differ_and_can_be_repeated(client, upload):
    photograph = upload()
    first, second, again = (
        image_of(color(client, photograph, variation=number)) for number in (1, 2, 1)
    )
    assert (first == again).all() and np.abs(first - second).mean() > 1
    vivid = [
        image_of(color(client, photograph, model="unet_vivid", variation=number))
        for number in (0, 1, 0)
    ]
    assert (vivid[0] == vivid[2]).all() and np.abs(vivid[0] - vivid[1]).mean() > 0.5


def test_uncertainty(client, upload, models, scan):
    photograph = upload()
    address = f"/api/photographs/{photograph['id']}/uncertainty"
    overlay = image_of(client.post(address, json={}))
    model = models["photo"]
    grayscale = model.network_input(np.asarray(Image.open(scan)))
    deviation = model.exported.standard_deviation(grayscale)[0, ..., 0]
    expected = 255 * 0.85 * np.clip(deviation / 0.15, 0, 1)
    np.testing.assert_allclose(overlay[..., 3], expected, atol=1)
    answer = client.post(address, json={"model": "unet"})
    assert "unet" in message_of(answer)


def test_likely_colors(client, upload, models, scan):
    photograph = upload()
    address = f"/api/photographs/{photograph['id']}/likely_colors"
    model = models["photo"]
    grayscale = model.network_input(np.asarray(Image.open(scan)))
    assert grayscale.shape[1:3] == (192, 256)
    places = [(0, 0, 0, 0), (400, 300, 128, 96), (799, 599, 255, 191), (799.9, 599.9, 255, 191)]
    for x, y, column, row in places:
        colors = client.post(address, json={"x": x, "y": y}).json()["colors"]
        expected, shares = model.exported.color_distribution(grayscale, [[[column, row]]])
        assert [each["color"] for each in colors] == [
            f"#{bytes(color).hex()}" for color in expected[0, 0]
        ]
        np.testing.assert_allclose(
            [each["probability"] for each in colors], shares[0, 0], atol=1e-3
        )
        assert len(colors) == 5
    for place in ({"x": 800, "y": 0}, {"x": -1, "y": 0}, {"x": 1}, {"x": "1", "y": 1}):
        assert message_of(client.post(address, json=place))
    assert "unet" in message_of(client.post(address, json={"x": 1, "y": 1, "model": "unet"}))


def test_likely_colors_are_prepared_after_the_first_preview(client, upload, models, monkeypatch):
    prepared = []
    monkeypatch.setattr(LiteModel, "prepare_distribution", lambda model: prepared.append(model))
    color(client, upload(), model="photo")
    [model] = prepared
    assert model is models["photo"].exported


def test_examples(client):
    _, title = sample.photographs()[1]
    examples = client.get("/api/info").json()["examples"]
    assert examples[1] == {"id": "cat", "title": title, "url": "/api/examples/cat.jpg"}
    thumbnail = image_of(client.get(examples[1]["url"]))
    assert max(thumbnail.shape[:2]) == 320 and np.ptp(thumbnail, axis=-1).max() == 0
    assert message_of(client.get("/api/examples/dog.jpg"), 404)
    answer = client.post("/api/photographs", json={"example": "cat"})
    photograph = answer.json()
    assert answer.status_code == 201 and photograph["has_truth"] and not photograph["is_color"]
    original, truth = (
        image_of(get(client, photograph, name)) for name in ("original.jpg", "truth.jpg")
    )
    assert np.ptp(original, axis=-1).max() == 0 and np.ptp(truth, axis=-1).max() > 50
    for example in ("dog", None, 3, ["cat"], "http://example.com/a.jpg", "../cat"):
        assert message_of(client.post("/api/photographs", json={"example": example}))


def test_photographs_in_color_and_sepia_are_reported(client, upload, tmp_path):
    gray = ramp((300, 400)).astype(int)
    sepia = np.clip(np.stack([gray + 25, gray, gray - 30], axis=-1), 0, 255)
    Image.fromarray(sepia.astype(np.uint8)).save(tmp_path / "sepia.png")
    toned = upload(tmp_path / "sepia.png")
    assert toned["is_toned"] and not toned["is_color"] and not toned["has_truth"]
    kept = image_of(color(client, toned, saturation=0, keep_tone=True))
    assert np.abs(kept - sepia).mean() < 4
    plain = image_of(color(client, toned, saturation=0))
    assert np.ptp(plain, axis=-1).mean() < 3
    path, _ = sample.photographs()[0]
    colored = upload(path)
    assert colored["is_color"] and colored["has_truth"] and not colored["is_toned"]
    assert np.ptp(image_of(get(client, colored, "gray.jpg")), axis=-1).max() == 0
    same = [image_of(get(client, colored, name)) for name in ("truth.jpg", "original.jpg")]
    assert (same[0] == same[1]).all()


def test_faded_photographs_with_paper_borders(client, upload, models, tmp_path):
    faded = np.full((300, 400), 235, np.uint8)
    faded[20:-20, 20:-20] = 90 + ramp((260, 360)) // 4
    Image.fromarray(faded).save(tmp_path / "faded.png")
    photograph = upload(tmp_path / "faded.png")
    settings = {"auto_contrast": True, "neutral_borders": True}
    expected = models["photo"].colorize(faded, **settings).astype(int)
    for size in ("preview", "full"):
        shown = image_of(color(client, photograph, size=size, **settings))
        assert np.abs(shown - expected).mean() < 2
        assert np.ptp(shown[:15], axis=-1).max() < 6
    plain = image_of(color(client, photograph))
    assert np.abs(plain - models["photo"].colorize(faded).astype(int)).mean() < 2
    assert np.ptp(shown[30:-30, 30:-30].mean(-1)) > 1.5 * np.ptp(plain[30:-30, 30:-30].mean(-1))


def test_compare(client, upload, models):
    photograph = upload()
    items = client.post(f"/api/photographs/{photograph['id']}/compare").json()["items"]
    assert [item["title"] for item in items] == ["gray", *models]
    assert [item["model"] for item in items] == [None, *models]
    shown = [image_of(client.get(item["url"])) for item in items]
    assert {image.shape for image in shown} == {(600, 800, 3)}
    expected = image_of(color(client, photograph, model="unet"))
    assert (shown[2] == expected).all()
    example = client.post("/api/photographs", json={"example": "cat"}).json()
    items = client.post(f"/api/photographs/{example['id']}/compare").json()["items"]
    assert items[-1]["title"] == "true colors"
    assert message_of(get(client, photograph, "compare/9.jpg"), 404)


@pytest.mark.parametrize(
    ("name", "reason", "status"),
    [
        ("text.jpg", "not in a supported image format", 422),
        ("empty.jpg", "an empty file", 422),
        ("large.png", "at most 4 megapixels", 422),
        ("cut.png", "cannot be read", 422),
        ("heavy.png", "3.1 megabytes", 413),
        ("book.tif", "at most 50 pages", 422),
    ],
)
def test_bad_files_get_a_sentence(name, reason, status, upload, bad_files, page):
    message = upload(bad_files / name, status)["message"]
    assert reason in message and message.endswith(".")
    assert not any(word in message for word in ("--", "pip", str(bad_files), "Received"))
    # Nothing remains on the server.
    assert not list((page.results.parent / "photographs").glob("*"))


def test_first_frame_of_an_animation_is_colored_with_a_note(upload, tmp_path):
    frames = [Image.fromarray(ramp((20, 20)) // n) for n in (1, 2)]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    [note] = upload(tmp_path / "moving.gif")["notes"]
    assert note == "Only the first of 2 images in the file was colorized."


def test_files_of_several_pages_take_no_hints(client, upload, tmp_path):
    pages = [Image.fromarray(ramp((20, 30)) // n) for n in (1, 2, 3)]
    pages[0].save(tmp_path / "album.tif", save_all=True, append_images=pages[1:])
    album = upload(tmp_path / "album.tif")
    assert album["pages"] == 3
    hints = [{"x": 1, "y": 1, "color": RED}]
    assert "a single page" in message_of(color(client, album, hints=hints))


def test_deleted_photographs_are_gone(client, upload, page):
    photograph, other = upload(), upload()
    address = f"/api/photographs/{photograph['id']}"
    for _ in range(2):
        assert client.delete(address).status_code == 204
    answer = get(client, photograph, "gray.jpg")
    assert "add it again" in message_of(answer, 404) and answer.json()["gone"]
    for name in ("color", "uncertainty", "compare", "result"):
        assert client.post(f"{address}/{name}", json={}).json()["gone"]
    ids = [photograph["id"], other["id"]]
    answer = client.post("/api/keep_alive", json={"ids": ids})
    assert answer.json() == {"gone": [photograph["id"]]}
    [folder] = (page.results.parent / "photographs").iterdir()
    assert folder.name == other["id"]
    assert message_of(client.post("/api/keep_alive", json={"ids": "a"}), 400)


@pytest.mark.parametrize("body", [b"\xff", b"{", b"[" * 100_000, b"0", b"[]", b"null"])
def test_unreadable_bodies_are_rejected(body, client, upload):
    address = f"/api/photographs/{upload()['id']}/color"
    answer = client.post(address, content=body, headers={"content-type": "application/json"})
    assert message_of(answer, 400) == "The request must be a JSON object."


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"data": {"file": "text"}}, "no file"),
        ({"files": {"other": ("a.jpg", b"x")}}, "no file"),
        ({"content": b"x"}, "no file"),
        ({"content": b"x", "headers": {"content-type": "multipart/form-data"}}, ""),
    ],
)
def test_uploads_without_a_file_are_rejected(form, message, client):
    answer = client.post("/api/photographs", **form)
    assert message in message_of(answer, answer.status_code) and answer.status_code in (400, 422)


def test_invalid_tickets_are_rejected(client, upload):
    photograph = upload()
    address = f"/api/photographs/{photograph['id']}/color"
    for ticket, status in (("short", 400), ("a b c d e f", 400), ("0123456789-abc", 200)):
        answer = client.post(address, json={}, headers={"x-ticket": ticket})
        assert answer.status_code == status
    state = client.get("/api/queue/0123456789-abc").json()
    assert state == {"state": "working", "ahead": 0, "done": 0, "total": 1}
