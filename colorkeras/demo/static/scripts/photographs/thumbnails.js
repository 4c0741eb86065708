/** Thumbnails of previews, and buttons that show them. */

import { create } from "../dom.js";

const HEIGHT = 144;

/** Return the URL of a thumbnail of an image. */
export async function thumbnailOf(blob) {
    const bitmap = await createImageBitmap(blob);
    const canvas = document.createElement("canvas");
    canvas.height = HEIGHT;
    canvas.width = Math.max(1, Math.round((bitmap.width * HEIGHT) / bitmap.height));
    const context = canvas.getContext("2d");
    context.imageSmoothingQuality = "high";
    context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    bitmap.close();
    const small = await new Promise((resolve) => {
        canvas.toBlob(resolve, "image/jpeg", 0.85);
    });
    return URL.createObjectURL(small);
}

/**
 * Create a button with a thumbnail, which is pressed or not.
 *
 * @param {string|null} url Thumbnail, or null until there is one.
 * @param {object} options `label`, the short `text` below the thumbnail, and `isPressed`.
 */
export function thumbnailButton(url, { label, text, isPressed }) {
    const picture = url
        ? create("img", { src: url, alt: "" })
        : create("span", { className: "thumbnail pending" });
    return create(
        "button",
        {
            type: "button",
            className: "thumbnail-button",
            title: label,
            "aria-label": label,
            "aria-pressed": isPressed,
        },
        picture,
        create("span", { className: "number", textContent: text, "aria-hidden": true }),
    );
}
