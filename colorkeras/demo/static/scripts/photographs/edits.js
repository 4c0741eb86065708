/** Undo history of the color hints and the selected variation. */

const MAX_STATES = 200;

/**
 * A state is `{hints, variation}`. Each hint has a `key` that identifies it across states; the
 * other fields are those of hints files. States are immutable.
 */
export class Edits extends EventTarget {
    #states = [{ hints: [], variation: 0 }];
    #index = 0;
    #token = null;

    get current() {
        return this.#states[this.#index];
    }

    get canUndo() {
        return this.#index > 0;
    }

    get canRedo() {
        return this.#index < this.#states.length - 1;
    }

    /**
     * Make a new state the current one.
     *
     * @param {object} state New state.
     * @param {string} token Consecutive changes with the same token are undone together.
     */
    push(state, token = null) {
        const isSameChange = token !== null && token === this.#token;
        this.#states.length = this.#index + (isSameChange ? 0 : 1);
        this.#states.push(state);
        if (this.#states.length > MAX_STATES) this.#states.shift();
        this.#go(this.#states.length - 1, token);
    }

    undo() {
        if (this.canUndo) this.#go(this.#index - 1);
    }

    redo() {
        if (this.canRedo) this.#go(this.#index + 1);
    }

    #go(index, token = null) {
        this.#index = index;
        this.#token = token;
        this.dispatchEvent(new Event("change"));
    }
}
