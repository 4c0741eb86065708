/** Messages to the visitor: errors, which stay until dismissed, and the status line. */

import { connection } from "./connection.js";
import { byId, create, show } from "./dom.js";

const MAX_ERRORS = 3;

/** Show an error until the visitor dismisses it. */
export function showError(text) {
    const list = byId("errors");
    for (const old of [...list.children]) {
        if (old.dataset.text === text) old.remove();
    }
    const dismiss = create("button", { type: "button", className: "quiet" }, "Dismiss");
    const item = create("p", { className: "error" }, create("span", {}, text), dismiss);
    item.dataset.text = text;
    dismiss.onclick = () => item.remove();
    list.append(item);
    while (list.children.length > MAX_ERRORS) list.firstChild.remove();
}

/** Dismiss all errors. */
export function dismissErrors() {
    byId("errors").replaceChildren();
}

/**
 * Show what the page is doing or what it has done.
 *
 * @param {string} text Sentence; if empty, show the idle text again.
 * @param {boolean} isBusy Whether the page is working on something.
 */
export function setStatus(text, isBusy = false) {
    const status = byId("status");
    status.textContent = text || status.dataset.idle || "";
    status.classList.toggle("busy", isBusy);
    byId("stage").classList.toggle("busy", isBusy);
}

/** Set the text that the status line shows while the page is idle. */
export function setIdleStatus(text) {
    byId("status").dataset.idle = text;
}

/** Show a notice while the server cannot be reached. */
export function watchConnection() {
    const notice = byId("connection");
    connection.addEventListener("lost", () => show(true, notice));
    connection.addEventListener("restored", () => show(false, notice));
    byId("retry").onclick = () => connection.retryNow();
}
