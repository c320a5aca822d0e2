const ASIDE_MAX = 2000;

/** How far a conversation has come here: what is beyond a gap waits until the gap has closed, what was there already is
 * dropped. */
export class Sequence {
    #aside = new Map();

    constructor(position) {
        this.position = position;
    }

    /** The frames whose turn it is now, in order: none, this one, or it and some that waited. */
    take(frame) {
        if (frame.seq <= this.position) return [];
        if (frame.seq > this.position + 1) {
            if (this.#aside.size < ASIDE_MAX) this.#aside.set(frame.seq, frame); // else it is asked for again
            return [];
        }
        return [frame, ...this.skip(frame.seq)];
    }

    /** Goes on behind `seq`, and gives what waited there. */
    skip(seq) {
        const due = [];
        this.position = Math.max(this.position, seq);
        for (const old of this.#aside.keys()) if (old <= this.position) this.#aside.delete(old);
        for (let next; (next = this.#aside.get(this.position + 1)); this.position = next.seq) {
            this.#aside.delete(next.seq);
            due.push(next);
        }
        return due;
    }

    /** Whether something waits behind a gap. */
    get broken() {
        return this.#aside.size > 0;
    }
}
