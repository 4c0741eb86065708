/** The visitor's photographs and films, one of which is shown in the center of the page. */

import { count } from "../dom.js";
import { Film } from "../films/film.js";
import { keyOf, releasePreviews } from "./colorist.js";
import { Photograph, State } from "./photograph.js";

/**
 * Uploads and colorizes photographs one at a time. Dispatches "list" when photographs are added or
 * removed, "select" when another one is selected, and "error" with a sentence as `detail`.
 */
export class Shelf extends EventTarget {
    photographs = [];
    current = null;
    #isWorking = false;

    /**
     * @param {object} info Response of `/api/info`.
     * @param {Colorist} colorist Colorizes the photographs.
     * @param {object} settings Settings for new photographs.
     */
    constructor(info, colorist, settings) {
        super();
        this.info = info;
        this.colorist = colorist;
        this.settings = settings;
        this.models = new Map(info.models.map((model) => [model.name, model]));
    }

    /** The current photograph, or the selected scene of the current film. */
    get shown() {
        return this.current?.shown ?? null;
    }

    /** Photographs and films that have been colorized. */
    get finished() {
        return this.photographs.filter((photograph) => photograph.state === State.DONE);
    }

    /** Add files or examples, and show the first one that can be read. */
    add(sources) {
        const added = [];
        for (const source of sources) {
            const reason = this.#refusal(source);
            if (reason) this.#tell("error", reason);
            else {
                const Kind = this.#isFilm(source) ? Film : Photograph;
                added.push(new Kind(source, this.settings, this.models));
            }
        }
        const batch = { isShown: false, isSingle: added.length === 1 };
        for (const photograph of added) photograph.batch = batch;
        this.photographs.push(...added);
        this.#tell("list");
        this.#work();
    }

    #isFilm(source) {
        return source instanceof File && hasSuffix(source, this.info.films.suffixes);
    }

    /** Return the reason for not uploading a file, or an empty string. */
    #refusal(source) {
        if (!(source instanceof File)) return "";
        const { limits, suffixes, films } = this.info;
        const isFilm = this.#isFilm(source);
        if (isFilm && !films.is_available) return films.missing;
        if (!isFilm && !hasSuffix(source, suffixes)) {
            return `${source.name} is not a photograph. Choose a JPEG, PNG or TIFF file.`;
        }
        const { megabytes } = isFilm ? films : limits;
        if (source.size > megabytes * 1e6) {
            const size = Math.ceil(source.size / 1e6);
            const limit = `The limit ${isFilm ? "for films " : ""}is ${megabytes} MB.`;
            return `${source.name} is too large (${size} MB). ${limit}`;
        }
        return source.size ? "" : `${source.name} is empty. Choose another file.`;
    }

    async #work() {
        if (this.#isWorking) return;
        this.#isWorking = true;
        for (;;) {
            const next = this.photographs.find(({ state }) => state === State.WAITING);
            if (!next) break;
            await this.#process(next);
        }
        this.#isWorking = false;
    }

    async #process(photograph) {
        try {
            photograph.setState(State.UPLOADING);
            await photograph.ensureUploaded();
            if (photograph.isRemoved) return;
            photograph.setState(State.COLORING);
            if (!photograph.batch.isShown) {
                photograph.batch.isShown = true;
                this.select(photograph);
            }
            await this.#color(photograph);
            photograph.setState(State.DONE);
        } catch (error) {
            this.#fail(photograph, error);
        }
    }

    /** Colorize a photograph, or the scenes of a film whose thumbnails show other settings. */
    async #color(photograph) {
        for (const part of photograph.parts) {
            if (photograph.isRemoved) return;
            if (part.thumbnailKey !== keyOf(part)) await this.colorist.update(part);
            if (part !== this.shown) releasePreviews(part);
        }
    }

    /** Colorize the other scenes of a film after its settings have changed. */
    async colorScenes(film) {
        for (;;) {
            const key = keyOf(film);
            await this.#color(film);
            if (key === keyOf(film)) return;
        }
    }

    /** Report that a photograph cannot be colorized; in a batch, the list shows the reason. */
    #fail(photograph, error) {
        if (!(error instanceof Error) || photograph.isRemoved) return;
        this.#tell("error", error.message);
        photograph.setState(State.FAILED, error.message);
        if (photograph.batch.isSingle && photograph !== this.current) this.remove(photograph);
    }

    /** Show a photograph in the center. */
    select(photograph) {
        if (photograph === this.current) return;
        if (this.shown) releasePreviews(this.shown);
        this.current = photograph;
        this.#tell("select");
    }

    /** Show another scene of the current film. */
    showScene(scene) {
        if (scene === this.shown) return;
        releasePreviews(this.shown);
        scene.film.selected = scene.index;
        this.#tell("select");
    }

    /** Remove a photograph and delete it from the server. */
    remove(photograph) {
        const index = this.photographs.indexOf(photograph);
        if (index < 0) return;
        this.photographs.splice(index, 1);
        photograph.remove();
        if (photograph === this.current) {
            const usable = this.photographs.filter(({ info }) => info);
            this.current = null;
            const next = usable.find((other) => this.photographs.indexOf(other) >= index);
            if (usable.length) this.select(next ?? usable.at(-1));
            else this.#tell("select");
        }
        this.#tell("list");
    }

    /** Remove all photographs. */
    clear() {
        for (const photograph of [...this.photographs]) {
            if (photograph !== this.current) this.remove(photograph);
        }
        if (this.current) this.remove(this.current);
    }

    /** Apply settings to all photographs, including later ones; colorize finished ones again. */
    useForAll(settings) {
        Object.assign(this.settings, settings);
        for (const photograph of this.photographs) {
            Object.assign(photograph.settings, settings);
            if (photograph !== this.current && photograph.state === State.DONE) {
                photograph.setState(State.WAITING);
            }
        }
        this.#work();
        return `Settings applied to ${count(this.photographs.length, "photograph")}.`;
    }

    #tell(type, detail = null) {
        this.dispatchEvent(new CustomEvent(type, { detail }));
    }
}

const hasSuffix = ({ name }, suffixes) =>
    suffixes.some((suffix) => name.toLowerCase().endsWith(suffix));
