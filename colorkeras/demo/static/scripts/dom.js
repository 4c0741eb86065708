/** Helpers for DOM elements. */

/** Return the element with this ID. */
export const byId = (id) => document.getElementById(id);

/**
 * Create an element.
 *
 * @param {string} tag Tag name.
 * @param {object} properties Properties such as `className`; names with a hyphen and `role` are set
 *     as attributes.
 * @param {...(Node|string)} children Child nodes.
 */
export function create(tag, properties = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(properties)) {
        if (name.includes("-") || name === "role") element.setAttribute(name, value);
        else element[name] = value;
    }
    element.append(...children);
    return element;
}

/** Show or hide elements. */
export function show(isShown, ...elements) {
    for (const element of elements) element.hidden = !isShown;
}

/** Clamp a number to a range. */
export const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

/** Return a promise that resolves after a number of milliseconds. */
export const sleep = (milliseconds) =>
    new Promise((resolve) => {
        setTimeout(resolve, milliseconds);
    });

/** Format a count with its noun: `count(2, "photograph")` is "2 photographs". */
export const count = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;

/** Offer a blob as a download with a file name. */
export function saveBlob(blob, name) {
    const url = URL.createObjectURL(blob);
    create("a", { href: url, download: name }).click();
    // The browser reads the blob after the click, so revoke the URL later.
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
