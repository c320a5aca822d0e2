// Where a client keeps what must survive it: sessions, the outbox, drafts. A store has
//
//     get(key), list(prefix) → [[key, value]]
//     update(key, change)         value = change(value) in one step, whoever else does so; undefined: away with it
//     exclusively(name, work)     runs work() while nobody else who shares the store runs one of that name
//
// each of which is a promise. Values are what structuredClone() takes.

/** In memory: for Node.js, for tests, and for browsers that keep nothing. */
export class MemoryStore {
    #values = new Map();
    #queues = new Map();

    async get(key) {
        return structuredClone(this.#values.get(key));
    }

    async list(prefix) {
        return [...this.#values]
            .filter(([key]) => key.startsWith(prefix))
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([key, value]) => [key, structuredClone(value)]);
    }

    async update(key, change) {
        const value = change(structuredClone(this.#values.get(key)));
        if (value === undefined) this.#values.delete(key);
        else this.#values.set(key, structuredClone(value));
        return value;
    }

    exclusively(name, work) {
        const turn = (this.#queues.get(name) ?? Promise.resolve()).then(work);
        this.#queues.set(
            name,
            turn.catch(() => {}),
        );
        return turn;
    }
}

const LEASE_MS = 30_000;

/** In the browser's IndexedDB, shared by all tabs. */
export class BrowserStore {
    #database;

    constructor(database) {
        this.#database = database;
    }

    static async open(name = 'chatapp') {
        const request = indexedDB.open(name, 1);
        request.onupgradeneeded = () => request.result.createObjectStore('values');
        return new BrowserStore(await finished(request));
    }

    get(key) {
        return finished(this.#objects('readonly').get(key));
    }

    async list(prefix) {
        const range = IDBKeyRange.bound(prefix, `${prefix}\uffff`);
        const objects = this.#objects('readonly');
        const [keys, values] = await Promise.all([
            finished(objects.getAllKeys(range)),
            finished(objects.getAll(range)),
        ]);
        return keys.map((key, i) => [key, values[i]]);
    }

    update(key, change) {
        const objects = this.#objects('readwrite');
        return new Promise((resolve, reject) => {
            let value;
            objects.get(key).onsuccess = ({ target }) => {
                value = change(target.result);
                if (value === undefined) objects.delete(key);
                else objects.put(value, key);
            };
            objects.transaction.oncomplete = () => resolve(value);
            objects.transaction.onabort = () => reject(objects.transaction.error);
        });
    }

    /** Web Locks are for https and localhost only. Elsewhere a lease in the database, which a tab that dies gives back
     * by the clock. */
    async exclusively(name, work) {
        if (navigator.locks) return navigator.locks.request(`chatapp ${name}`, work);
        const key = `lock ${name}`;
        const mine = crypto.getRandomValues(new Uint32Array(2)).join();
        const take = (lease) =>
            lease && lease.owner !== mine && lease.until > Date.now()
                ? lease
                : { owner: mine, until: Date.now() + LEASE_MS };
        while ((await this.update(key, take)).owner !== mine) await new Promise((r) => setTimeout(r, 50));
        try {
            return await work();
        } finally {
            await this.update(key, (lease) => (lease?.owner === mine ? undefined : lease));
        }
    }

    #objects(mode) {
        return this.#database.transaction('values', mode).objectStore('values');
    }
}

function finished(request) {
    return new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
    });
}
