/** Colorization and download of a whole film, with its progress. */

import { fileName, headerJson, queued } from "../api.js";
import { byId, count, saveBlob, show } from "../dom.js";
import { setStatus, showError } from "../messages.js";

/** Seconds after which the remaining time is estimated. */
const MIN_SECONDS = 2;

/** Downloads one film at a time. */
export class FilmDownload {
    #isRunning = false;
    #controller = null;

    constructor(shelf) {
        this.shelf = shelf;
        byId("cancel-film").onclick = () => this.#controller?.abort();
        shelf.addEventListener("select", () => this.#draw());
    }

    /** Colorize a film and save it. */
    async run(film) {
        if (this.#isRunning) return;
        this.#isRunning = true;
        this.#controller = new AbortController();
        this.#tell("Sending the settings …", 0);
        this.#draw();
        try {
            setStatus(await this.#download(film, this.#controller.signal));
        } catch (error) {
            if (this.#controller.signal.aborted) setStatus(`${film.name} was canceled.`);
            else showError(error.message);
        } finally {
            this.#isRunning = false;
            this.#draw();
        }
    }

    async #download(film, signal) {
        const remaining = new RemainingTime();
        const describe = (state) => {
            const share = state.total ? state.done / state.total : 0;
            this.#tell(`${film.name}: ${progressText(state, remaining)}`, share);
        };
        const tell = (text) => this.#tell(text, 0);
        const response = await film.onServer(() =>
            queued(film.filmPath("/result"), { settings: film.request }, tell, {
                describe,
                signal,
            }),
        );
        const name = fileName(response, "film_color.mp4");
        saveBlob(await response.blob(), name);
        return [`Saved as ${name}.`, ...headerJson(response, "X-Notes")].join(" ");
    }

    #tell(text, share) {
        byId("film-status").textContent = text;
        byId("film-share").value = share;
    }

    #draw() {
        show(this.#isRunning, byId("film-progress"));
        byId("download").disabled = this.#isRunning && Boolean(this.shelf.current?.isFilm);
    }
}

/** Estimates the time until all frames are colorized. */
class RemainingTime {
    #start = null;

    /** Return seconds, or null while they are unknown. */
    estimate(done, total) {
        const now = performance.now() / 1000;
        if (!done) return null;
        this.#start ??= { now, done };
        const seconds = now - this.#start.now;
        const numColored = done - this.#start.done;
        if (seconds < MIN_SECONDS || !numColored) return null;
        return ((total - done) * seconds) / numColored;
    }
}

function progressText({ state, ahead, done, total }, remaining) {
    if (state === "waiting") {
        return ahead > 1 ? `${ahead} films are before yours.` : "one film is before yours.";
    }
    if (!done) return "reading the film …";
    const seconds = remaining.estimate(done, total);
    const rest = seconds === null ? "" : `, ${timeText(seconds)} left`;
    return `frame ${done} of ${total}${rest}`;
}

function timeText(seconds) {
    if (seconds < 10) return "a few seconds";
    if (seconds < 55) return `about ${10 * Math.round(seconds / 10)} seconds`;
    return `about ${count(Math.max(1, Math.round(seconds / 60)), "minute")}`;
}
