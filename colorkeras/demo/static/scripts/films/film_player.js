/** One second of a film in color, played over the photograph. */

import { queued } from "../api.js";
import { byId, show } from "../dom.js";
import { setStatus, showError } from "../messages.js";
import { Mode } from "../viewer/viewer.js";

const BROKEN = "Your browser cannot play this film. Download it and open it in a video player.";

export class FilmPlayer {
    #video = byId("film-preview");
    #button = byId("preview-film");

    /** @param {Center} center Shows the current scene. */
    constructor(center) {
        this.center = center;
        this.#button.onclick = () => (this.#isPlaying ? this.stop() : this.#play());
        this.#video.onerror = () => {
            if (!this.#isPlaying) return;
            this.stop();
            showError(BROKEN);
        };
        center.viewer.addEventListener("tap", () => this.stop());
        this.#draw();
    }

    get #isPlaying() {
        return this.#video.hasAttribute("src");
    }

    /** Show the still frame again. */
    stop() {
        if (!this.#isPlaying) return;
        URL.revokeObjectURL(this.#video.src);
        this.#video.removeAttribute("src");
        this.#video.load();
        this.#draw();
    }

    async #play() {
        const scene = this.center.photograph;
        const { film } = scene;
        const key = JSON.stringify(film.request);
        const isCurrent = () =>
            scene === this.center.photograph && key === JSON.stringify(film.request);
        const tell = (text) => isCurrent() && setStatus(text, true);
        tell("Colorizing one second of the film …");
        this.#button.disabled = true;
        try {
            const body = { scene: scene.index, settings: film.request };
            const response = await film.onServer(() =>
                queued(film.filmPath("/preview"), body, tell),
            );
            if (!isCurrent()) return;
            setStatus("");
            this.center.setMode(Mode.COLOR);
            this.#video.src = URL.createObjectURL(await response.blob());
            this.#draw();
            await this.#video.play().catch(() => {});
        } catch (error) {
            setStatus("");
            showError(error.message);
        } finally {
            this.#button.disabled = false;
        }
    }

    #draw() {
        show(this.#isPlaying, this.#video);
        this.#button.textContent = this.#isPlaying ? "Stop" : "Preview";
    }
}
