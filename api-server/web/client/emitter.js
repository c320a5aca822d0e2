// Listeners by the name of what happens. (Node 18 has EventTarget, but no CustomEvent.)
export class Emitter {
    #listeners = new Map();

    /** Returns the function that takes the listener away again. */
    on(type, listener) {
        if (!this.#listeners.has(type)) this.#listeners.set(type, new Set());
        this.#listeners.get(type).add(listener);
        return () => this.#listeners.get(type).delete(listener);
    }

    /** One listener that throws does not keep the others from hearing it. */
    emit(type, detail) {
        for (const listener of [...(this.#listeners.get(type) ?? [])]) {
            try {
                listener(detail);
            } catch (error) {
                setTimeout(() => {
                    throw error;
                });
            }
        }
    }
}
