/** Editor for placing, coloring, moving and deleting hints on the current photograph. */

import { queued } from "../api.js";
import { byId, count } from "../dom.js";
import { ColorDialog } from "./color_dialog.js";
import { distinct } from "./colors.js";
import { Crosshair } from "./crosshair.js";
import { Markers, insideImage } from "./markers.js";

let numHints = 0;

/** Return a copy of a hint with a key that identifies it across edits. */
export const withKey = (hint) => ({ ...hint, key: `hint-${numHints++}` });

/** Dispatches "status"; `detail` is a sentence. */
export class HintEditor extends EventTarget {
    photograph = null;
    #draft = null;
    #openKey = null;
    #dialog = new ColorDialog();
    #surface = byId("surface");
    #markers = new Markers(byId("markers"));
    #crosshair = new Crosshair(byId("surface"));

    /**
     * @param {Viewer} viewer Viewer that shows the photograph.
     * @param {number} maxHints Maximum number of hints on a photograph.
     */
    constructor(viewer, maxHints) {
        super();
        this.viewer = viewer;
        this.maxHints = maxHints;
        viewer.addEventListener("tap", ({ detail }) => this.#tap(detail));
        viewer.addEventListener("draw", () => this.#placeDialog());
        this.#crosshair.addEventListener("place", ({ detail }) => this.#place(detail));
        this.#crosshair.addEventListener("move", ({ detail }) => viewer.reveal(detail));
        this.#markers.addEventListener("open", ({ detail }) => this.#open(detail.key));
        this.#markers.addEventListener("remove", ({ detail }) => this.#remove(detail.key));
        this.#markers.addEventListener("move", ({ detail }) => this.#move(detail));
        this.#dialog.addEventListener("choose", ({ detail }) => this.#choose(detail));
        this.#dialog.addEventListener("remove", () => this.#remove(this.#openKey));
        this.#dialog.addEventListener("close", () => this.close());
        document.addEventListener("pointerdown", ({ target }) => this.#closeUnless(target));
        addEventListener("hashchange", () => this.close());
    }

    /** Start editing the hints of a photograph; null closes the editor. */
    open(photograph) {
        this.#reset();
        this.photograph = photograph;
        if (photograph?.info) this.#crosshair.reset(photograph.info);
        this.draw();
    }

    /** Draw the hints. */
    draw() {
        if (!this.photograph?.info) {
            this.#markers.draw([], { width: 1, height: 1 }, null);
            return;
        }
        const { hints } = this.photograph;
        const isKnown = this.#draft || hints.some(({ key }) => key === this.#openKey);
        if (this.#openKey && !isKnown) this.#reset();
        const shown = this.#draft ? [...hints, this.#draft] : hints;
        this.#markers.draw(shown, this.photograph.info, this.#openKey);
        this.#placeDialog();
    }

    /** Show in the dialog whether the latest preview has another color than its hint. */
    drawLimit() {
        const limited = this.photograph?.preview?.limitedHints ?? [];
        this.#dialog.setLimited(limited.find(({ hint }) => hint.key === this.#openKey));
    }

    #placeDialog() {
        if (this.#dialog.isOpen) this.#dialog.place(this.#markers.rectangle(this.#openKey));
    }

    /** Close the color dialog; drop a hint that has no color yet. */
    close() {
        if (!this.#dialog.isOpen) return;
        const key = this.#draft ? null : this.#openKey;
        this.#reset();
        this.draw();
        if (key) this.#markers.focus(key);
        else this.#surface.focus({ preventScroll: true });
    }

    #reset() {
        this.#dialog.close();
        this.#draft = null;
        this.#openKey = null;
    }

    #closeUnless(target) {
        const isInside = this.#dialog.contains(target) || target.closest?.(".marker, #surface");
        if (!this.#dialog.isOpen || isInside) return;
        this.#reset();
        this.draw();
    }

    /** Place a hint, unless this tap dismisses a hint that has no color yet. */
    #tap(point) {
        const hasDraft = Boolean(this.#draft);
        this.close();
        if (!hasDraft) this.#place(point);
    }

    #place(point) {
        const { photograph } = this;
        if (!photograph?.preview) return;
        if (photograph.hintsRefusal) {
            this.#tell(photograph.hintsRefusal);
            return;
        }
        const { x, y } = insideImage(point, photograph.info);
        const isInside = point.x >= 0 && point.y >= 0 &&
            point.x < photograph.info.width && point.y < photograph.info.height;
        if (!isInside) return;
        if (photograph.hints.length >= this.maxHints) {
            const limit = count(this.maxHints, "hint");
            this.#tell(`A photograph can have at most ${limit}. Move or delete one instead.`);
            return;
        }
        this.#draft = withKey({ x, y, color: null });
        this.#open(this.#draft.key);
    }

    #open(key) {
        this.#openKey = key;
        this.draw();
        const hint = this.#hint(key);
        this.drawLimit();
        this.#dialog.open(this.#markers.rectangle(key), hint.color);
        this.#showLikely(hint);
    }

    #hint(key) {
        if (this.#draft?.key === key) return this.#draft;
        return this.photograph.hints.find((hint) => hint.key === key);
    }

    /** Show which colors the model considers likely at the position of a hint. */
    async #showLikely({ key, x, y }) {
        const { photograph } = this;
        const isCurrent = () => this.#openKey === key && this.photograph === photograph;
        const body = { x, y, model: photograph.settings.model };
        const tell = (text) => isCurrent() && this.#dialog.setProgress(text);
        try {
            const response = await photograph.onServer(() =>
                queued(photograph.path("/likely_colors"), body, tell),
            );
            const { colors } = await response.json();
            if (isCurrent()) this.#dialog.setLikely(distinct(colors));
        } catch {
            // Visitors can still use the palette.
            if (isCurrent()) this.#dialog.setLikely([]);
        }
    }

    /** Color the open hint; the colors on the way to a picked color are one step for undo. */
    #choose({ color, isDragging }) {
        const key = this.#openKey;
        const { hints } = this.photograph;
        const hint = { ...this.#hint(key), color };
        const others = hints.map((other) => (other.key === key ? hint : other));
        const changed = this.#draft ? [...hints, hint] : others;
        this.#draft = null;
        this.#dialog.setColor(color);
        this.#push(changed, isDragging ? `color ${key}` : null);
        this.viewer.revealColor(hint);
    }

    #move({ key, x, y }) {
        if (this.#draft?.key === key) {
            this.#draft = { ...this.#draft, x, y };
            this.draw();
            return;
        }
        const { hints } = this.photograph;
        const moved = hints.map((hint) => (hint.key === key ? { ...hint, x, y } : hint));
        this.#push(moved, `move ${key}`);
        this.viewer.reveal({ x, y });
    }

    #remove(key) {
        const isDraft = this.#draft?.key === key;
        this.#reset();
        this.#surface.focus({ preventScroll: true });
        if (isDraft) this.draw();
        else this.#push(this.photograph.hints.filter((hint) => hint.key !== key));
    }

    /** Save an edit. Hints only work with the first variation, so switch to it. */
    #push(hints, token = null) {
        const { edits, variation } = this.photograph;
        edits.push({ hints, variation: 0 }, token);
        if (variation) this.#tell(`Hints change variation 1. Undo restores variation ${variation + 1}.`);
    }

    #tell(text) {
        this.dispatchEvent(new CustomEvent("status", { detail: text }));
    }
}
