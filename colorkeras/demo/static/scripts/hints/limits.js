/** Sentences about hints whose color is impossible at the brightness of their place. */

import { count } from "../dom.js";
import { colorName } from "./colors.js";

const tone = (isBright) => (isBright ? "too bright" : "too dark");

/** Return a sentence about the hint whose colors are shown. */
export const placeText = ({ is_bright: isBright }) =>
    `This place is ${tone(isBright)} for that color; the closest possible color is used:`;

/**
 * Return a sentence about all hints of a photograph, or an empty string.
 *
 * @param {object[]} limited Objects with `hint` and `is_bright`.
 */
export function limitsText(limited) {
    if (!limited.length) return "";
    const { length } = limited;
    const parts = [false, true].map((isBright) => {
        const those = limited.filter((each) => each.is_bright === isBright);
        if (!those.length) return "";
        const [{ hint }] = those;
        const which = length === 1 ? `the ${colorName(hint.color)} hint` : count(those.length, "hint");
        return `${tone(isBright)} for ${which}`;
    });
    const text = parts.filter(Boolean).join(" and ");
    const used = length === 1 ? "the closest possible color is used" : "the closest ones are used";
    return `${text[0].toUpperCase()}${text.slice(1)}; ${used}.`;
}
