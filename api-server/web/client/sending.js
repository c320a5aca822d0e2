import { Outbox, newId } from './outbox.js';

const RETRY_MIN_MS = 1000;
const RETRY_MAX_MS = 30_000;

/** What is in the outbox goes out: one message of each queue at a time, so that none overtakes another that has to be
 * sent again. Tells what became of it by `changed(entry)`. */
export class Sending {
    #inFlight = new Set(); // ids of what was sent and not answered
    #paused = new Map(); // target → timer, after an error that says `retry`
    #delays = new Map(); // target → ms

    /** @param {{store: object, user: string, send: Function, changed: Function}} parts `send(frame)`: false when it cannot */
    constructor({ store, user, send, changed }) {
        Object.assign(this, { outbox: new Outbox(store, user), send, changed });
    }

    async load() {
        await this.outbox.load();
        for (const entry of this.outbox) this.changed(entry);
    }

    async add(target, message) {
        const id = newId();
        const entry = { id, target, frame: { type: 'send', id, ...message }, time: Date.now() };
        const kept = this.outbox.add(entry);
        this.changed(entry);
        await kept;
        this.pump();
        return entry;
    }

    pump() {
        for (const { id, target, frame } of this.outbox.heads()) {
            if (this.#inFlight.has(id) || this.#paused.has(target)) continue;
            if (!this.send(frame)) return; // until we are connected
            this.#inFlight.add(id);
        }
    }

    /** The connection is lost, and what was under way with it. */
    interrupt() {
        this.#inFlight.clear();
        for (const timer of this.#paused.values()) clearTimeout(timer);
        this.#paused.clear();
        this.#delays.clear();
    }

    /** It is stored, by the server's word; or somebody does not want it any more. */
    async done(id) {
        const entry = this.outbox.get(id);
        if (!entry) return;
        this.#inFlight.delete(id);
        this.#delays.delete(entry.target);
        const removed = this.outbox.remove(id);
        this.changed({ ...entry, gone: true });
        this.pump();
        await removed;
    }

    refused(id, { code, message, retry }) {
        this.#inFlight.delete(id);
        if (retry) this.#pause(this.outbox.get(id).target);
        else this.#mark(id, { code, message });
    }

    async retry(id) {
        if (this.outbox.get(id)) await this.#mark(id, undefined);
    }

    async #mark(id, error) {
        const kept = this.outbox.change(id, error);
        this.changed(this.outbox.get(id));
        this.pump();
        await kept;
    }

    #pause(target) {
        const ms = Math.min(RETRY_MAX_MS, this.#delays.get(target) ?? RETRY_MIN_MS);
        this.#delays.set(target, ms * 2);
        this.#paused.set(
            target,
            setTimeout(() => {
                this.#paused.delete(target);
                this.pump();
            }, ms),
        );
    }
}
