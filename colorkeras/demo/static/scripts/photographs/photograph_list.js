/** List of all photographs and their progress. */

import { byId, create, show } from "../dom.js";
import { State } from "./photograph.js";

/** Shows the photographs of a `Shelf` if there are several. */
export class PhotographList {
    #list = byId("photographs");
    #items = new Map();

    constructor(shelf) {
        this.shelf = shelf;
        shelf.addEventListener("list", () => this.#draw());
        shelf.addEventListener("select", () => {
            this.#draw();
            const item = this.#items.get(shelf.current);
            item?.scrollIntoView({ block: "nearest", inline: "nearest" });
        });
        shelf.addEventListener("list", () => this.#drawStart());
        byId("remove-shown").onclick = () => {
            shelf.remove(shelf.current);
            if (!shelf.current) document.querySelector("#start .choose-files").focus();
        };
        byId("remove-all").onclick = () => {
            if (confirm("Remove all photographs and their hints from this page?")) shelf.clear();
        };
    }

    #draw() {
        const { photographs } = this.shelf;
        for (const photograph of photographs) {
            if (!this.#items.has(photograph)) this.#create(photograph);
        }
        for (const [photograph, item] of this.#items) {
            if (photographs.includes(photograph)) continue;
            item.remove();
            this.#items.delete(photograph);
        }
        for (const photograph of photographs) this.#drawItem(photograph);
        this.#drawSummary();
    }

    #create(photograph) {
        const select = create("button", { type: "button", className: "thumbnail-button" });
        const { name } = photograph;
        const remove = create("button", {
            type: "button",
            className: "remove",
            textContent: "×",
            title: `Remove ${name}`,
            "aria-label": `Remove ${name}`,
        });
        const caption = create("div", { className: "caption" });
        const nameElement = create("span", { className: "name", textContent: name, title: name });
        caption.append(nameElement, remove);
        const state = create("span", { className: "state" });
        const item = create("li", {}, select, caption, state);
        select.onclick = () => this.shelf.select(photograph);
        remove.onclick = () => this.#remove(photograph, item);
        photograph.addEventListener("state", () => {
            this.#drawItem(photograph);
            this.#drawSummary();
            this.#drawStart();
        });
        this.#items.set(photograph, item);
        this.#list.append(item);
    }

    #remove(photograph, item) {
        const next = item.nextElementSibling ?? item.previousElementSibling;
        this.shelf.remove(photograph);
        (next?.firstChild ?? byId("choose-more")).focus();
    }

    #drawItem(photograph) {
        const item = this.#items.get(photograph);
        if (!item) return;
        const [button, , state] = item.children;
        const { name, thumbnail, error } = photograph;
        item.dataset.state = photograph.state;
        state.textContent = stateText(photograph);
        state.title = error;
        button.disabled = !photograph.info;
        button.setAttribute("aria-label", `Show ${name}`);
        button.setAttribute("aria-current", photograph === this.shelf.current);
        const image = thumbnail
            ? create("img", { src: thumbnail, alt: "" })
            : create("span", { className: "thumbnail pending" });
        button.replaceChildren(image);
    }

    /** Show the upload progress of the first photograph on the start screen. */
    #drawStart() {
        const { photographs } = this.shelf;
        const sent = photographs.find(({ state }) => state === State.UPLOADING);
        show(Boolean(sent), byId("start-progress"));
        if (!sent) return;
        const isScanned = sent.isFilm && sent.progress === 1;
        const text = isScanned ? "Looking for scenes in" : "Uploading";
        byId("start-status").textContent = `${text} ${sent.name} …`;
        byId("start-share").value = sent.progress;
    }

    #drawSummary() {
        const { photographs, finished, current } = this.shelf;
        const hasSeveral = photographs.length > (current ? 1 : 0);
        show(hasSeveral, byId("list-group"));
        show(hasSeveral, ...document.querySelectorAll(".for-several"));
        const { length } = finished.filter(({ isFilm }) => !isFilm);
        byId("download-all").disabled = !length;
        byId("download-all").textContent = `Download all (${length})`;
        const numFailed = photographs.filter(({ state }) => state === State.FAILED).length;
        const failed = numFailed ? `, ${numFailed} failed` : "";
        const done = `${finished.length} of ${photographs.length} colorized`;
        byId("list-summary").textContent = `${done}${failed}`;
        byId("list-progress").max = photographs.length;
        byId("list-progress").value = finished.length + numFailed;
        const isDone = finished.length + numFailed === photographs.length;
        show(!isDone, byId("list-progress"));
    }
}

function stateText({ state, progress, error }) {
    switch (state) {
        case State.WAITING:
            return "Waiting";
        case State.UPLOADING:
            return progress && progress < 1
                ? `Uploading ${Math.round(100 * progress)}%`
                : "Uploading";
        case State.COLORING:
            return "Colorizing";
        case State.FAILED:
            return error;
        default:
            return "";
    }
}
