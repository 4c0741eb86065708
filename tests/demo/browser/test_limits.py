"""Tests for limits and defaults that the server sends to the page."""

import json

import pytest
from demo.browser.actions import color, press_photograph, source, wait_for_another


@pytest.fixture
def served(visitor):
    """Function that opens the page with changes to the server's description."""

    def visit(change):
        def answer(route):
            info = route.fetch().json()
            change(info)
            route.fulfill(json=info)

        tab = visitor()
        tab.route("**/api/info", answer)
        tab.reload()
        tab.wait_for_selector("body[data-ready]")
        return tab

    return visit


def test_hints_beyond_the_limit_are_refused(served, photographs, tmp_path):
    tab = served(lambda info: info["limits"].update(hints=1))
    color(tab, photographs["coffee"])
    before = source(tab)
    press_photograph(tab, 0.3, 0.45)
    tab.click("#palette [aria-label='blue']")
    wait_for_another(tab, before)
    tab.click("#close-colors")
    press_photograph(tab, 0.6, 0.6)
    tab.wait_for_selector("#status:has-text('at most 1 hint')")
    assert tab.locator(".marker").count() == 1 and not tab.is_visible("#palette")
    with tab.expect_download() as waiting:
        tab.click("#save-hints")
    content = json.loads(waiting.value.path().read_text())
    content["hints"] *= 2
    (tmp_path / "many.json").write_text(json.dumps(content))
    tab.set_input_files("#hints-input", tmp_path / "many.json")
    message = tab.wait_for_selector("#errors .error").inner_text()
    assert "many.json has 2 hints" in message and "at most 1 hint" in message


def test_variations_are_limited(served, photographs):
    tab = served(lambda info: info["limits"].update(variations=2))
    color(tab, photographs["coffee"])
    before = source(tab)
    tab.click("#another")
    wait_for_another(tab, before)
    assert tab.locator("#variations li").count() == 2 and not tab.is_visible("#another")


def test_vividness_starts_at_the_default_of_the_model(served, photographs):
    tab = served(lambda info: info["models"][0].update(default_vividness=0.25))
    color(tab, photographs["coffee"])
    assert tab.input_value("#vividness") == "0.25"
