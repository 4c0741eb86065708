/** Tap, drag and pinch gestures with a mouse, a pen or fingers. */

const TAP_PIXELS = 6;

/**
 * Call handlers for the gestures on an element.
 *
 * @param {Element} element Element that receives the pointer events.
 * @param {object} handlers `tap(point)`, `drag(dx, dy, point)` and `pinch(factor, point)`, with
 *     points in pixels from the top-left corner of the stage.
 */
export function trackGestures(element, handlers) {
    const pointers = new Map();
    let travelled = 0;
    let hadTwo = false;

    element.addEventListener("pointerdown", (event) => {
        if (event.button !== 0) return;
        if (!pointers.size) {
            travelled = 0;
            hadTwo = false;
        }
        pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
        hadTwo ||= pointers.size > 1;
        element.setPointerCapture(event.pointerId);
    });

    element.addEventListener("pointermove", (event) => {
        const before = pointers.get(event.pointerId);
        if (!before) return;
        const now = { x: event.clientX, y: event.clientY };
        const [dx, dy] = [now.x - before.x, now.y - before.y];
        const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
        travelled += Math.hypot(dx, dy);
        if (other) {
            pointers.set(event.pointerId, now);
            const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
            const factor = distance(now, other) / Math.max(1, distance(before, other));
            handlers.drag(dx / 2, dy / 2, inParent(element, middle));
            handlers.pinch(factor, inParent(element, middle));
        } else if (travelled > TAP_PIXELS) {
            pointers.set(event.pointerId, now);
            handlers.drag(dx, dy, inParent(element, now));
        }
    });

    element.addEventListener("pointerup", (event) => {
        const isTap = pointers.delete(event.pointerId) && !hadTwo && travelled <= TAP_PIXELS;
        if (isTap) handlers.tap(inParent(element, { x: event.clientX, y: event.clientY }));
    });
    element.addEventListener("pointercancel", (event) => pointers.delete(event.pointerId));
}

const distance = (a, b) => Math.hypot(a.x - b.x, a.y - b.y);

/** Convert viewport coordinates to coordinates in the stage that contains an element. */
function inParent(element, { x, y }) {
    const { left, top } = element.closest(".stage").getBoundingClientRect();
    return { x: x - left, y: y - top };
}
