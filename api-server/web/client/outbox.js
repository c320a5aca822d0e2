let counter = 0;

/** An id of the client's own, unique, which sorts by the time it was made. */
export function newId() {
    const random = () => Math.random().toString(36).slice(2, 10);
    const count = (counter = (counter + 1) % 0x10000).toString(36).padStart(4, '0');
    return `${Date.now().toString(36).padStart(9, '0')}-${count}-${random()}${random()}`;
}

/**
 * What was written and is not acked, in order, in the store as well as here. An entry is
 * {id, target, frame, time, error?}: `target` names its queue, `error` says why it will not be sent by itself again.
 */
export class Outbox {
    #entries = new Map();

    constructor(store, user) {
        this.store = store;
        this.prefix = `outbox ${user} `;
    }

    /** What is left from before, ahead of what was added since. */
    async load() {
        const stored = await this.store.list(this.prefix);
        const added = [...this.#entries];
        this.#entries = new Map([...stored.map(([, entry]) => [entry.id, entry]), ...added]);
    }

    get(id) {
        return this.#entries.get(id);
    }

    [Symbol.iterator]() {
        return this.#entries.values();
    }

    add(entry) {
        this.#entries.set(entry.id, entry);
        return this.#keep(entry.id, () => entry);
    }

    change(id, error) {
        const entry = { ...this.#entries.get(id), error };
        this.#entries.set(id, entry);
        return this.#keep(id, (stored) => stored && entry);
    }

    remove(id) {
        this.#entries.delete(id);
        return this.#keep(id, () => undefined);
    }

    /** The first of each queue. One that has failed holds up nobody. */
    heads() {
        const heads = new Map();
        for (const entry of this.#entries.values())
            if (!entry.error && !heads.has(entry.target)) heads.set(entry.target, entry);
        return [...heads.values()];
    }

    /* Better sent and not kept than not sent: the disk may be full. */
    #keep(id, change) {
        return this.store.update(this.prefix + id, change).catch(() => {});
    }
}
