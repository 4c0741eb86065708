/** Saving and loading hints files. */

import { count, saveBlob } from "../dom.js";
import { withKey } from "./hint_editor.js";

/** Save the hints of a photograph or film as a file. */
export function saveHints(photograph) {
    const text = `${JSON.stringify(photograph.hintsFile(), null, 2)}\n`;
    const stem = photograph.name.replace(/\.[^.]+$/, "");
    saveBlob(new Blob([text], { type: "application/json" }), `${stem}.hints.json`);
}

/**
 * Replace the hints of a photograph or film with those in a file.
 *
 * @param {Photograph} photograph Photograph that was uploaded.
 * @param {File} file Hints file.
 * @param {number} maxHints Maximum number of hints on a photograph.
 * @throws {Error} The file has no hints for this photograph, or it accepts none; the message is a
 *     sentence.
 */
export async function loadHints(photograph, file, maxHints) {
    if (photograph.hintsRefusal) throw new Error(photograph.hintsRefusal);
    const content = parse(await file.text());
    if (!isHintsFile(content)) {
        throw new Error(`${file.name} is not a hints file. Choose one that this page saved.`);
    }
    const { width, height } = photograph.info;
    if (content.width !== width || content.height !== height) {
        throw new Error(
            `${file.name} is for a photograph of ${content.width} x ${content.height} pixels, ` +
                `but ${photograph.name} has ${width} x ${height} pixels.`,
        );
    }
    const { length } = content.hints;
    if (length > maxHints) {
        const limit = count(maxHints, "hint");
        throw new Error(`${file.name} has ${length} hints. A photograph can have at most ${limit}.`);
    }
    const isInside = ({ x, y }) => x >= 0 && y >= 0 && x < width && y < height;
    if (!content.hints.every(isInside)) {
        throw new Error(`${file.name} contains hints outside the photograph.`);
    }
    const lowered = content.hints.map((hint) => ({ ...hint, color: hint.color.toLowerCase() }));
    photograph.setHints(lowered.map(withKey));
}

function parse(text) {
    try {
        return JSON.parse(text);
    } catch {
        return null;
    }
}

function isHintsFile(content) {
    return content?.version === 1 && Array.isArray(content.hints) && content.hints.every(isHint);
}

function isHint(hint) {
    const isColor = typeof hint?.color === "string" && /^#[0-9a-f]{6}$/i.test(hint.color);
    return isColor && Number.isFinite(hint.x) && Number.isFinite(hint.y);
}
