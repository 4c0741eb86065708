/** Placement of the color dialog where it hides neither the hint nor the download buttons. */

import { byId, clamp } from "../dom.js";

const GAP = 12;

const NARROW = matchMedia("(max-width: 899px)");

/**
 * Return the position of a box in the window.
 *
 * @param {object} size `width` and `height` of the box.
 * @param {object} marker Rectangle of the hint that the box belongs to.
 * @param {object|null} current Position of the box, which is kept if nothing is hidden.
 * @returns {object} `{left, top}`. If there is no free position, the download buttons are hidden.
 */
export function freePosition(size, marker, current) {
    const downloads = byId("download").parentElement.getBoundingClientRect();
    const positions = (NARROW.matches ? inNarrowWindow : inWideWindow)(size, marker, downloads);
    if (current) positions.unshift(current);
    const isFree = (position) => {
        const box = boxAt(position, size);
        return isInWindow(box) && !overlap(box, marker) && !overlap(box, downloads);
    };
    return positions.find(isFree) ?? positions.at(-1);
}

/** Positions below and above the downloads beside the photograph, then on the photograph. */
function inWideWindow({ width, height }, marker, downloads) {
    const inside = (position, length, total) => clamp(position, GAP, total - length - GAP);
    const left = inside(byId("stage").getBoundingClientRect().right + GAP, width, innerWidth);
    const top = inside((marker.top + marker.bottom - height) / 2, height, innerHeight);
    const below = inside(downloads.bottom + GAP, height, innerHeight);
    return [
        { left, top },
        { left, top: below },
        { left, top: downloads.top - GAP - height },
        { left: marker.right + GAP, top },
        { left: marker.left - GAP - width, top },
        { left, top: below },
    ];
}

/** Positions between the photograph and the downloads, then above the hint. */
function inNarrowWindow({ height }, marker, downloads) {
    const lowest = Math.max(0, innerHeight - height);
    const tops = [Math.floor(downloads.top - height), marker.top - GAP - height, lowest];
    return tops.map((top) => ({ left: 0, top }));
}

const boxAt = ({ left, top }, { width, height }) => ({
    left,
    top,
    right: left + width,
    bottom: top + height,
});

const isInWindow = ({ left, top, right, bottom }) =>
    left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight;

const overlap = (a, b) =>
    a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
