/** Buttons and keyboard shortcuts for undo, redo and zoom. */

import { byId } from "./dom.js";

/** Connect the buttons and keyboard shortcuts to the photograph in the center. */
export function connectShortcuts(center) {
    const { viewer } = center;
    const actions = {
        undo: () => center.photograph?.edits.undo(),
        redo: () => center.photograph?.edits.redo(),
        "zoom-in": () => viewer.zoomIn(),
        "zoom-out": () => viewer.zoomOut(),
        "actual-size": () => viewer.toggleActualSize(),
    };
    for (const [id, action] of Object.entries(actions)) byId(id).onclick = action;
    viewer.addEventListener("draw", () => drawZoom(viewer.view));

    document.addEventListener("keydown", (event) => {
        const name = actionOf(event);
        if (!name || !center.photograph || !isInView(event.target)) return;
        event.preventDefault();
        actions[name]();
    });
}

/** Show the zoom level, and what the button for 100% does next. */
function drawZoom(view) {
    const { isFit, scale, actualScale, maxScale, canShowActual } = view;
    setText("zoom-level", `${Math.round((100 * scale) / actualScale)}%`);
    setText("actual-size", isFit ? "Zoom to 100%" : "Fit to screen");
    // Small photographs are already larger than 100%.
    byId("actual-size").disabled = isFit && !canShowActual;
    byId("zoom-out").disabled = isFit;
    byId("zoom-in").disabled = scale >= maxScale;
}

/** Change a text only if it differs, because screen readers announce the zoom level. */
function setText(id, text) {
    if (byId(id).textContent !== text) byId(id).textContent = text;
}

function actionOf({ key, ctrlKey, metaKey, shiftKey, target }) {
    if (ctrlKey || metaKey) {
        if (key.toLowerCase() === "z") return shiftKey ? "redo" : "undo";
        return key.toLowerCase() === "y" ? "redo" : null;
    }
    const isOnPhotograph = target.closest?.("#stage");
    return isOnPhotograph ? { "+": "zoom-in", "=": "zoom-in", "-": "zoom-out" }[key] : null;
}

/** Return whether a key event is for the photograph, not for a field with its own undo. */
const isInView = (target) =>
    !document.querySelector("#color").hidden && !target.matches?.("select, input[type=text]");
