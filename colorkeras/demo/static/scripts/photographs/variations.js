/** Strip with numbered variations of the current photograph. */

import { byId, create, show } from "../dom.js";
import { thumbnailButton } from "./thumbnails.js";

/** Dispatches "status"; `detail` is a sentence. */
export class VariationStrip extends EventTarget {
    #list = byId("variations");

    /** @param {number} maxVariations Maximum number of variations of a photograph. */
    constructor(maxVariations) {
        super();
        this.maxVariations = maxVariations;
        byId("another").onclick = () => this.#pick(this.photograph.numVariations);
    }

    /** Show the variations of a photograph. */
    draw(photograph) {
        this.photograph = photograph;
        const { info, model, film } = photograph ?? {};
        const isUsable = Boolean(info && model.has_variations && !film);
        show(isUsable, byId("variations-group"));
        if (!isUsable) return;
        const items = Array.from({ length: photograph.numVariations }, (_, number) =>
            this.#item(photograph, number),
        );
        this.#keepFocus(() => this.#list.replaceChildren(...items));
        show(photograph.numVariations < this.maxVariations, byId("another"));
        this.#list.querySelector("[aria-pressed=true]")?.scrollIntoView({ block: "nearest" });
    }

    #item(photograph, number) {
        const thumbnail = photograph.variations.get(number)?.thumbnail;
        const label = number ? `Variation ${number + 1}` : "Variation 1, the most likely colors";
        const isPressed = number === photograph.variation;
        const button = thumbnailButton(thumbnail, { label, text: number + 1, isPressed });
        button.onclick = () => this.#pick(number);
        return create("li", {}, button);
    }

    /** Replace the items; if a button had the focus, focus the one at the same position. */
    #keepFocus(replace) {
        const index = [...this.#list.children].findIndex((item) =>
            item.contains(document.activeElement),
        );
        replace();
        this.#list.children[index]?.firstChild.focus({ preventScroll: true });
    }

    #pick(number) {
        const { photograph } = this;
        const hadHints = photograph.hints.length > 0;
        if (number === photograph.variation) return;
        photograph.numVariations = Math.max(photograph.numVariations, number + 1);
        photograph.edits.push({ hints: [], variation: number });
        if (hadHints) this.#tell("Variations do not use color hints. Undo restores your hints.");
    }

    #tell(text) {
        this.dispatchEvent(new CustomEvent("status", { detail: text }));
    }
}
