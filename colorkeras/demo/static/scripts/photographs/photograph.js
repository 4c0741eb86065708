/** A visitor's photograph: its file, its settings and its copy on the server. */

import { getJson, upload } from "../api.js";
import { Edits } from "./edits.js";

let numCreated = 0;

/** Photograph states. */
export const State = Object.freeze({
    WAITING: "waiting",
    UPLOADING: "uploading",
    COLORING: "coloring",
    DONE: "done",
    FAILED: "failed",
});

/**
 * Dispatches "state" when its state, progress or thumbnail changes.
 *
 * Properties: `info` (the server's description, null before the upload), `settings` (except the
 * hints and the variation, which are in `edits`), `error` (a sentence), `progress` (fraction that
 * has been uploaded), `thumbnail` (URL), `thumbnailKey` and `preview` (see `Colorist`), and `film`
 * (null unless this is the first frame of one of its scenes).
 */
export class Photograph extends EventTarget {
    key = `photograph-${numCreated++}`;
    info = null;
    state = State.WAITING;
    error = "";
    progress = 0;
    thumbnail = null;
    thumbnailKey = null;
    preview = null;
    variations = new Map();
    numVariations = 1;
    edits = new Edits();
    isRemoved = false;
    isGone = false;
    isFilm = false;
    film = null;
    #uploading = null;

    /**
     * @param {File|object} source File, or one of the server's examples with `id` and `title`.
     * @param {object} settings Initial settings.
     * @param {Map<string, object>} models The server's model descriptions by name.
     */
    constructor(source, settings, models) {
        super();
        this.source = source;
        this.models = models;
        this.name = source instanceof File ? source.name : source.title;
        this.settings = { ...settings };
    }

    /** What is shown in the center, and all that is colorized: scenes of a film. */
    get shown() {
        return this;
    }

    get parts() {
        return [this];
    }

    /** Description of the selected model. */
    get model() {
        return this.models.get(this.settings.model);
    }

    /** Hints of the current state; empty if the model does not support hints. */
    get hints() {
        return this.model.takes_hints ? this.edits.current.hints : [];
    }

    /** Reason for not accepting hints, as a sentence, or an empty string. */
    get hintsRefusal() {
        if (!this.model.takes_hints) {
            return "This model has no color hints. Choose another one in “More settings”.";
        }
        return this.info.pages > 1 ? "Color hints only work for files with a single page." : "";
    }

    /** Number of the selected variation; 0 is the most likely one. */
    get variation() {
        return this.model.has_variations ? this.edits.current.variation : 0;
    }

    /** Settings in the format of the API. */
    get request() {
        const request = { ...this.settings, variation: this.variation };
        if (this.hints.length) request.hints = this.hintsFile();
        return request;
    }

    /** Return the contents of a hints file with the current hints. */
    hintsFile() {
        const { width, height } = this.info;
        const hints = this.hints.map(({ key, ...hint }) => hint);
        return { version: 1, width, height, hints };
    }

    /** Replace the hints. */
    setHints(hints) {
        this.edits.push({ hints, variation: 0 });
    }

    /** Return the path of this photograph on the server. */
    path(rest = "") {
        return `/api/photographs/${this.info.id}${rest}`;
    }

    setState(state, error = "") {
        this.state = state;
        this.error = error;
        this.dispatchEvent(new Event("state"));
    }

    /** Upload the photograph unless it is already on the server. */
    async ensureUploaded() {
        if (this.info && !this.isGone) return;
        this.#uploading ??= this.#upload().finally(() => {
            this.#uploading = null;
        });
        await this.#uploading;
    }

    async #upload() {
        this.info = await this.send((share) => {
            this.progress = share;
            this.dispatchEvent(new Event("state"));
        });
        this.isGone = false;
        if (this.isRemoved) this.deleteFromServer();
    }

    /** Send the file to the server; `report` is called with the share that was sent. */
    send(report) {
        const { source } = this;
        if (!(source instanceof File)) return getJson("/api/photographs", { example: source.id });
        return upload("/api/photographs", source, report);
    }

    /**
     * Run a call that needs the photograph on the server.
     *
     * The server deletes photographs if it has not heard from their page for a while, and all of
     * them when it restarts. In these cases, the photograph is uploaded again.
     */
    async onServer(call) {
        await this.ensureUploaded();
        const { id } = this.info;
        try {
            return await call();
        } catch (error) {
            if (!error.gone) throw error;
            // Another call may have uploaded it in the meantime.
            this.isGone ||= id === this.info.id;
            await this.ensureUploaded();
            return call();
        }
    }

    /** Remove the photograph from the page and the server. */
    remove() {
        this.isRemoved = true;
        this.deleteFromServer();
    }

    /** Delete the photograph from the server; this also works while the page is closing. */
    deleteFromServer() {
        if (!this.info || this.isGone) return;
        this.isGone = true;
        fetch(this.path(), { method: "DELETE", keepalive: true }).catch(() => {});
    }
}
