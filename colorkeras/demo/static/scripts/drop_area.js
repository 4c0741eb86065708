/** Adding files by drag and drop anywhere in the window, the file dialog or the clipboard. */

import { byId, show } from "./dom.js";

/**
 * Connect all ways to add files.
 *
 * @param {string[]} suffixes Accepted file suffixes.
 * @param {(files: File[]) => void} add Called with the files.
 */
export function connectDropArea(suffixes, add) {
    const input = byId("file-input");
    input.accept = ["image/*", "video/*", ...suffixes].join(",");
    input.onchange = () => {
        add([...input.files]);
        // Allows choosing the same file again.
        input.value = "";
    };
    for (const button of document.querySelectorAll(".choose-files")) {
        button.onclick = () => input.click();
    }
    document.addEventListener("paste", ({ clipboardData }) => {
        if (clipboardData.files.length) add([...clipboardData.files]);
    });
    connectDrag(add);
}

function connectDrag(add) {
    const hasFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
    let depth = 0;
    const mark = (change) => {
        depth = Math.max(0, depth + change);
        document.body.classList.toggle("dragging", depth > 0);
        show(depth > 0, byId("drop-notice"));
    };
    window.addEventListener("dragenter", (event) => hasFiles(event) && mark(1));
    window.addEventListener("dragleave", (event) => hasFiles(event) && mark(-1));
    window.addEventListener("dragover", (event) => event.preventDefault());
    window.addEventListener("drop", async (event) => {
        event.preventDefault();
        mark(-depth);
        const files = await droppedFiles(event.dataTransfer);
        if (files.length) add(files);
    });
}

/** Return the dropped files, including those in folders. */
async function droppedFiles({ items, files }) {
    // The browser clears the list after the event, so read it before awaiting anything.
    const plain = [...files];
    const entries = [...items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
    if (!entries.some((entry) => entry.isDirectory)) return plain;
    return (await Promise.all(entries.map(filesIn))).flat();
}

async function filesIn(entry) {
    if (entry.isFile) return [await new Promise((...done) => entry.file(...done))];
    const reader = entry.createReader();
    const found = [];
    for (;;) {
        const some = await new Promise((...done) => reader.readEntries(...done));
        if (!some.length) break;
        found.push(...(await Promise.all(some.map(filesIn))).flat());
    }
    return found.filter(({ name }) => !name.startsWith("."));
}
