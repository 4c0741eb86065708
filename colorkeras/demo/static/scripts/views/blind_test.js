/** Blind test in which visitors tell real crops from recolored ones. */

import { getJson } from "../api.js";
import { byId, create, saveBlob, show } from "../dom.js";

const SHORT_COUNT = 10;

const STEPS = ["test-start", "test-question", "test-result"];

const KEYS = { ArrowLeft: "real", ArrowRight: "recolored" };

/** Asks about one crop at a time, and shows all of them with the score at the end. */
export class BlindTest {
    #items = [];
    #answers = {};
    #round = null;

    constructor(info) {
        const { count } = info.blind_test;
        byId("begin-long").textContent = `Start with ${count} pictures`;
        byId("begin-short").textContent = `Only ${SHORT_COUNT}`;
        byId("begin-long").onclick = () => this.#begin(count);
        byId("begin-short").onclick = () => this.#begin(SHORT_COUNT);
        byId("again").onclick = () => this.#show("test-start");
        for (const button of document.querySelectorAll("#test-answers button")) {
            button.onclick = () => this.#answer(button.value);
        }
        document.addEventListener("keydown", ({ key }) => {
            const isAsking = !byId("blind-test").hidden && !byId("test-question").hidden;
            if (isAsking && key in KEYS) this.#answer(KEYS[key]);
        });
    }

    async #begin(count) {
        const status = byId("test-status");
        status.textContent = "Shuffling the pictures …";
        try {
            const { round, items } = await getJson(`/api/blind_test?count=${count}`);
            this.#round = round;
            this.#items = items;
            this.#answers = {};
            status.textContent = "";
            this.#ask();
            this.#show("test-question");
            byId("test-answers").firstElementChild.focus({ preventScroll: true });
        } catch (error) {
            status.textContent = error.message;
        }
    }

    get #number() {
        return Object.keys(this.#answers).length;
    }

    #ask() {
        const [index, total] = [this.#number, this.#items.length];
        byId("test-picture").src = this.#items[index].url;
        byId("test-number").textContent = `Picture ${index + 1} of ${total}`;
        byId("test-progress").max = total;
        byId("test-progress").value = index;
        // Preload the next picture.
        if (index + 1 < total) new Image().src = this.#items[index + 1].url;
    }

    async #answer(answer) {
        const item = this.#items[this.#number];
        if (!item) return;
        this.#answers[item.id] = answer;
        if (this.#number < this.#items.length) this.#ask();
        else await this.#finish();
    }

    async #finish() {
        const status = byId("test-status");
        status.textContent = "Scoring your answers …";
        try {
            const body = { round: this.#round, answers: this.#answers };
            this.#showResult(await getJson("/api/blind_test", body));
            status.textContent = "";
        } catch (error) {
            status.textContent = error.message;
            this.#show("test-start");
        }
    }

    #showResult({ sentence, pictures }) {
        byId("test-sentence").textContent = sentence;
        byId("test-pictures").replaceChildren(...pictures.map(resultFigure));
        byId("save-answers").onclick = () => saveAnswers(pictures);
        this.#show("test-result");
        byId("test-sentence").focus({ preventScroll: true });
        scrollTo(0, 0);
    }

    #show(id) {
        for (const step of STEPS) show(step === id, byId(step));
    }
}

/** Create a figure with both versions of a picture, and mark the one that the visitor saw. */
function resultFigure(picture) {
    const pair = ["real", "recolored"].map((kind) => {
        const image = create("img", {
            src: kind === "real" ? picture.true_url : picture.colored_url,
            alt: `${picture.title}, ${kind}`,
        });
        const label = picture.truth === kind ? `shown: ${kind}` : kind;
        const className = picture.truth === kind ? "asked" : "";
        return create("span", { className }, image, create("small", {}, label));
    });
    const verdict = picture.right ? "Right" : `Wrong: you said ${picture.answer}`;
    const source = [picture.author, picture.license].filter(Boolean).join(", ");
    const caption = create(
        "figcaption",
        {},
        create("strong", { className: picture.right ? "right" : "wrong" }, verdict),
        create("span", {}, picture.title),
        create("small", {}, source),
    );
    return create("figure", {}, create("div", { className: "pair" }, ...pair), caption);
}

function saveAnswers(pictures) {
    const quote = (text) => `"${String(text).replaceAll('"', '""')}"`;
    const rows = pictures.map(({ title, truth, answer }) => [title, truth, answer]);
    const lines = [["picture", "truth", "answer"], ...rows].map((row) => row.map(quote).join(","));
    saveBlob(new Blob([`${lines.join("\n")}\n`], { type: "text/csv" }), "real-or-recolored.csv");
}
