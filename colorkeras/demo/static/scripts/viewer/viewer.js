/** Viewer for the current photograph, with the divider, the overlay and zoom. */

import { byId, show } from "../dom.js";
import { Divider } from "./divider.js";
import { trackGestures } from "./gestures.js";
import { View } from "./view.js";

const ZOOM_STEP = 1.5;

const DETAIL_MARGIN = 1.2;

/** Display modes of the stage. */
export const Mode = Object.freeze({
    DIVIDED: "divided",
    COLOR: "color",
    UNCERTAINTY: "uncertainty",
    ORIGINAL: "original",
});

/**
 * Dispatches "tap" (`detail` is the point in pixels of the photograph), "draw" when the photograph
 * may have moved or changed its size, and "detail" when the preview is too coarse for the zoom level.
 */
export class Viewer extends EventTarget {
    mode = Mode.DIVIDED;
    view = new View();
    divider = new Divider(byId("divider"));
    #stage = byId("stage");
    #frame = byId("frame");
    #layers = {
        gray: byId("layer-gray"),
        color: byId("layer-color"),
        uncertainty: byId("layer-uncertainty"),
        original: byId("layer-original"),
    };
    #previewWidth = 1;

    constructor() {
        super();
        this.divider.addEventListener("move", () => this.draw());
        new ResizeObserver(() => this.draw()).observe(this.#stage);
        trackGestures(byId("surface"), {
            tap: (point) => this.#tap(point),
            drag: (dx, dy, point) => this.#drag(dx, dy, point),
            pinch: (factor, point) => this.zoomTo(this.view.scale * factor, point),
        });
        this.#stage.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    }

    #tap(point) {
        this.dispatchEvent(new CustomEvent("tap", { detail: this.view.toImage(point) }));
    }

    #drag(dx, dy, point) {
        if (!this.view.isFit) {
            this.view.pan(dx, dy);
            this.draw();
        } else if (this.mode === Mode.DIVIDED && Math.abs(dx) >= Math.abs(dy)) {
            // Vertical swipes scroll the page.
            this.divider.moveToPixel(point.x);
        }
    }

    #wheel(event) {
        if (event.ctrlKey) {
            const { left, top } = this.#stage.getBoundingClientRect();
            const point = { x: event.clientX - left, y: event.clientY - top };
            this.zoomTo(this.view.scale * Math.exp(-event.deltaY / 300), point);
        } else if (this.view.isFit) {
            return;
        } else {
            this.view.pan(-event.deltaX, -event.deltaY);
            this.draw();
        }
        event.preventDefault();
    }

    /** Switch to another photograph; its layers are empty until `setLayer` is called. */
    open({ width, height, preview_width: previewWidth }, name) {
        this.view.image = { width, height };
        // In narrow windows, the stage is no taller than the photograph.
        this.#stage.style.setProperty("--aspect", width / height);
        this.view.fit();
        this.#previewWidth = previewWidth;
        for (const layer of Object.values(this.#layers)) layer.removeAttribute("src");
        this.#layers.gray.alt = `${name} in gray`;
        this.#layers.color.alt = `${name} in color`;
        this.#layers.original.alt = `${name}, the unchanged original`;
        this.divider.position = 0.5;
        this.draw();
    }

    /** Decode an image and show it in a layer, if `isCurrent()` is still true by then. */
    async setLayer(name, url, isCurrent = () => true) {
        const image = new Image();
        image.src = url;
        try {
            await image.decode();
        } catch {
            return;
        }
        if (!isCurrent()) return;
        const isFirst = name === "color" && !this.#layers.color.hasAttribute("src");
        this.#layers[name].src = url;
        if (isFirst) this.divider.sweep();
        this.draw();
        // The caller may revoke the URL when this function returns.
        await this.#layers[name].decode().catch(() => {});
    }

    /** Whether the preview has fewer pixels than are shown. */
    get isCoarse() {
        const { scale, image } = this.view;
        return scale * image.width * devicePixelRatio > this.#previewWidth * DETAIL_MARGIN;
    }

    setMode(mode) {
        this.mode = mode;
        this.draw();
    }

    /** Move the divider if it hides the colors at a point of the photograph. */
    revealColor(point) {
        if (this.mode !== Mode.DIVIDED) return;
        const x = this.view.toWindow(point).x - 24;
        if (x < this.divider.pixel) this.divider.moveToPixel(x);
    }

    /** Move the view so that a point of the photograph is visible. */
    reveal(point) {
        this.view.reveal(point);
        this.draw();
    }

    zoomTo(scale, point) {
        this.view.zoomTo(scale, point);
        this.draw();
        if (this.isCoarse) this.dispatchEvent(new Event("detail"));
    }

    zoomIn() {
        this.zoomTo(this.view.scale * ZOOM_STEP);
    }

    zoomOut() {
        this.zoomTo(this.view.scale / ZOOM_STEP);
    }

    /** Toggle between 100% and the whole photograph. */
    toggleActualSize() {
        this.zoomTo(this.view.isFit ? this.view.actualScale : 0);
    }

    draw() {
        const { view, divider } = this;
        const { width, height } = this.#stage.getBoundingClientRect();
        view.window = { width, height };
        view.actualScale = 1 / devicePixelRatio;
        const { style } = this.#frame;
        const { frame } = view;
        for (const side of ["left", "top", "width", "height"]) style[side] = `${frame[side]}px`;
        divider.draw(view.visible);
        this.#drawLayers(100 * (divider.pixel - frame.left) / frame.width);
        this.#stage.classList.toggle("zoomed", !view.isFit);
        this.dispatchEvent(new Event("draw"));
    }

    #drawLayers(grayPercent) {
        const { gray, color, uncertainty, original } = this.#layers;
        const isLoaded = (layer) => layer.hasAttribute("src");
        const isDivided = this.mode === Mode.DIVIDED;
        const isOriginal = this.mode === Mode.ORIGINAL && isLoaded(original);
        // The overlay is easier to read on top of the grayscale image.
        const isColored = isLoaded(color) && (isDivided || this.mode === Mode.COLOR);
        show(isOriginal, original);
        show(isColored, color);
        show(isLoaded(gray) && !isOriginal && (isDivided || !isColored), gray);
        show(this.mode === Mode.UNCERTAINTY && isLoaded(uncertainty), uncertainty);
        show(isColored && isDivided, this.divider.element);
        color.style.clipPath = isDivided ? `inset(0 0 0 ${grayPercent}%)` : "none";
    }
}
