/** Markers for color hints, which can be dragged or moved with the arrow keys. */

import { clamp, create } from "../dom.js";
import { colorName } from "./colors.js";

const DRAG_PIXELS = 4;

const DIRECTIONS = {
    ArrowLeft: [-1, 0],
    ArrowRight: [1, 0],
    ArrowUp: [0, -1],
    ArrowDown: [0, 1],
};

const STEP = 0.01;

const FINE_STEP = 0.001;

/** Return the movement for an arrow key in pixels of the photograph, or null for other keys. */
export function arrowStep(event, { width, height }, step = STEP) {
    const direction = DIRECTIONS[event.key];
    if (!direction || event.ctrlKey || event.metaKey || event.altKey) return null;
    const pixels = Math.max(width, height) * (event.shiftKey ? FINE_STEP : step);
    return direction.map((sign) => sign * pixels);
}

/** Clamp a point to the photograph and round it to one decimal place, as in hints files. */
export function insideImage({ x, y }, { width, height }) {
    const round = (value, side) => clamp(Math.round(10 * value) / 10, 0, side - 1);
    return { x: round(x, width), y: round(y, height) };
}

/**
 * Dispatches "open" and "remove" with `detail.key`, and "move" with `{key, x, y}` as `detail`.
 */
export class Markers extends EventTarget {
    #elements = new Map();

    /** @param {Element} parent Element that covers the photograph exactly. */
    constructor(parent) {
        super();
        this.parent = parent;
    }

    /**
     * Draw the hints.
     *
     * @param {object[]} hints Hints with `key`, `x`, `y` and `color`, which is null until chosen.
     * @param {object} size `width` and `height` of the photograph.
     * @param {string|null} openKey Key of the hint whose color dialog is open.
     */
    draw(hints, size, openKey) {
        this.size = size;
        const keys = new Set(hints.map(({ key }) => key));
        for (const [key, element] of this.#elements) {
            if (keys.has(key)) continue;
            element.remove();
            this.#elements.delete(key);
        }
        hints.forEach((hint, index) => this.#drawOne(hint, index, hint.key === openKey));
    }

    #drawOne(hint, index, isOpen) {
        let element = this.#elements.get(hint.key);
        if (!element) {
            element = this.#create(hint.key);
            this.#elements.set(hint.key, element);
            this.parent.append(element);
        }
        element.hint = hint;
        element.style.left = `${(100 * (hint.x + 0.5)) / this.size.width}%`;
        element.style.top = `${(100 * (hint.y + 0.5)) / this.size.height}%`;
        element.style.setProperty("--hint", hint.color ?? "transparent");
        element.classList.toggle("open", isOpen);
        const color = hint.color ? colorName(hint.color) : "no color yet";
        element.setAttribute("aria-label", `Color hint ${index + 1}: ${color}`);
    }

    #create(key) {
        const element = create("button", {
            type: "button",
            className: "marker",
            "aria-describedby": "marker-help",
        });
        element.onclick = () => {
            if (!element.wasDragged) this.#tell("open", { key });
            element.wasDragged = false;
        };
        element.onkeydown = (event) => this.#onKey(event, element.hint);
        element.onpointerdown = (event) => this.#startDrag(event, element);
        element.onpointermove = (event) => this.#drag(event, element);
        return element;
    }

    #onKey(event, hint) {
        const step = arrowStep(event, this.size);
        if (step) this.#move(hint, hint.x + step[0], hint.y + step[1]);
        else if (event.key === "Delete" || event.key === "Backspace") {
            this.#tell("remove", { key: hint.key });
        } else return;
        event.preventDefault();
    }

    #startDrag(event, element) {
        element.setPointerCapture(event.pointerId);
        element.wasDragged = false;
        element.start = { x: event.clientX, y: event.clientY };
    }

    #drag(event, element) {
        if (!element.hasPointerCapture(event.pointerId)) return;
        const moved = Math.hypot(event.clientX - element.start.x, event.clientY - element.start.y);
        element.wasDragged ||= moved > DRAG_PIXELS;
        if (!element.wasDragged) return;
        const { left, top, width, height } = this.parent.getBoundingClientRect();
        const x = ((event.clientX - left) / width) * this.size.width;
        const y = ((event.clientY - top) / height) * this.size.height;
        this.#move(element.hint, x, y);
    }

    #move(hint, x, y) {
        this.#tell("move", { key: hint.key, ...insideImage({ x, y }, this.size) });
    }

    focus(key) {
        this.#elements.get(key)?.focus();
    }

    /** Return the bounding rectangle of a marker in the viewport, or null. */
    rectangle(key) {
        return this.#elements.get(key)?.getBoundingClientRect() ?? null;
    }

    #tell(type, detail) {
        this.dispatchEvent(new CustomEvent(type, { detail }));
    }
}
