/** Visible part of an image in a window. */

import { clamp } from "../dom.js";

const MAX_UPSCALE = 4;

const TOLERANCE = 1.001;

/**
 * Converts between image and window coordinates. `scale` is in window pixels per image pixel.
 */
export class View {
    image = { width: 1, height: 1 };
    window = { width: 1, height: 1 };
    /** Side length of a device pixel in window pixels, which is the scale for a zoom of 100%. */
    actualScale = 1;
    #scale = null;
    #center = { x: 0.5, y: 0.5 };

    /** Scale at which the whole image fits into the window. */
    get fitScale() {
        const { image, window } = this;
        const fit = Math.min(window.width / image.width, window.height / image.height);
        return Math.min(fit, MAX_UPSCALE);
    }

    get maxScale() {
        return Math.max(MAX_UPSCALE * this.actualScale, this.fitScale);
    }

    /** Whether a zoom of 100% is larger than the scale at which the whole image fits. */
    get canShowActual() {
        return this.actualScale > this.fitScale * TOLERANCE;
    }

    get isFit() {
        return this.#scale === null;
    }

    get scale() {
        return this.#scale ?? this.fitScale;
    }

    /** Position and size of the image in the window. */
    get frame() {
        const width = this.image.width * this.scale;
        const height = this.image.height * this.scale;
        return {
            left: place(width, this.window.width, this.#center.x),
            top: place(height, this.window.height, this.#center.y),
            width,
            height,
        };
    }

    /** Visible part of the image in the window. */
    get visible() {
        const { left, top, width, height } = this.frame;
        return {
            left: Math.max(0, left),
            top: Math.max(0, top),
            right: Math.min(this.window.width, left + width),
            bottom: Math.min(this.window.height, top + height),
        };
    }

    fit() {
        this.#scale = null;
        this.#center = { x: 0.5, y: 0.5 };
    }

    /** Change the scale while keeping the image fixed at `point` in the window. */
    zoomTo(scale, point = { x: this.window.width / 2, y: this.window.height / 2 }) {
        const fixed = this.toImage(point);
        if (scale <= this.fitScale * TOLERANCE) {
            this.fit();
            return;
        }
        this.#scale = Math.min(scale, this.maxScale);
        this.#moveTo(fixed, point);
    }

    /** Move the image by a number of window pixels. */
    pan(dx, dy) {
        const middle = { x: this.window.width / 2, y: this.window.height / 2 };
        this.#moveTo(this.toImage({ x: middle.x - dx, y: middle.y - dy }), middle);
    }

    /** Move the image so that an image point becomes visible. */
    reveal(point) {
        const shown = this.toWindow(point);
        const margin = 40;
        const inside = {
            x: clamp(shown.x, margin, this.window.width - margin),
            y: clamp(shown.y, margin, this.window.height - margin),
        };
        const isInside = inside.x === shown.x && inside.y === shown.y;
        if (!this.isFit && !isInside) this.#moveTo(point, inside);
    }

    /** Move the image so that an image point appears at a window point. */
    #moveTo(imagePoint, windowPoint) {
        const { image, window, scale } = this;
        const offset = (length, total, at, to) => (at + (total / 2 - to) / scale) / length;
        this.#center = {
            x: offset(image.width, window.width, imagePoint.x, windowPoint.x),
            y: offset(image.height, window.height, imagePoint.y, windowPoint.y),
        };
        // Store the clamped center, so that the next movement starts from what is visible.
        const { left, top, width, height } = this.frame;
        this.#center = {
            x: (window.width / 2 - left) / width,
            y: (window.height / 2 - top) / height,
        };
    }

    toImage({ x, y }) {
        const { left, top } = this.frame;
        return { x: (x - left) / this.scale, y: (y - top) / this.scale };
    }

    toWindow({ x, y }) {
        const { left, top } = this.frame;
        return { x: left + x * this.scale, y: top + y * this.scale };
    }
}

/** Return the offset at which an image is centered or fills the window. */
function place(length, total, center) {
    if (length <= total) return (total - length) / 2;
    return clamp(total / 2 - center * length, total - length, 0);
}
