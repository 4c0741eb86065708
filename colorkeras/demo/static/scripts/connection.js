/** Requests that are retried until the server can be reached again. */

import { sleep } from "./dom.js";

const DELAYS = [500, 1000, 2000, 4000];

const GATEWAY_ERRORS = [502, 504];

/** Error reported by the server; its message is a sentence for the visitor. */
export class ServerError extends Error {
    constructor(message, status = 0, flags = {}) {
        super(message);
        Object.assign(this, { status, ...flags });
    }
}

/** Tracks whether the server can be reached; dispatches "lost" and "restored". */
class Connection extends EventTarget {
    isLost = false;
    #wakers = new Set();

    constructor() {
        super();
        window.addEventListener("online", () => this.retryNow());
    }

    /** Retry waiting requests now. */
    retryNow() {
        for (const wake of this.#wakers) wake();
    }

    /** Record whether a request reached the server. */
    report(isLost) {
        if (isLost === this.isLost) return;
        this.isLost = isLost;
        this.dispatchEvent(new Event(isLost ? "lost" : "restored"));
    }

    /** Wait before the next attempt. */
    async pause(attempt) {
        let wake;
        const isWoken = new Promise((resolve) => {
            wake = resolve;
        });
        this.#wakers.add(wake);
        await Promise.race([sleep(DELAYS[Math.min(attempt, DELAYS.length - 1)]), isWoken]);
        this.#wakers.delete(wake);
    }
}

export const connection = new Connection();

/**
 * Send a request, and retry it while the server cannot be reached.
 *
 * @param {string} path Path on the server.
 * @param {object} options Options for `fetch`.
 * @returns {Promise<Response>} A successful response.
 * @throws {ServerError} The server rejected the request.
 */
export async function send(path, options = {}) {
    for (let attempt = 0; ; attempt++) {
        const response = await attemptOnce(path, options);
        if (response && !GATEWAY_ERRORS.includes(response.status)) {
            connection.report(false);
            if (response.ok) return response;
            throw await errorOf(response);
        }
        connection.report(true);
        await connection.pause(attempt);
    }
}

/**
 * Return the response with its complete body, or null if the connection was lost.
 *
 * @throws {DOMException} The request was aborted.
 */
async function attemptOnce(path, options) {
    try {
        const response = await fetch(path, options);
        const body = response.status === 204 ? null : await response.blob();
        return new Response(body, response);
    } catch (error) {
        if (options.signal?.aborted) throw error;
        return null;
    }
}

async function errorOf(response) {
    const text = await response.text();
    try {
        const { message, ...flags } = JSON.parse(text);
        return new ServerError(message, response.status, flags);
    } catch {
        return new ServerError("Something went wrong. The server's log contains the details.");
    }
}
