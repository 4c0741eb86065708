/** Entry point of the page. */

import { getJson } from "./api.js";
import { Center } from "./center.js";
import { byId, create, show } from "./dom.js";
import { connectDownloads, markGone } from "./downloads.js";
import { connectDropArea } from "./drop_area.js";
import { SceneStrip } from "./films/scene_strip.js";
import { loadHints, saveHints } from "./hints/hints_file.js";
import { dismissErrors, setStatus, showError, watchConnection } from "./messages.js";
import { Colorist } from "./photographs/colorist.js";
import { PhotographList } from "./photographs/photograph_list.js";
import { Shelf } from "./photographs/shelf.js";
import { connectShortcuts } from "./shortcuts.js";
import { BlindTest } from "./views/blind_test.js";
import { Compare } from "./views/compare.js";
import { connectViews, showView } from "./views/views.js";

const KEEP_ALIVE_MILLISECONDS = 60_000;

async function start() {
    watchConnection();
    const info = await getJson("/api/info");
    const settings = {
        model: info.default_model,
        vividness: null, // The model's default.
        saturation: 1,
        keep_tone: false,
        auto_contrast: false,
        neutral_borders: false,
    };
    const shelf = new Shelf(info, new Colorist(), settings);
    const center = new Center(shelf, info);
    new PhotographList(shelf);
    new SceneStrip(shelf);
    shelf.addEventListener("error", ({ detail }) => showError(detail));

    connectDropArea([...info.suffixes, ...info.films.suffixes], (files) => addFiles(shelf, files));
    connectDownloads(shelf);
    connectShortcuts(center);
    connectHintsFiles(shelf);
    const useForAll = () => setStatus(shelf.useForAll(shelf.current.settings));
    center.settings.addEventListener("all", useForAll);
    for (const format of info.output_formats) {
        const text = format.slice(1).toUpperCase();
        byId("format").append(create("option", { value: format, textContent: text }));
    }
    show(info.films.is_available, byId("films-note"));
    byId("films-note").textContent = filmsText(info.films);
    showExamples(shelf);
    const compare = new Compare(shelf);
    new BlindTest(info);
    addEventListener("hashchange", dismissErrors);
    connectViews({ compare: () => compare.show(), color: () => center.viewer.draw() });
    keepAlive(shelf);
    document.body.dataset.ready = "true";
}

const filmsText = ({ seconds, megabytes }) =>
    `Short films work, too: up to ${seconds} seconds and ${megabytes} MB.`;

/** Add photographs and films; load a hints file into the current one. */
function addFiles(shelf, files) {
    dismissErrors();
    const isHints = ({ name }) => name.toLowerCase().endsWith(".json");
    const hints = files.find(isHints);
    if (hints && shelf.current) readHints(shelf, hints);
    const photographs = files.filter((file) => !hints || !shelf.current || !isHints(file));
    if (!photographs.length) return;
    showView("color");
    shelf.add(photographs);
}

async function readHints(shelf, file) {
    try {
        await loadHints(shelf.current, file, shelf.info.limits.hints);
    } catch (error) {
        showError(error.message);
    }
}

function connectHintsFiles(shelf) {
    const input = byId("hints-input");
    byId("load-hints").onclick = () => input.click();
    input.onchange = async () => {
        dismissErrors();
        const [file] = input.files;
        if (file) await readHints(shelf, file);
        input.value = "";
    };
    byId("save-hints").onclick = () => saveHints(shelf.current);
    byId("clear-hints").onclick = () => {
        shelf.shown.setHints([]);
        byId("surface").focus({ preventScroll: true });
    };
}

function showExamples(shelf) {
    const { examples } = shelf.info;
    show(examples.length > 0, byId("examples-group"));
    for (const example of examples) {
        const image = create("img", { src: example.url, alt: example.title });
        const button = create("button", { type: "button", className: "example" }, image);
        button.onclick = () => shelf.add([example]);
        byId("examples").append(create("li", {}, button));
    }
}

/** Keep the photographs on the server while the page is open, and delete them when it closes. */
function keepAlive(shelf) {
    setInterval(() => {
        if (shelf.photographs.length) markGone(shelf.photographs).catch(() => {});
    }, KEEP_ALIVE_MILLISECONDS);
    addEventListener("pagehide", () => {
        for (const photograph of shelf.photographs) photograph.deleteFromServer();
    });
}

start().catch((error) => showError(error.message));
