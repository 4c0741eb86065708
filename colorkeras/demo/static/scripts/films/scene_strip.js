/** Strip with the first frame of each scene of the current film. */

import { byId, show } from "../dom.js";
import { thumbnailButton } from "../photographs/thumbnails.js";

export class SceneStrip {
    #list = byId("scenes");
    #items = new Map();

    constructor(shelf) {
        this.shelf = shelf;
        shelf.addEventListener("select", () => this.#draw());
    }

    #draw() {
        const scenes = this.shelf.shown?.film?.scenes ?? [];
        show(scenes.length > 0, byId("scenes-group"));
        if ([...this.#items.keys()][0] !== scenes[0]) {
            this.#items = new Map(scenes.map((scene) => [scene, this.#create(scene)]));
            this.#list.replaceChildren(...this.#items.values());
        }
        for (const scene of scenes) this.#drawItem(scene);
        const item = this.#items.get(this.shelf.shown);
        item?.scrollIntoView({ block: "nearest", inline: "nearest" });
    }

    #create(scene) {
        scene.addEventListener("state", () => this.#drawItem(scene));
        return document.createElement("li");
    }

    #drawItem(scene) {
        const item = this.#items.get(scene);
        if (!item) return;
        const time = clockTime(scene.info.start);
        const button = thumbnailButton(scene.thumbnail, {
            label: `Scene ${scene.index + 1}, from ${time}`,
            text: time,
            isPressed: scene === this.shelf.shown,
        });
        button.onclick = () => this.shelf.showScene(scene);
        const hadFocus = item.contains(document.activeElement);
        item.replaceChildren(button);
        if (hadFocus) button.focus({ preventScroll: true });
    }
}

/** Format seconds as minutes and seconds. */
export function clockTime(seconds) {
    const whole = Math.floor(seconds);
    return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
