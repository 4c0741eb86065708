/** Center of the page, which connects the viewer, hints, settings and variations. */

import { queued } from "./api.js";
import { send } from "./connection.js";
import { byId, count, show, sleep } from "./dom.js";
import { FilmPlayer } from "./films/film_player.js";
import { clockTime } from "./films/scene_strip.js";
import { HintEditor } from "./hints/hint_editor.js";
import { limitsText } from "./hints/limits.js";
import { setIdleStatus, setStatus, showError } from "./messages.js";
import { UncertaintyOverlay } from "./overlay.js";
import { VariationStrip } from "./photographs/variations.js";
import { Settings } from "./settings.js";
import { Mode, Viewer } from "./viewer/viewer.js";

const PRESS = matchMedia("(hover: hover)").matches ? "click" : "tap";

const IDLE_TEXT = `Wrong color? Just ${PRESS} it and choose another one.`;

/** Time without changes to the settings before the photograph is colorized at full size. */
const DETAIL_MILLISECONDS = 300;

/** Shows the current photograph of a `Shelf` and updates its colors when its settings change. */
export class Center {
    viewer = new Viewer();
    #player = new FilmPlayer(this);
    #editor;
    #strip;
    #opened = null;
    /** Original in its layer: `photograph`, and whether it has full size (`isFull`). */
    #original = {};
    #detailKey = null;
    /** Sentence about the latest action, which stays until the next one. */
    #note = "";
    #onChange = () => {
        this.#player.stop();
        this.#note = "";
        // Other modes do not show the effect of the change.
        if (![Mode.DIVIDED, Mode.COLOR].includes(this.viewer.mode)) this.setMode(Mode.COLOR);
        this.#recolor();
    };

    constructor(shelf, info) {
        this.shelf = shelf;
        this.#editor = new HintEditor(this.viewer, info.limits.hints);
        this.#strip = new VariationStrip(info.limits.variations);
        this.settings = new Settings(info);
        this.overlay = new UncertaintyOverlay(info.uncertainty_legend);
        this.#connect();
    }

    get photograph() {
        return this.shelf.shown;
    }

    #connect() {
        const { shelf, viewer, settings } = this;
        shelf.addEventListener("select", () => this.#open());
        const ofCurrent = (listener) => (event) => {
            if (event.detail.photograph === this.photograph) listener(event.detail);
        };
        shelf.colorist.addEventListener(
            "working",
            ofCurrent(({ text }) => setStatus(text, true)),
        );
        shelf.colorist.addEventListener("preview", ofCurrent(() => this.#showPreview()));
        settings.addEventListener("change", () => {
            this.#onChange();
            const { film } = this.photograph;
            // Errors are shown for the current scene.
            if (film) shelf.colorScenes(film).catch(() => {});
        });
        for (const source of [this.#editor, this.#strip]) {
            source.addEventListener("status", ({ detail }) => {
                this.#note = detail;
                setStatus(detail);
            });
        }
        viewer.addEventListener("detail", () => {
            this.#showDetail();
            if (viewer.mode === Mode.ORIGINAL) this.#showOriginal();
        });
        for (const input of document.getElementsByName("mode")) {
            input.onchange = () => {
                this.#player.stop();
                this.setMode(input.value);
            };
        }
    }

    #open() {
        const { photograph } = this;
        this.#opened?.edits.removeEventListener("change", this.#onChange);
        this.#opened = photograph;
        this.#player.stop();
        show(Boolean(photograph), byId("work"));
        show(!photograph, byId("start"));
        byId("color").classList.toggle("empty", !photograph);
        this.#editor.open(photograph);
        if (!photograph) return;
        photograph.edits.addEventListener("change", this.#onChange);
        this.#detailKey = null;
        this.#original = {};
        this.#note = "";
        this.viewer.open(photograph.info, photograph.name);
        this.#load("gray", "/gray.jpg", photograph);
        if (photograph.preview) this.#showPreview();
        this.#recolor();
    }

    #setLayer(name, url, photograph) {
        return this.viewer.setLayer(name, url, () => photograph === this.photograph);
    }

    /** Load an image of the photograph from the server and show it in a layer. */
    async #load(layer, path, photograph) {
        try {
            const response = await photograph.onServer(() => send(photograph.path(path)));
            const url = URL.createObjectURL(await response.blob());
            await this.#setLayer(layer, url, photograph);
            URL.revokeObjectURL(url);
        } catch (error) {
            showError(error.message);
        }
    }

    /** Colorize the photograph with its current settings and hints. */
    async #recolor() {
        const { photograph } = this;
        this.#drawControls();
        try {
            await this.shelf.colorist.update(photograph);
        } catch (error) {
            setStatus("");
            showError(error.message);
        }
    }

    #drawControls() {
        const { photograph } = this;
        const { edits, hints, model, film, hintsRefusal } = photograph;
        setIdleStatus(hintsRefusal || IDLE_TEXT);
        this.settings.draw(photograph);
        this.#strip.draw(photograph);
        this.#editor.draw();
        byId("undo").disabled = !edits.canUndo;
        byId("redo").disabled = !edits.canRedo;
        show(edits.canUndo || edits.canRedo, byId("undo"));
        show(edits.canRedo, byId("redo"));
        show(hints.length > 0, byId("save-hints"), byId("clear-hints"));
        byId("hints-text").textContent = hintsText(photograph);
        byId("photograph-name").textContent = photograph.name;
        byId("photograph-details").textContent = factsOf(photograph);
        const { variation } = photograph;
        const which = variation ? ` variation ${variation + 1}` : "";
        byId("download").textContent = film ? "Download film" : `Download${which}`;
        show(Boolean(film), byId("preview-film"));
        show(!film, byId("side-by-side"), byId("format-group"));
        show(model.has_uncertainty, byId("uncertainty-mode"));
        if (this.viewer.mode !== Mode.UNCERTAINTY) return;
        if (model.has_uncertainty) this.#showUncertainty();
        else this.setMode(Mode.COLOR);
    }

    #showPreview() {
        const { photograph } = this;
        const { preview } = photograph;
        const isLatest = () => photograph === this.photograph && preview === photograph.preview;
        this.#strip.draw(photograph);
        this.viewer.setLayer("color", preview.url, isLatest);
        this.#editor.drawLimit();
        this.#drawStatus();
        if (!this.viewer.view.isFit) this.viewer.zoomTo(this.viewer.view.scale);
    }

    /** Show sentences about the latest action, the file and its hints. */
    #drawStatus() {
        const { film, info, preview } = this.photograph;
        const { notes } = (film ?? { info }).info;
        const limits = limitsText(preview?.limitedHints ?? []);
        setStatus([this.#note, ...notes, limits].filter(Boolean).join(" "));
    }

    /** Replace the previews with the full-size photograph. */
    async #showDetail() {
        const { photograph } = this;
        const key = photograph.preview?.key;
        if (!key || key === this.#detailKey) return;
        this.#detailKey = key;
        const isCurrent = () => photograph === this.photograph && key === photograph.preview?.key;
        await sleep(DETAIL_MILLISECONDS);
        if (!isCurrent()) return;
        const body = { ...photograph.request, size: "full" };
        const tell = (text) => isCurrent() && setStatus(text, true);
        tell("Loading the details …");
        try {
            const response = await photograph.onServer(() =>
                queued(photograph.path("/color"), body, tell),
            );
            const url = URL.createObjectURL(await response.blob());
            await this.viewer.setLayer("color", url, isCurrent);
            URL.revokeObjectURL(url);
            await this.#load("gray", "/gray.jpg?size=full", photograph);
            if (isCurrent()) this.#drawStatus();
        } catch (error) {
            this.#detailKey = null;
            if (!error.superseded) showError(error.message);
        }
    }

    /** Switch the display mode. */
    setMode(mode) {
        for (const input of document.getElementsByName("mode")) {
            input.checked = input.value === mode;
        }
        this.viewer.setMode(mode);
        show(mode === Mode.UNCERTAINTY, byId("legend"));
        byId("color").classList.toggle("explaining", mode === Mode.UNCERTAINTY);
        if (mode === Mode.ORIGINAL) this.#showOriginal();
        if (mode === Mode.UNCERTAINTY) this.#showUncertainty();
    }

    #showOriginal() {
        const { photograph } = this;
        const [isKnown, isFull] = [this.#original.photograph === photograph, this.viewer.isCoarse];
        if (isKnown && (this.#original.isFull || !isFull)) return;
        this.#original = { photograph, isFull };
        this.#load("original", `/original.jpg${isFull ? "?size=full" : ""}`, photograph);
    }

    async #showUncertainty() {
        const { photograph } = this;
        try {
            const tell = (text) => photograph === this.photograph && setStatus(text, true);
            const url = await this.overlay.load(photograph, tell);
            await this.#setLayer("uncertainty", url, photograph);
            if (photograph === this.photograph) this.#drawStatus();
        } catch (error) {
            setStatus("");
            showError(error.message);
        }
    }
}

function hintsText({ hints: { length }, film }) {
    const place = film ? "frame" : "photograph";
    if (!length) return `To choose a color yourself, ${PRESS} a point in the ${place}.`;
    const hints = length === 1 ? "One hint" : `${length} hints`;
    return `${hints}. Drag to move, ${PRESS} to change or delete.`;
}

function factsOf({ film, info, index }) {
    const { width, height, pages } = info;
    const { is_color: isColor, is_toned: isToned } = (film ?? { info }).info;
    const facts = [`${width} x ${height} pixels`];
    if (film) {
        const length = Math.round(film.info.seconds) || 1;
        facts.push(count(length, "second"));
        facts.push(`scene ${index + 1} of ${film.scenes.length}, from ${clockTime(info.start)}`);
    }
    if (pages > 1) facts.push(`page 1 of ${pages} is shown, but all are colorized`);
    if (isColor) facts.push("already in color; the colors shown are the model's");
    else if (isToned) facts.push("toned paper");
    return facts.join(" · ");
}
