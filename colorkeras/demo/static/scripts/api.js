/** Calls to the server's API. */

import { ServerError, connection, send } from "./connection.js";
import { sleep } from "./dom.js";

const POLL_MILLISECONDS = 700;

const BUSY_MILLISECONDS = 3000;

/** Return JSON from the server; if `body` is given, send it with POST. */
export async function getJson(path, body) {
    return (await send(path, body === undefined ? {} : jsonRequest(body))).json();
}

/**
 * Send a request that may have to wait in the server's queue.
 *
 * @param {string} path Path on the server.
 * @param {object} body JSON body.
 * @param {(state: string) => void} tell Called with a sentence about what the server is doing.
 * @param {object} options `describe`: function that converts a state of the queue to a sentence, or
 *     to an empty string; `signal`: `AbortSignal` that ends the request.
 * @returns {Promise<Response>}
 */
export async function queued(path, body, tell = () => {}, options = {}) {
    const { describe = queueText, signal } = options;
    for (;;) {
        const ticket = newTicket();
        const request = { ...jsonRequest(body), signal };
        request.headers["X-Ticket"] = ticket;
        const isDone = { value: false };
        pollQueue(ticket, isDone, describe, tell);
        try {
            return await send(path, request);
        } catch (error) {
            if (!error.busy) throw error;
            tell("Many people are using this page right now. Trying again in a moment.");
            await sleep(BUSY_MILLISECONDS);
        } finally {
            isDone.value = true;
        }
    }
}

/** Return a random name; unlike `crypto.randomUUID`, this also works in insecure contexts. */
function newTicket() {
    const words = crypto.getRandomValues(new Uint32Array(4));
    return Array.from(words, (word) => word.toString(16).padStart(8, "0")).join("-");
}

async function pollQueue(ticket, isDone, describe, tell) {
    for (;;) {
        await sleep(POLL_MILLISECONDS);
        if (isDone.value || connection.isLost) return;
        try {
            const state = await getJson(`/api/queue/${ticket}`);
            const text = isDone.value ? "" : describe(state);
            if (text) tell(text);
        } catch {
            return;
        }
    }
}

function queueText({ state, ahead, done, total }) {
    if (state === "waiting" && ahead === 1) return "Waiting: one photograph is ahead of yours.";
    if (state === "waiting" && ahead) return `Waiting: ${ahead} photographs are ahead of yours.`;
    if (state === "waiting") return "Waiting: another zip file is being created.";
    const isCounting = state === "working" && total > 1;
    return isCounting ? `Colorizing ${Math.min(done + 1, total)} of ${total}.` : "";
}

const jsonRequest = (body) => ({
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
});

/**
 * Upload a photograph or film.
 *
 * @param {string} path Path on the server.
 * @param {File} file Photograph or film.
 * @param {(share: number) => void} onProgress Called with the fraction that has been sent.
 * @returns {Promise<object>} The server's description of the file.
 * @throws {ServerError} The server rejected the file, or the browser cannot read it.
 */
export async function upload(path, file, onProgress) {
    for (let attempt = 0; ; attempt++) {
        const request = await postFile(path, file, onProgress);
        if (request.status) {
            connection.report(false);
            const answer = parsed(request.responseText);
            if (request.status < 300) return answer;
            if (!answer.busy) throw new ServerError(answer.message, request.status, answer);
        } else {
            await checkReadable(file);
            connection.report(true);
        }
        await connection.pause(attempt);
    }
}

/** Send a file with XMLHttpRequest, which reports progress, unlike `fetch`. */
function postFile(path, file, onProgress) {
    return new Promise((resolve) => {
        const request = new XMLHttpRequest();
        const form = new FormData();
        form.append("file", file);
        request.upload.onprogress = (event) => onProgress(event.loaded / event.total);
        request.onloadend = () => resolve(request);
        request.open("POST", path);
        request.send(form);
    });
}

function parsed(text) {
    try {
        return JSON.parse(text);
    } catch {
        return { message: "Something went wrong. The server's log contains the details." };
    }
}

/** Throw an error if a file was moved or changed after the visitor chose it. */
async function checkReadable(file) {
    try {
        await file.slice(0, 1).arrayBuffer();
    } catch {
        throw new ServerError(
            `${file.name} can no longer be read. If you moved or changed it, choose it again.`,
        );
    }
}

/** Parse a response header as JSON; a missing header gives an empty list. */
export const headerJson = (response, name) => JSON.parse(response.headers.get(name) ?? "[]");

/** Return the file name that the server suggests for a download. */
export function fileName(response, fallback) {
    const header = response.headers.get("Content-Disposition") ?? "";
    const encoded = /filename\*=utf-8''([^;]+)/i.exec(header)?.[1];
    if (encoded) return decodeURIComponent(encoded);
    return /filename="([^"]+)"/.exec(header)?.[1] ?? fallback;
}
