/** View that compares the results of all models for the current photograph. */

import { getJson } from "../api.js";
import { send } from "../connection.js";
import { byId, create } from "../dom.js";
import { Photograph } from "../photographs/photograph.js";

const GAP = 16;

const MARGIN = 16;

const CAPTION_HEIGHT = 64;

const MIN_WIDTH = 120;

/** Shows the current photograph of a `Shelf`, or an example. */
export class Compare {
    #shown = null;
    #example = null;
    #aspect = 1;

    constructor(shelf) {
        this.shelf = shelf;
        addEventListener("resize", () => this.arrange());
    }

    /** Arrange the images so that all are visible and as large as possible. */
    arrange() {
        const grid = byId("compared");
        const total = grid.children.length;
        const { top } = grid.getBoundingClientRect();
        const height = innerHeight - top - scrollY - MARGIN;
        let best = { width: 0 };
        for (let columns = 1; columns <= total; columns++) {
            const rows = Math.ceil(total / columns);
            const width = Math.min(
                (grid.clientWidth - GAP * (columns - 1)) / columns,
                (height / rows - CAPTION_HEIGHT) * this.#aspect,
            );
            if (width > best.width) best = { width, columns };
        }
        const { columns = 2, width } = best;
        const size = width > MIN_WIDTH ? `${Math.floor(width)}px` : "minmax(0, 1fr)";
        grid.style.gridTemplateColumns = `repeat(${columns}, ${size})`;
    }

    /** Show the current photograph, unless it is already shown. */
    async show() {
        const photograph = this.shelf.shown ?? this.#exampleOf(this.shelf);
        if (photograph === this.#shown) return;
        this.#shown = photograph;
        const status = byId("compare-status");
        status.textContent = "Colorizing with all models …";
        byId("compared").replaceChildren();
        try {
            const { items } = await photograph.onServer(() =>
                getJson(photograph.path("/compare"), {}),
            );
            if (this.#shown !== photograph) return;
            const figures = items.map((item) => this.#figure(item, photograph));
            byId("compared").replaceChildren(...figures.map(({ element }) => element));
            this.#aspect = photograph.info.width / photograph.info.height;
            this.arrange();
            for (const figure of figures) await figure.load();
            if (this.#shown === photograph) status.textContent = this.#caption(photograph);
        } catch (error) {
            this.#shown = null;
            status.textContent = error.message;
        }
    }

    #exampleOf({ info, settings, models }) {
        this.#example ??= new Photograph(info.examples[0], settings, models);
        return this.#example;
    }

    #caption(photograph) {
        if (photograph !== this.#example) {
            return `${photograph.name}, colorized by all models with their default settings.`;
        }
        return `This is the example “${photograph.name}”. Add your own photograph under “Color”.`;
    }

    #figure({ title, model, url }, photograph) {
        const { preview_width: width, preview_height: height } = photograph.info;
        const image = create("img", { width, height, alt: "", className: "pending" });
        const known = this.shelf.models.get(model);
        const details = known ? `${model}: ${known.purpose}` : "";
        const caption = create("figcaption", {}, known?.title ?? title);
        caption.append(create("small", { className: "details" }, details));
        const load = async () => {
            // Unlike the browser, `send` retries after a lost connection.
            image.src = URL.createObjectURL(await (await send(url)).blob());
            image.onload = () => URL.revokeObjectURL(image.src);
            image.alt = `${photograph.name}: ${title}`;
            image.classList.remove("pending");
        };
        return { element: create("figure", {}, image, caption), load };
    }
}
