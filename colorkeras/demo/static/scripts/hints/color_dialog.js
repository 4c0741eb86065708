/** Dialog with likely and common colors for a hint. */

import { byId, create, show } from "../dom.js";
import { PALETTE, colorName } from "./colors.js";
import { placeText } from "./limits.js";
import { freePosition } from "./placement.js";

/**
 * Dispatches "choose" (`detail` is `{color, isDragging}`), "remove" and "close". While a visitor
 * drags in the browser's color picker, "choose" is dispatched for each color on the way.
 */
export class ColorDialog extends EventTarget {
    #element = byId("color-dialog");
    #likely = byId("likely-colors");
    #other = byId("other-color");
    #marker = null;
    #position = null;

    constructor() {
        super();
        new ResizeObserver(() => this.place(this.#marker)).observe(this.#element);
        for (const [name, color] of Object.entries(PALETTE)) {
            byId("palette").append(this.#swatch(color, name));
        }
        this.#other.oninput = () =>
            this.#tell("choose", { color: this.#other.value, isDragging: true });
        byId("remove-hint").onclick = () => this.#tell("remove");
        byId("close-colors").onclick = () => this.#tell("close");
        this.#element.addEventListener("keydown", (event) => {
            if (event.key !== "Escape") return;
            event.stopPropagation();
            this.#tell("close");
        });
    }

    get isOpen() {
        return !this.#element.hidden;
    }

    /** Open the dialog beside a rectangle in viewport coordinates. */
    open(rectangle, color) {
        this.setLikely(null);
        this.setColor(color);
        show(true, this.#element);
        this.#position = null;
        this.place(rectangle);
        this.#element.focus({ preventScroll: true });
    }

    close() {
        show(false, this.#element);
    }

    contains(element) {
        return this.#element.contains(element);
    }

    /** Move the dialog if it hides the hint at a rectangle in viewport coordinates. */
    place(rectangle) {
        if (!this.isOpen) return;
        const { style } = this.#element;
        const size = this.#element.getBoundingClientRect();
        this.#marker = rectangle;
        this.#position = freePosition(size, rectangle, this.#position);
        style.left = `${this.#position.left + scrollX}px`;
        style.top = `${this.#position.top + scrollY}px`;
    }

    /** Mark the chosen color. */
    setColor(color) {
        this.#other.value = color ?? PALETTE.gray;
        for (const swatch of this.#element.querySelectorAll(".swatch")) {
            swatch.setAttribute("aria-pressed", swatch.dataset.color === color);
        }
        this.color = color;
    }

    /**
     * Show the likely colors.
     *
     * @param {object[]|null} colors Objects with `color` and `probability`; null while they are
     *     being computed, empty if there are none.
     */
    setLikely(colors) {
        show(!colors || colors.length > 0, byId("likely"));
        this.setProgress("");
        this.#likely.setAttribute("aria-busy", colors === null);
        const swatches = (colors ?? Array(5).fill(null)).map((likely) => {
            if (!likely) return create("span", { className: "swatch pending" });
            const { color, probability } = likely;
            const percent = Math.max(1, Math.round(100 * probability));
            return this.#swatch(color, `${colorName(color)}, ${percent}% likely`);
        });
        this.#likely.replaceChildren(...swatches);
        this.setColor(this.color);
    }

    /** Show which color the place has instead of an impossible one; undefined if it is possible. */
    setLimited(limited) {
        show(Boolean(limited), byId("limited-color"));
        byId("limited-text").textContent = limited ? placeText(limited) : "";
        byId("limited-sample").style.backgroundColor = limited?.color ?? "";
    }

    /** Show why the likely colors are taking a while. */
    setProgress(text) {
        byId("likely-progress").textContent = text;
    }

    #swatch(color, name) {
        const swatch = create("button", {
            type: "button",
            className: "swatch",
            title: name,
            "aria-label": name,
            "aria-pressed": "false",
        });
        swatch.dataset.color = color;
        swatch.style.backgroundColor = color;
        swatch.onclick = () => this.#tell("choose", { color, isDragging: false });
        return swatch;
    }

    #tell(type, detail = null) {
        this.dispatchEvent(new CustomEvent(type, { detail }));
    }
}
