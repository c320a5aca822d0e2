const EXPIRES_MS = 6000;
const REPEAT_MS = 3000;
const PAUSE_MS = 5000;

/** Who types, by what the server tells; taken back by the clock, since a server that is killed cannot. */
export class TypingHeard {
    #timers = new Map(); // conversation → Map(user → timer)

    /** @param {(conversation: string, users: string[]) => void} changed */
    constructor(changed) {
        this.changed = changed;
    }

    hear(conversation, user, active) {
        const users = this.#timers.get(conversation) ?? new Map();
        const before = users.size;
        clearTimeout(users.get(user));
        if (active)
            users.set(
                user,
                setTimeout(() => this.hear(conversation, user, false), EXPIRES_MS),
            );
        else users.delete(user);
        this.#timers.set(conversation, users);
        if (users.size !== before) this.changed(conversation, [...users.keys()]);
    }

    clear() {
        for (const [conversation, users] of this.#timers)
            for (const user of [...users.keys()]) this.hear(conversation, user, false);
    }
}

/** Tells others that we type: at once, every 3 s while it goes on, and when it has ended or paused. */
export class TypingTold {
    #told = new Map(); // conversation → {at, pause}

    /** @param {(conversation: string, active: boolean) => void} tell */
    constructor(tell) {
        this.tell = tell;
    }

    note(conversation, active) {
        const told = this.#told.get(conversation);
        clearTimeout(told?.pause);
        if (!active) {
            if (told) this.tell(conversation, false);
            this.#told.delete(conversation);
            return;
        }
        const due = !told || Date.now() - told.at >= REPEAT_MS;
        if (due) this.tell(conversation, true);
        const pause = setTimeout(() => this.note(conversation, false), PAUSE_MS);
        this.#told.set(conversation, { at: due ? Date.now() : told.at, pause });
    }

    clear() {
        for (const { pause } of this.#told.values()) clearTimeout(pause);
        this.#told.clear();
    }
}
