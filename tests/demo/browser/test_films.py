"""Tests for films in a browser."""

import numpy as np
import pytest
from demo.browser.actions import (
    all_windows,
    around,
    color,
    download,
    drop,
    is_in_view,
    layer,
    press_photograph,
    source,
    wait_for_another,
)
from video.films import FilmWriter, av, moving_bars, packets_of
from video.test_bad_films import encrypted, sound_only, text, without_index

PLACE = (0.5, 0.5)


def show_film(tab, path):
    """Drop a film on the page and wait until all of its scenes are shown in color."""
    drop(tab, [path])
    tab.wait_for_selector(f"#photograph-name:text-is('{path.name}')")
    tab.wait_for_selector("#scenes li:last-child img")
    tab.wait_for_selector("#layer-color[src]:visible")


def select_scene(tab, number):
    tab.click(f"#scenes button >> nth={number - 1}")
    tab.wait_for_selector(f"#scenes li:nth-child({number}) [aria-pressed=true]")
    tab.wait_for_selector("#layer-color[src]:visible")


def place_blue_hint(tab):
    press_photograph(tab, *PLACE)
    before = source(tab)
    tab.click("#palette [aria-label=blue]")
    wait_for_another(tab, before)
    tab.click("#close-colors")


def middles_of(path):
    """Return the colors in the middle of all frames of a film, float `[n, 3]`."""
    with av.open(str(path)) as film:
        frames = [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
    return np.stack([around(frame, *PLACE) for frame in frames])


@all_windows
def test_scene_with_a_hint_is_previewed_and_downloaded(tab, short_film, check, tmp_path):
    show_film(tab, short_film)
    assert tab.locator("#scenes button").count() == 2
    assert tab.get_attribute("#scenes button >> nth=0", "aria-pressed") == "true"
    for important in ("#layer-color", "#scenes li", "#vividness", "#preview-film", "#download"):
        assert is_in_view(tab, important), important
    assert not tab.is_visible("#side-by-side") and not tab.is_visible("#variations-group")
    select_scene(tab, 2)
    assert "scene 2 of 2" in tab.inner_text("#photograph-details")
    place_blue_hint(tab)
    check(tab)
    tab.click("#preview-film")
    tab.wait_for_selector("#film-preview:visible")
    tab.wait_for_function("() => document.getElementById('film-preview').currentTime > 0")
    state = "(video) => [video.muted, video.loop, video.paused, video.videoWidth]"
    assert tab.eval_on_selector("#film-preview", state) == [True, True, False, 192]
    assert tab.eval_on_selector("#film-preview", "(video) => video.duration") == pytest.approx(
        1, abs=0.1
    )
    check(tab)
    tab.click("#preview-film")
    assert not tab.is_visible("#film-preview") and tab.inner_text("#preview-film") == "Preview"
    path = download(tab, "#download", tmp_path)
    assert path.name == "harbor_color.mp4"
    assert packets_of(path)[1] == packets_of(short_film)[1]
    middles = middles_of(path)
    assert len(middles) == 60 and (middles[30:, 2] > middles[30:, 0]).all()
    assert (middles[:30, 2] < middles[:30, 0] + 10).all()


def test_hints_belong_to_their_scene(visitor, short_film, tmp_path):
    tab = visitor()
    show_film(tab, short_film)
    select_scene(tab, 2)
    original = layer(tab)
    place_blue_hint(tab)
    select_scene(tab, 1)
    assert tab.locator(".marker").count() == 0 and not tab.is_visible("#undo")
    select_scene(tab, 2)
    assert tab.locator(".marker").count() == 1
    tab.wait_for_function("() => document.querySelector('#status:not(.busy)')")
    path = download(tab, "#save-hints", tmp_path)
    assert '"time": 1.2' in path.read_text()
    before = source(tab)
    tab.click("#undo")
    wait_for_another(tab, before)
    assert np.abs(layer(tab) - original).mean() < 0.5
    select_scene(tab, 1)
    tab.set_input_files("#hints-input", path)
    assert tab.locator(".marker").count() == 0
    select_scene(tab, 2)
    assert tab.locator(".marker").count() == 1


def test_vividness_is_that_of_all_scenes(visitor, short_film):
    tab = visitor()
    show_film(tab, short_film)
    thumbnail = tab.get_attribute("#scenes img >> nth=1", "src")
    tab.focus("#vividness")
    tab.keyboard.press("End")
    tab.wait_for_selector(f"#scenes li:nth-child(2) img:not([src='{thumbnail}'])")
    select_scene(tab, 2)
    assert tab.input_value("#vividness") == "1"


def test_download_is_canceled(visitor, tmp_path):
    tab = visitor()
    show_film(tab, FilmWriter().write(tmp_path / "harbor.mp4", moving_bars(500, 192, 256)))
    tab.click("#download")
    tab.wait_for_selector("#film-status:has-text('of 500')")
    assert tab.is_disabled("#download")
    tab.click("#cancel-film")
    tab.wait_for_selector("#status:has-text('harbor.mp4 was canceled')")
    assert not tab.is_visible("#film-progress") and tab.is_enabled("#download")
    assert tab.locator("#errors .error").count() == 0


@pytest.mark.parametrize("make", [sound_only, encrypted, text, without_index])
def test_bad_film_leaves_the_photograph_before_it(make, visitor, photographs, tmp_path):
    tab = visitor()
    color(tab, photographs["cat"])
    expected = layer(tab)
    drop(tab, [make(tmp_path)])
    message = tab.wait_for_selector("#errors .error").inner_text()
    assert "film.mp4" in message
    for jargon in ("Traceback", "Errno", "Received", str(tmp_path)):
        assert jargon not in message
    assert tab.inner_text("#photograph-name") == "cat_scan.png"
    assert np.abs(layer(tab) - expected).max() == 0 and not tab.is_visible("#scenes-group")


def test_films_are_refused_without_the_extra(visitor, short_film):
    def without_films(route):
        info = route.fetch().json()
        info["films"]["is_available"] = False
        route.fulfill(json=info)

    tab = visitor()
    tab.route("**/api/info", without_films)
    tab.reload()
    tab.wait_for_selector("body[data-ready]")
    drop(tab, [short_film])
    tab.wait_for_selector("#errors:has-text('ask the operator to install')")
    assert tab.is_visible("#start .invitation") and not tab.is_visible("#films-note")
