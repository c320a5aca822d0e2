/**
 * The frames of one conversation that are here: a run of seqs without a gap, which grows at both ends. What comes while
 * the first page is asked for waits for it. Pure.
 */
export class Log {
    frames = [];
    state = 'empty'; // → loading → loaded
    atStart = false; // there is nothing older
    mine = new Set(); // ids of our own messages among them
    #early = [];

    constructor(user) {
        this.user = user;
    }

    get first() {
        return this.frames[0]?.seq ?? 0;
    }

    get last() {
        return this.frames.at(-1)?.seq ?? 0;
    }

    at(seq) {
        return this.frames[seq - this.first];
    }

    /** One that just came. True: it is the new last one. */
    add(frame) {
        if (this.state === 'loading') this.#early.push(frame);
        if (this.state !== 'loaded' || (this.frames.length && frame.seq !== this.last + 1)) return false;
        this.frames.push(frame);
        this.#note(frame);
        return true;
    }

    /** The newest page. */
    begin({ messages, more }) {
        this.frames = [...messages];
        this.atStart = !more;
        this.state = 'loaded';
        this.mine.clear();
        for (const frame of messages) this.#note(frame);
        for (const frame of this.#early.splice(0)) this.add(frame);
    }

    /** The page before `first`. */
    older({ messages, more }) {
        this.frames = [...messages.filter(({ seq }) => seq < this.first), ...this.frames];
        this.atStart = !more || messages.length === 0;
        for (const frame of messages) this.#note(frame);
    }

    forget() {
        this.frames = [];
        this.#early = [];
        this.state = 'empty';
        this.atStart = false;
    }

    #note(frame) {
        if (frame.type === 'message' && frame.from === this.user) this.mine.add(frame.id);
    }
}
