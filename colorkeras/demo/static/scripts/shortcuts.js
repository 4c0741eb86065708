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
    const drawZoom = () => {
        const { isFit, scale, fitScale } = viewer.view;
        const percent = Math.round(100 * scale * devicePixelRatio);
        byId("actual-size").textContent = isFit ? "100%" : "Whole";
        byId("actual-size").setAttribute("aria-label", `Zoom is ${percent}%`);
        byId("zoom-out").disabled = scale <= fitScale;
    };
    viewer.addEventListener("zoom", drawZoom);
    center.shelf.addEventListener("select", drawZoom);
    drawZoom();

    document.addEventListener("keydown", (event) => {
        const name = actionOf(event);
        if (!name || !center.photograph || !isInView(event.target)) return;
        event.preventDefault();
        actions[name]();
    });
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
