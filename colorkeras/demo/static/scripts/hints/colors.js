/** Color names and a palette of common colors. */

/** Colors that are common in photographs, by name. */
export const PALETTE = {
    skin: "#d9a88a",
    brown: "#7a5236",
    red: "#b3262e",
    orange: "#d9772b",
    yellow: "#dcb93a",
    green: "#4f8a3d",
    teal: "#2f8f8b",
    "sky blue": "#7fb2e0",
    blue: "#2f56a8",
    purple: "#7a4a9c",
    pink: "#dd8fa8",
    gray: "#808080",
};

/** Upper limit of each hue range in degrees, and the name of the range. */
const HUES = [
    [12, "red"],
    [42, "orange"],
    [68, "yellow"],
    [165, "green"],
    [195, "teal"],
    [255, "blue"],
    [290, "purple"],
    [342, "pink"],
    [361, "red"],
];

const MIN_CHROMA = 0.06;

const MIN_DISTANCE = 24;

const components = (color) => [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));

/**
 * Return the colors that people can distinguish from all earlier ones. In dark areas, for example,
 * almost all likely colors are nearly black.
 *
 * @param {object[]} colors Objects with a `color` such as "#7a1f2b".
 */
export function distinct(colors) {
    const kept = [];
    for (const candidate of colors) {
        const own = components(candidate.color);
        const isNew = kept.every(({ color }) => {
            const differences = components(color).map((value, index) => value - own[index]);
            return Math.hypot(...differences) >= MIN_DISTANCE;
        });
        if (isNew) kept.push(candidate);
    }
    return kept;
}

/** Return a name for a color such as "#7a1f2b", for people who cannot see it. */
export function colorName(color) {
    const [red, green, blue] = components(color).map((value) => value / 255);
    const [low, high] = [Math.min(red, green, blue), Math.max(red, green, blue)];
    const chroma = high - low;
    const lightness = (low + high) / 2;
    const tone = lightness < 0.3 ? "dark " : lightness > 0.7 ? "light " : "";
    if (chroma < MIN_CHROMA) return `${tone}gray`;
    const hue = hueOf(red, green, blue, high, chroma);
    const [, name] = HUES.find(([limit]) => hue < limit);
    const isMuted = chroma / (1 - Math.abs(2 * lightness - 1)) < 0.35;
    if (name === "orange" && lightness < 0.5) return `${tone}brown`;
    return `${tone}${isMuted ? "grayish " : ""}${name}`;
}

/** Return the hue in degrees, in [0, 360). */
function hueOf(red, green, blue, high, chroma) {
    if (high === red) return (60 * ((green - blue) / chroma) + 360) % 360;
    if (high === green) return 60 * ((blue - red) / chroma) + 120;
    return 60 * ((red - green) / chroma) + 240;
}
