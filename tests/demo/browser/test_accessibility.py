"""Tests for accessibility and layout in a browser."""

from demo.browser.actions import all_windows, drop, press_photograph


@all_windows
def test_color_view(tab, check, photographs):
    check(tab)
    drop(tab, [photographs["cat"], photographs["coffee"]])
    tab.wait_for_selector("#list-summary:has-text('2 of 2')")
    tab.click("#another")
    tab.wait_for_selector("#variations li:nth-child(2) img")
    check(tab)
    press_photograph(tab, 0.3, 0.5)
    tab.wait_for_selector("#likely-colors button")
    tab.click("#palette button >> nth=2")
    check(tab)
    tab.click("#close-colors")
    for mode in ("Uncertainty", "Original", "Color"):
        tab.click(f"#modes >> text='{mode}'")
        tab.wait_for_timeout(500)
        check(tab)
    tab.click("text=More settings")
    tab.set_input_files("#hints-input", photographs["cat"])
    tab.wait_for_selector("#errors .error")
    check(tab)
    for image in tab.query_selector_all("#frame img:visible"):
        assert image.get_attribute("alt")


@all_windows
def test_other_views(tab, check):
    tab.click("nav >> text=Compare")
    tab.wait_for_selector("#compared img:not(.pending)")
    tab.wait_for_selector("#compared img.pending", state="detached")
    check(tab)
    tab.click("nav >> text=Blind test")
    check(tab)
    tab.click("#begin-short")
    for number in range(1, 11):
        tab.wait_for_selector(f"#test-number:text-is('Picture {number} of 10')")
        if number == 1:
            check(tab)
        tab.keyboard.press("ArrowLeft")
    tab.wait_for_selector("#test-sentence:visible")
    check(tab)


def test_focus_is_visible(visitor, photographs):
    tab = visitor()
    drop(tab, [photographs["cat"]])
    tab.wait_for_selector("#layer-color[src]:visible")
    focused = set()
    for _ in range(40):
        tab.keyboard.press("Tab")
        name, outline = tab.evaluate(
            """() => {
                const element = document.activeElement;
                const shown = element.matches("#divider, [name=mode]")
                    ? element.querySelector("span") ?? element.nextElementSibling
                    : element;
                return [element.id || element.textContent, getComputedStyle(shown).outlineStyle];
            }"""
        )
        if name and not name.isspace():
            focused.add(name)
            assert element_is_body(tab) or outline != "none", name
    assert {"surface", "divider", "vividness", "another", "download"} <= focused


def element_is_body(tab):
    return tab.evaluate("document.activeElement === document.body")
