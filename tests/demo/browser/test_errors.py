"""Tests for errors that visitors can cause, in a browser."""

import numpy as np
import pytest
from demo.browser.actions import color, drop, layer, source, wait_for_another


@pytest.mark.parametrize(
    "name", ["text.jpg", "empty.jpg", "letter.docx", "large.png", "cut.png", "heavy.png"]
)
def test_bad_file_leaves_the_photograph_before_it(name, tab, bad_files, photographs):
    color(tab, photographs["cat"])
    expected = layer(tab)
    drop(tab, [bad_files / name])
    message = tab.wait_for_selector("#errors .error").inner_text()
    assert name in message
    for jargon in ("Traceback", "Received", "Expected", str(bad_files)):
        assert jargon not in message
    assert tab.inner_text("#photograph-name") == "cat_scan.png"
    assert tab.is_visible("#layer-color") and np.abs(layer(tab) - expected).max() == 0
    assert not tab.is_visible("#list-group")
    tab.click("text=Dismiss")
    assert tab.locator("#errors .error").count() == 0
    color(tab, photographs["coffee"])


def test_errors_are_visible_below_the_first_screen(visitor, bad_files, photographs):
    tab = visitor("phone")
    color(tab, photographs["cat"])
    tab.click("text=More settings")
    tab.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    assert tab.evaluate("scrollY") > 100
    drop(tab, [bad_files / "text.jpg"])
    box = tab.wait_for_selector("#errors .error").bounding_box()
    assert box["y"] == pytest.approx(0, abs=1)


def test_bad_file_at_first(tab, bad_files):
    drop(tab, [bad_files / "text.jpg"])
    tab.wait_for_selector("#errors .error")
    assert tab.is_visible("#start .invitation")


def test_lost_connection_while_coloring(tab, photographs):
    color(tab, photographs["coffee"])
    before = source(tab)
    tab.route("**/api/**", lambda route: route.abort())
    tab.focus("#vividness")
    tab.keyboard.press("End")
    tab.wait_for_selector("#connection:has-text('cannot be reached')")
    assert source(tab) == before
    tab.unroute("**/api/**")
    tab.click("#retry")
    wait_for_another(tab, before)
    tab.wait_for_selector("#connection", state="hidden")


def test_all_waiting_requests_are_repeated_at_once(visitor):
    milliseconds = visitor().evaluate(
        """async () => {
            const { connection } = await import("/static/scripts/connection.js");
            const [short, long] = [connection.pause(0), connection.pause(3)];
            await short;
            const start = performance.now();
            connection.retryNow();
            await long;
            return performance.now() - start;
        }"""
    )
    assert milliseconds < 1000


def test_photograph_that_the_server_deleted_is_sent_again(tab, photographs):
    with tab.expect_response("**/api/photographs") as waiting:
        color(tab, photographs["coffee"])
    identifier = waiting.value.json()["id"]
    tab.evaluate(f"() => fetch('/api/photographs/{identifier}', {{method: 'DELETE'}})")
    before = source(tab)
    tab.focus("#vividness")
    tab.keyboard.press("End")
    wait_for_another(tab, before)
    assert tab.locator("#errors .error").count() == 0


def test_busy_server_is_tried_again(visitor, photographs):
    tab = visitor()
    color(tab, photographs["coffee"])
    before, answers = source(tab), []

    def answer(route):
        answers.append(route)
        if len(answers) > 1:
            route.continue_()
        else:
            route.fulfill(status=503, json={"message": "busy", "busy": True})

    tab.route("**/color", answer)
    tab.focus("#vividness")
    tab.keyboard.press("End")
    tab.wait_for_selector("#status:has-text('Trying again')")
    wait_for_another(tab, before)
    assert len(answers) == 2


def test_closing_the_page_deletes_its_photographs(visitor, photographs, server):
    tab, other = visitor(), visitor()
    with tab.expect_response("**/api/photographs") as waiting:
        color(tab, photographs["coffee"])
    address = f"{server}/api/photographs/{waiting.value.json()['id']}/gray.jpg"
    assert other.request.get(address).ok
    tab.goto("about:blank")
    for _ in range(50):
        if other.request.get(address).status == 404:
            return
        other.wait_for_timeout(100)
    raise AssertionError("the photograph is still there")
