/** Color previews, which follow the settings of their photograph. */

import { headerJson, queued } from "../api.js";
import { State } from "./photograph.js";
import { thumbnailOf } from "./thumbnails.js";

/**
 * Requests previews. Dispatches "working" (with `detail.text`) and "preview", both with
 * `detail.photograph`.
 *
 * A photograph's `preview` is `{key, url, limitedHints}`, where the latter are the hints whose color
 * is impossible at their place: `{hint, color, is_bright}`. Its `variations` maps variation numbers
 * to `{preview, thumbnail}`. `thumbnailKey` is the key of its latest preview, even after that
 * preview has been released.
 */
export class Colorist extends EventTarget {
    #running = new Map();

    /** Colorize a photograph with its current settings; repeat while they change. */
    update(photograph) {
        // A known preview does not have to wait for the request that is running.
        this.#showKnown(photograph);
        if (!this.#running.has(photograph)) {
            const run = this.#run(photograph).finally(() => this.#running.delete(photograph));
            this.#running.set(photograph, run);
        }
        return this.#running.get(photograph);
    }

    async #run(photograph) {
        while (!photograph.isRemoved && photograph.preview?.key !== keyOf(photograph)) {
            if (this.#showKnown(photograph)) continue;
            const { variation } = photograph;
            const preview = await this.#request(photograph, variation);
            if (!preview) continue;
            // The visitor may have picked another variation in the meantime.
            if (variation === photograph.variation) photograph.preview = preview;
            if (photograph.preview) this.#show(photograph);
        }
    }

    /** Switch to a known preview that matches the settings; return whether there was one. */
    #showKnown(photograph) {
        const [known, key] = [photograph.variations.get(photograph.variation), keyOf(photograph)];
        if (known?.preview.key !== key || photograph.preview?.key === key) return false;
        photograph.preview = known.preview;
        this.#show(photograph);
        return true;
    }

    #show(photograph) {
        photograph.thumbnailKey = photograph.preview.key;
        this.#dispatch("preview", photograph);
    }

    /** Request a preview; return null if a newer request superseded it. */
    async #request(photograph, variation) {
        const [key, body, { hints }] = [keyOf(photograph), photograph.request, photograph];
        this.#dispatch("working", photograph, "Colorizing …");
        const tell = (text) => this.#dispatch("working", photograph, text);
        let response;
        try {
            response = await photograph.onServer(() =>
                queued(photograph.path("/color"), body, tell),
            );
        } catch (error) {
            if (error.superseded) return null;
            throw error;
        }
        const blob = await response.blob();
        const thumbnail = await thumbnailOf(blob);
        const preview = {
            key,
            url: URL.createObjectURL(blob),
            limitedHints: headerJson(response, "X-Limited-Hints").map(
                ({ index, ...limited }) => ({ ...limited, hint: hints[index] }),
            ),
        };
        remember(photograph, variation, preview, thumbnail);
        return preview;
    }

    #dispatch(type, photograph, text = "") {
        this.dispatchEvent(new CustomEvent(type, { detail: { photograph, text } }));
    }
}

/** Free the previews of a photograph that is not shown; keep its thumbnails. */
export function releasePreviews(photograph) {
    for (const [number, variation] of photograph.variations) {
        URL.revokeObjectURL(variation.preview.url);
        photograph.variations.set(number, { ...variation, preview: { key: null } });
    }
    photograph.preview = null;
}

/** Return a string that identifies the settings of a photograph or film. */
export const keyOf = (photograph) => JSON.stringify(photograph.request);

/** Store the preview as the latest one for its variation. */
function remember(photograph, variation, preview, thumbnail) {
    const { variations } = photograph;
    const old = variations.get(variation);
    if (old) {
        // The viewer may still be loading the old preview.
        setTimeout(() => URL.revokeObjectURL(old.preview.url), 5000);
        URL.revokeObjectURL(old.thumbnail);
    }
    variations.set(variation, { preview, thumbnail });
    if (variation === photograph.variation) photograph.thumbnail = thumbnail;
    photograph.setState(State.DONE);
}
