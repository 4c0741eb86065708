/** Uncertainty overlay and its legend. */

import { queued } from "./api.js";
import { byId } from "./dom.js";

/** Loads overlays and caches them by photograph and model. */
export class UncertaintyOverlay {
    #urls = new WeakMap();

    /** @param {object} legend `title`, `low`, `high` and `colors`, from `/api/info`. */
    constructor(legend) {
        byId("legend-low").textContent = legend.low;
        byId("legend-high").textContent = legend.high;
        const colors = byId("legend-colors");
        colors.style.background = `linear-gradient(to right, ${legend.colors.join(", ")})`;
        colors.setAttribute("aria-label", `Legend: ${legend.title}`);
    }

    /** Return the URL of the overlay for a photograph and its current model. */
    async load(photograph, tell) {
        const { model } = photograph.settings;
        const urls = this.#urls.get(photograph) ?? {};
        this.#urls.set(photograph, urls);
        if (!urls[model]) {
            tell("Finding out where the colors are uncertain …");
            const response = await photograph.onServer(() =>
                queued(photograph.path("/uncertainty"), { model }, tell),
            );
            urls[model] = URL.createObjectURL(await response.blob());
        }
        return urls[model];
    }
}
