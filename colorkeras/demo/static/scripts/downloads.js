/** Full-size downloads: one photograph or film, side by side, or a zip file of all. */

import { fileName, getJson, headerJson, queued } from "./api.js";
import { byId, count, saveBlob } from "./dom.js";
import { FilmDownload } from "./films/film_download.js";
import { setStatus, showError } from "./messages.js";

/** Connect the download buttons. */
export function connectDownloads(shelf) {
    const run = (id, download) => {
        const button = byId(id);
        button.onclick = () => withButton(button, download);
    };
    const films = new FilmDownload(shelf);
    run("side-by-side", () => downloadOne(shelf.current, true));
    run("download-all", () => downloadAll(shelf));
    byId("download").onclick = () => {
        if (shelf.current.isFilm) films.run(shelf.current);
        else withButton(byId("download"), () => downloadOne(shelf.current, false));
    };
}

/** Run a download and disable its button in the meantime. */
async function withButton(button, download) {
    button.disabled = true;
    button.classList.add("busy");
    try {
        setStatus(await download());
    } catch (error) {
        setStatus("");
        showError(error.message);
    } finally {
        button.disabled = false;
        button.classList.remove("busy");
    }
}

const tell = (text) => setStatus(text, true);

const chosenFormat = () => byId("format").value || null;

async function downloadOne(photograph, isSideBySide) {
    tell("Colorizing at full size …");
    const body = {
        settings: photograph.request,
        side_by_side: isSideBySide,
        format: chosenFormat(),
    };
    const response = await photograph.onServer(() =>
        queued(photograph.path("/result"), body, tell),
    );
    const name = fileName(response, "color.jpg");
    saveBlob(await response.blob(), name);
    return [`Saved as ${name}.`, ...headerJson(response, "X-Notes")].join(" ");
}

async function downloadAll(shelf) {
    const { zip_items: limit } = shelf.info.limits;
    const photographs = shelf.finished.filter(({ isFilm }) => !isFilm);
    const numParts = Math.ceil(photographs.length / limit);
    let numFailed = 0;
    for (let part = 0; part < numParts; part++) {
        const which = numParts > 1 ? `, file ${part + 1} of ${numParts}` : "";
        tell(`Colorizing ${count(photographs.length, "photograph")} at full size${which} …`);
        numFailed += await downloadZip(photographs.slice(part * limit, (part + 1) * limit));
    }
    const failed = numFailed ? ` ${numFailed} could not be colorized; the file says why.` : "";
    return `Saved ${count(photographs.length - numFailed, "photograph")}.${failed}`;
}

/** Download photographs as one zip file; return how many failed. */
async function downloadZip(photographs) {
    await uploadAgain(photographs);
    const items = photographs.map(({ info, request }) => ({ id: info.id, settings: request }));
    const response = await queued("/api/zip", { items, format: chosenFormat() }, tell);
    saveBlob(await response.blob(), fileName(response, "colored.zip"));
    return Number(response.headers.get("X-Failed") ?? 0);
}

/** Upload photographs again if the server no longer has them. */
async function uploadAgain(photographs) {
    await markGone(photographs);
    for (const photograph of photographs) await photograph.ensureUploaded();
}

/** Tell the server that these photographs are in use, and mark those that it no longer has. */
export async function markGone(photographs) {
    const known = photographs.filter(({ info }) => info);
    const ids = known.map(({ info }) => info.id);
    const { gone } = await getJson("/api/keep_alive", { ids });
    for (const photograph of known) photograph.isGone ||= gone.includes(photograph.info.id);
}
