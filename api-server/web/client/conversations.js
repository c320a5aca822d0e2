import { Sequence } from './sequence.js';

/**
 * The conversations that we know: what the server said of each, kept up to date by the frames that come, and how far
 * each has come here. Pure.
 *
 * @typedef {{id: string, kind: 'direct'|'room', name?: string, peer?: string, members_count: number, seq: number,
 *            read: number, unread: number, muted_until?: number, last?: object}} Conversation
 */
export class Conversations {
    more = false; // there are others, which GET /api/conversations lists
    #known = new Map(); // id → {info, sequence}

    constructor(user) {
        this.user = user;
    }

    has(id) {
        return this.#known.has(id);
    }

    /** @returns {Conversation | undefined} */
    get(id) {
        return this.#known.get(id)?.info;
    }

    sequence(id) {
        return this.#known.get(id)?.sequence;
    }

    [Symbol.iterator]() {
        return [...this.#known.values()].map(({ info }) => info).values();
    }

    /** The direct conversation with somebody. */
    with(peer) {
        for (const info of this) if (info.kind === 'direct' && info.peer === peer) return info;
        return undefined;
    }

    positions() {
        return Object.fromEntries([...this.#known].map(([id, { sequence }]) => [id, sequence.position]));
    }

    /** What the server says of one; never back to an older state. `position` counts when it is new. */
    learn(info, position) {
        const known = this.#known.get(info.id);
        if (!known) {
            this.#known.set(info.id, { info, sequence: new Sequence(position) });
        } else if (info.seq >= known.info.seq) {
            known.info = { ...info, read: Math.max(info.read, known.info.read) };
            known.info.unread = Math.max(0, known.info.seq - known.info.read);
        }
    }

    forget(id) {
        this.#known.delete(id);
    }

    clear() {
        this.#known.clear();
    }

    /** A frame whose turn it was. */
    note(frame) {
        const { info } = this.#known.get(frame.conversation);
        if (frame.seq > info.seq) {
            info.seq = frame.seq;
            info.last = frame;
            /* Who is told of a room that they were added to is counted in it already. */
            if (frame.action === 'joined' && frame.user !== this.user) info.members_count++;
            if (frame.action === 'left' || frame.action === 'removed') info.members_count--;
        }
        const mine = frame.type === 'message' && frame.from === this.user;
        this.read(frame.conversation, mine ? frame.seq : 0);
    }

    /** How far we have read, on whatever device. */
    read(id, seq) {
        const info = this.get(id);
        if (!info) return;
        info.read = Math.max(info.read, seq);
        info.unread = Math.max(0, info.seq - info.read);
    }
}
