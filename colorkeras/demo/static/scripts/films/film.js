/** A film of the visitor and its scenes, which share its settings. */

import { upload } from "../api.js";
import { Photograph, State } from "../photographs/photograph.js";

/** Settings without those that only apply to photographs. */
const ofFilms = ({ keep_tone, auto_contrast, neutral_borders, ...settings }) => settings;

/** A film in the list of photographs. The first frames of its `scenes` are photographs. */
export class Film extends Photograph {
    isFilm = true;
    scenes = [];
    selected = 0;

    get shown() {
        return this.scenes[this.selected];
    }

    get parts() {
        return this.scenes;
    }

    /** Settings and hints of all scenes in the form of the API. */
    get request() {
        const request = ofFilms(this.settings);
        const file = this.hintsFile();
        if (file.hints.length) request.hints = file;
        return request;
    }

    hintsFile() {
        const { width, height } = this.info;
        const hints = this.scenes.flatMap((scene) => scene.timedHints);
        return { version: 1, width, height, hints };
    }

    /** Replace the hints of all scenes; those without a time belong to the first one. */
    setHints(hints) {
        for (const scene of this.scenes) {
            const { start, end } = scene.info;
            const isFirst = scene === this.scenes[0];
            const isInside = ({ time }) =>
                time === undefined ? isFirst : time >= start && time < end;
            scene.setHints(hints.filter(isInside));
        }
    }

    /** Address of the film for requests about films. */
    filmPath(rest) {
        return `/api/films/${this.info.id}${rest}`;
    }

    async send(report) {
        const { scenes, ...info } = await upload("/api/films", this.source, report);
        scenes.forEach((description, index) => {
            this.scenes[index] ??= this.#createScene(index);
            this.scenes[index].info = description;
        });
        return info;
    }

    #createScene(index) {
        const scene = new Scene(this, index);
        scene.addEventListener("state", () => {
            this.thumbnail = this.scenes[0].thumbnail;
            const isDone = this.scenes.every(({ state }) => state === State.DONE);
            this.setState(isDone ? State.DONE : this.state);
        });
        return scene;
    }

    remove() {
        for (const scene of this.scenes) scene.isRemoved = true;
        super.remove();
    }
}

/** First frame of a scene. Hints on it apply to the scene from that time on. */
class Scene extends Photograph {
    constructor(film, index) {
        super(film.source, film.settings, film.models);
        this.film = film;
        this.index = index;
        this.settings = film.settings;
    }

    /** Number of the variation; films have none, because hints exclude them. */
    get variation() {
        return 0;
    }

    get request() {
        return ofFilms(super.request);
    }

    get timedHints() {
        return this.hints.map(({ key, ...hint }) => ({ time: this.info.start, ...hint }));
    }

    async ensureUploaded() {
        this.film.isGone ||= this.isGone;
        await this.film.ensureUploaded();
        this.isGone = false;
    }
}
