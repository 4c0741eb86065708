/** Crosshair for placing hints with the keyboard. */

import { byId, show } from "../dom.js";
import { arrowStep, insideImage } from "./markers.js";

const STEP = 0.02;

/** Dispatches "move" and "place"; `detail` is the point in pixels of the photograph. */
export class Crosshair extends EventTarget {
    #element = byId("crosshair");
    #point = null;

    /** @param {Element} surface Focusable element that covers the photograph. */
    constructor(surface) {
        super();
        surface.addEventListener("keydown", (event) => this.#onKey(event));
        surface.addEventListener("blur", () => show(false, this.#element));
        surface.addEventListener("focus", () => {
            if (surface.matches(":focus-visible")) this.#draw();
        });
        surface.addEventListener("pointerdown", () => show(false, this.#element));
    }

    /** Switch to another photograph and move to its center. */
    reset({ width, height }) {
        this.size = { width, height };
        this.#point = insideImage({ x: width / 2, y: height / 2 }, this.size);
        show(false, this.#element);
    }

    #onKey(event) {
        if (!this.#point) return;
        const step = arrowStep(event, this.size, STEP);
        if (step) {
            const { x, y } = this.#point;
            this.#point = insideImage({ x: x + step[0], y: y + step[1] }, this.size);
            this.#draw();
            this.#tell("move");
        } else if (event.key === "Enter" || event.key === " ") {
            this.#draw();
            this.#tell("place");
        } else return;
        event.preventDefault();
    }

    #draw() {
        if (!this.#point) return;
        const { width, height } = this.size;
        const [x, y] = [(100 * this.#point.x) / width, (100 * this.#point.y) / height];
        this.#element.style.left = `${x}%`;
        this.#element.style.top = `${y}%`;
        show(true, this.#element);
        const place = `${Math.round(x)}% from the left, ${Math.round(y)}% from the top`;
        byId("crosshair-place").textContent = place;
    }

    #tell(type) {
        this.dispatchEvent(new CustomEvent(type, { detail: this.#point }));
    }
}
