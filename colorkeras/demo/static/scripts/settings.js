/** Setting controls for the current photograph. */

import { byId, create, show } from "./dom.js";

/** Settings for old photographs by the ID of their checkbox. */
const SWITCHES = {
    "keep-tone": "keep_tone",
    "auto-contrast": "auto_contrast",
    "neutral-borders": "neutral_borders",
};

/** Dispatches "change" when the visitor changes a setting, and "all" to apply them to all. */
export class Settings extends EventTarget {
    #vividness = byId("vividness");
    #saturation = byId("saturation");

    /** @param {object} info Response of `/api/info`. */
    constructor(info) {
        super();
        for (const model of info.models) this.#addModel(model);
        this.#bind(this.#vividness, "vividness", () => Number(this.#vividness.value));
        this.#bind(this.#saturation, "saturation", () => Number(this.#saturation.value));
        for (const [id, setting] of Object.entries(SWITCHES)) {
            this.#bind(byId(id), setting, () => byId(id).checked);
        }
        byId("use-for-all").onclick = () => this.dispatchEvent(new Event("all"));
    }

    #addModel({ name, title, purpose }) {
        const input = create("input", { type: "radio", name: "model", value: name });
        this.#bind(input, "model", () => name);
        const text = create("span", {}, title, create("small", {}, `${name}: ${purpose}`));
        byId("models").append(create("label", { className: "choice" }, input, text));
    }

    #bind(input, setting, value) {
        input.addEventListener("input", () => {
            if (!this.photograph) return;
            this.photograph.settings[setting] = value();
            this.draw(this.photograph);
            this.dispatchEvent(new Event("change"));
        });
    }

    /** Show the settings of a photograph. */
    draw(photograph) {
        this.photograph = photograph;
        if (!photograph?.info) return;
        const { settings, model, info, film, hintsRefusal } = photograph;
        const vividness = settings.vividness ?? model.default_vividness;
        this.#vividness.value = vividness;
        this.#vividness.setAttribute("aria-valuetext", vividnessText(vividness));
        this.#saturation.value = settings.saturation;
        byId("saturation-value").textContent = `${Math.round(100 * settings.saturation)}%`;
        for (const [id, setting] of Object.entries(SWITCHES)) byId(id).checked = settings[setting];
        for (const input of document.getElementsByName("model")) {
            input.checked = input.value === settings.model;
        }
        show(model.has_vividness, byId("vividness-group"));
        show(info.is_toned, byId("keep-tone-group"));
        show(!film, byId("old-photographs"));
        show(!hintsRefusal, byId("hints-group"));
    }
}

function vividnessText(vividness) {
    const percent = Math.round(100 * vividness);
    if (percent < 35) return `${percent}%, careful`;
    return percent > 65 ? `${percent}%, lively` : `${percent}%`;
}
