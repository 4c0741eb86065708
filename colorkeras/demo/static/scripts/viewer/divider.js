/** Divider between gray and color, moved with the pointer or the keyboard. */

import { clamp } from "../dom.js";

const STEPS = {
    ArrowLeft: -0.02,
    ArrowDown: -0.02,
    ArrowRight: 0.02,
    ArrowUp: 0.02,
    PageDown: -0.1,
    PageUp: 0.1,
    Home: -1,
    End: 1,
};

const SWEEP_MILLISECONDS = 600;

/** Dispatches "move"; `position` is a fraction of the photograph's visible width. */
export class Divider extends EventTarget {
    position = 0.5;
    range = [0, 1];
    #swept = null;

    /** @param {Element} element Slider that shows the divider. */
    constructor(element) {
        super();
        this.element = element;
        element.addEventListener("keydown", (event) => {
            if (!(event.key in STEPS)) return;
            event.preventDefault();
            this.moveTo(this.position + STEPS[event.key]);
        });
        element.addEventListener("pointerdown", ({ pointerId }) => {
            element.setPointerCapture(pointerId);
        });
        element.addEventListener("pointermove", ({ pointerId, clientX }) => {
            if (element.hasPointerCapture(pointerId)) this.#dragTo(clientX);
        });
    }

    #dragTo(clientX) {
        const { left } = this.element.closest(".stage").getBoundingClientRect();
        this.moveToPixel(clientX - left);
    }

    /** Move the divider to a fraction of the visible width. */
    moveTo(position) {
        this.position = clamp(position, 0, 1);
        this.dispatchEvent(new Event("move"));
    }

    /** Reveal the colors from the right, unless the visitor prefers reduced motion. */
    sweep() {
        if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
        const [start, end] = [performance.now(), this.position];
        const step = (now) => {
            const share = clamp((now - start) / SWEEP_MILLISECONDS, 0, 1);
            if (this.position !== this.#swept) return;
            this.#swept = 1 - (1 - end) * (1 - (1 - share) ** 3);
            this.moveTo(this.#swept);
            if (share < 1) requestAnimationFrame(step);
        };
        this.#swept = 1;
        this.moveTo(1);
        requestAnimationFrame(step);
    }

    /** Move the divider to a distance in pixels from the left edge of the stage. */
    moveToPixel(x) {
        const [start, end] = this.range;
        this.moveTo((x - start) / (end - start));
    }

    /** Distance in pixels from the left edge of the stage. */
    get pixel() {
        const [start, end] = this.range;
        return start + this.position * (end - start);
    }

    /**
     * Draw the divider.
     *
     * @param {object} visible Visible rectangle of the photograph in stage coordinates.
     */
    draw({ left, right, top, bottom }) {
        this.range = [left, right];
        const { style } = this.element;
        style.left = `${this.pixel}px`;
        style.top = `${top}px`;
        style.height = `${bottom - top}px`;
        const percent = Math.round(100 * this.position);
        this.element.setAttribute("aria-valuenow", percent);
        this.element.setAttribute("aria-valuetext", `${percent}% gray, ${100 - percent}% color`);
    }
}
