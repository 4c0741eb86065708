/** Views of the page, selected by the fragment of the URL. */

import { byId } from "../dom.js";

const DEFAULT = "color";

/** Functions to call whenever a view is shown, by view ID. */
let listeners = {};

/** Show the view that the URL selects, now and whenever the fragment changes. */
export function connectViews(onShown) {
    listeners = onShown;
    const update = () => showView(location.hash.slice(1));
    addEventListener("hashchange", update);
    update();
}

/** Show a view by name, or the default view if the name is unknown. */
export function showView(name) {
    const views = [...document.querySelectorAll("main > section")];
    const shown = views.find(({ id }) => id === name) ?? byId(DEFAULT);
    if (document.body.dataset.view !== shown.id) scrollTo(0, 0);
    for (const view of views) view.hidden = view !== shown;
    document.body.dataset.view = shown.id;
    for (const link of document.querySelectorAll("nav a")) {
        if (link.hash === `#${shown.id}`) link.setAttribute("aria-current", "page");
        else link.removeAttribute("aria-current");
    }
    document.title = `${shown.dataset.title} – colorkeras`;
    if (location.hash.slice(1) !== shown.id) history.replaceState(null, "", `#${shown.id}`);
    listeners[shown.id]?.();
}
