import { Conversations } from './conversations.js';
import { Emitter } from './emitter.js';
import { newId } from './outbox.js';
import { Problem, offline } from './problem.js';
import { Sending } from './sending.js';
import { Socket } from './socket.js';
import { TypingHeard, TypingTold } from './typing.js';

const PAGE = 200;
const POSITIONS_MAX = 1000; // in one sync
const RETRY_MS = 1000;
const TELL_MS = 50; // what arrives within that is acknowledged together

/**
 * `/chat` as chat-server/PROTOCOL.md describes it. Emits
 *
 *     state          stopped, connecting, ready or waiting (socket.js)
 *     refused        {code, reason}: it will not come back by itself
 *     message        a `message` or `member` frame: each once, in the order of seq; our own when they are acked
 *     acked          {id, conversation, seq}: out of the outbox
 *     outbox         an entry was added, has failed (entry.error), or is gone
 *     conversation   a Conversation is new or has changed
 *     left           the id of one that is no longer ours
 *     gap            {conversation, from, to}: too much was missed (catchUpMax); history() has it
 *     receipt        {conversation, user, read?, received?}
 *     typing         {conversation, users}: who types just now
 *     reset          the store has lost data: what was known of seqs means nothing any more
 */
export class Chat extends Emitter {
    epoch = null;
    #sending;
    #syncs = new Set(); // ids of what was asked
    #catching = new Map(); // conversation → seq to come to
    #asked = new Map(); // id → {resolve, reject} of a page of history
    #told = new Map(); // conversation → `received` told last
    #reading = new Map(); // conversation → `read` wanted
    #timers = new Set();
    #telling;
    #saving;

    /**
     * @param {import('./session.js').Session} session
     * @param {{address: () => Promise<string>, WebSocket: Function, catchUpMax?: number, remember?: boolean}} options
     * `remember`: positions are kept in the store, and the next client of this user goes on from there.
     */
    constructor(session, { address, WebSocket, catchUpMax = 5000, remember = false }) {
        super();
        this.session = session;
        this.user = session.user;
        this.catchUpMax = catchUpMax;
        this.remember = remember;
        this.conversations = new Conversations(this.user);
        this.#sending = new Sending({
            store: session.options.store,
            user: this.user,
            send: (frame) => this.socket.send(frame),
            changed: (entry) => this.emit('outbox', entry),
        });
        this.heard = new TypingHeard((conversation, users) => this.emit('typing', { conversation, users }));
        this.telling = new TypingTold((conversation, active) =>
            this.socket.send({ type: 'typing', conversation, active }),
        );
        this.socket = new Socket({
            address,
            WebSocket,
            token: (refused) => session.token(refused),
            greet: () => this.#greet(),
        });
        this.socket.on('frame', (frame) => FRAMES[frame.type]?.(this, frame));
        this.socket.on('state', (state) => this.#stateChanged(state));
        this.socket.on('refused', (why) => this.emit('refused', why));
    }

    get state() {
        return this.socket.state;
    }

    /** What is not acked yet: {id, frame, time, error?}. */
    get outbox() {
        return [...this.#sending.outbox];
    }

    async start() {
        await this.#sending.load();
        if (this.remember) await this.#recall();
        this.socket.start();
    }

    async stop() {
        this.socket.stop();
        await this.#save();
    }

    // --- what people do

    /**
     * Sends a message, now or as soon as it can be: it is in the outbox until it is acked, also when this program ends.
     * @param {{to?: string, conversation?: string, text?: string, data?: object, reply_to?: number|string}} message
     * @returns the entry of the outbox, once it is kept
     */
    send(message) {
        if (message.conversation) this.telling.note(message.conversation, false);
        return this.#sending.add(this.#targetOf(message), message);
    }

    /** Sends one that has failed again. */
    retry(id) {
        return this.#sending.retry(id);
    }

    discard(id) {
        return this.#sending.done(id);
    }

    /* Messages to one person keep their order, whether their conversation is known by its id yet or not. */
    #targetOf({ to, conversation }) {
        const peer = to ?? this.conversations.get(conversation)?.peer;
        return peer ? `@${peer}` : conversation;
    }

    read(conversation, seq) {
        const info = this.conversations.get(conversation);
        if (!info || seq <= Math.max(info.read, this.#reading.get(conversation) ?? 0)) return;
        this.#reading.set(conversation, seq);
        this.conversations.read(conversation, seq);
        this.socket.send({ type: 'read', conversation, seq });
        this.emit('conversation', info);
    }

    typing(conversation, active) {
        if (this.state === 'ready') this.telling.note(conversation, active);
    }

    /** Conversations that GET /api/conversations has told of. */
    learn(conversations) {
        for (const info of conversations) this.#learn(info, !this.conversations.has(info.id));
    }

    /** {messages, more}: frames in ascending order of seq.
     * @param {{before?: number, after?: number, limit?: number}} of */
    history(conversation, of = {}) {
        const id = newId();
        if (!this.socket.send({ type: 'history', id, conversation, ...of }))
            return this.session.call('GET', `/api/conversations/${conversation}/messages?${new URLSearchParams(of)}`);
        return new Promise((resolve, reject) => this.#asked.set(id, { resolve, reject }));
    }

    // --- connecting

    #greet() {
        this.#syncs.clear();
        const all = Object.entries(this.conversations.positions());
        const frames = [];
        while (this.epoch && all.length) frames.push(this.#sync(all.splice(0, POSITIONS_MAX)));
        return frames;
    }

    #sync(positions) {
        const id = newId();
        this.#syncs.add(id);
        return { type: 'sync', id, epoch: this.epoch, positions: Object.fromEntries(positions) };
    }

    #stateChanged(state) {
        if (state === 'ready') {
            this.#sending.pump();
        } else {
            this.#sending.interrupt();
            for (const timer of this.#timers) clearTimeout(timer);
            this.#timers.clear();
            this.#catching.clear();
            this.#told.clear();
            this.heard.clear();
            this.telling.clear();
            for (const { reject } of this.#asked.values()) reject(offline());
            this.#asked.clear();
        }
        this.emit('state', state);
    }

    #after(ms, work) {
        const timer = setTimeout(() => {
            this.#timers.delete(timer);
            work();
        }, ms);
        this.#timers.add(timer);
    }

    onReady({ epoch, conversations, more }) {
        const first = this.epoch === null;
        if (!first && epoch !== this.epoch) {
            this.conversations.clear();
            this.#syncs.clear();
            this.#reading.clear();
            this.emit('reset');
        }
        const anew = epoch !== this.epoch;
        this.epoch = epoch;
        this.conversations.more = more;
        for (const info of conversations) {
            const seq = this.#reading.get(info.id);
            if (seq > info.read) this.socket.send({ type: 'read', conversation: info.id, seq }); // it did not get through
            this.#learn(info, anew);
        }
        this.#tellSoon();
        this.#saveSoon();
    }

    /* One that comes up while we are here, or came while we were away: what was not read of it is new to us. */
    #learn(info, anew) {
        const known = this.conversations.has(info.id);
        this.conversations.learn(info, anew ? info.seq : Math.min(info.read, info.seq));
        this.emit('conversation', this.conversations.get(info.id));
        if (known ? this.#syncs.size === 0 : !anew) this.#catchUp(info.id, info.seq);
    }

    onConversation({ conversation }) {
        this.#learn(conversation, false);
    }

    // --- what comes

    onFrame(frame) {
        const { conversation } = frame;
        if (!this.conversations.has(conversation)) {
            /* Not among the newest 100 of `ready`. */
            this.conversations.learn(
                { id: conversation, seq: frame.seq - 1, read: frame.seq - 1, unread: 0 },
                frame.seq - 1,
            );
            this.#fetch(conversation);
        }
        const sequence = this.conversations.sequence(conversation);
        this.#handOut(sequence.take(frame));
        if (frame.type === 'message' && frame.from === this.user) this.#acked(frame);
        if (sequence.broken && this.#syncs.size === 0) this.#catchUp(conversation, frame.seq);
    }

    #handOut(frames) {
        for (const frame of frames) {
            const { conversation, type } = frame;
            if (!this.conversations.has(conversation)) return;
            this.conversations.note(frame);
            if (frame.from) this.heard.hear(conversation, frame.from, false);
            this.emit('message', frame);
            this.emit('conversation', this.conversations.get(conversation));
            const gone = frame.action === 'left' || frame.action === 'removed';
            if (gone) this.heard.hear(conversation, frame.user, false);
            if (type === 'member' && gone && frame.user === this.user) this.#left(conversation);
        }
        if (frames.length === 0) return;
        this.#tellSoon();
        this.#saveSoon();
    }

    #left(conversation) {
        this.conversations.forget(conversation);
        this.#reading.delete(conversation);
        this.emit('left', conversation);
    }

    async #fetch(id) {
        try {
            const { conversation } = await this.session.call('GET', `/api/conversations/${id}`);
            this.#learn(conversation, false);
        } catch {
            /* with the next `ready`, or its next message */
        }
    }

    onSynced({ id, conversations }) {
        if (!this.#syncs.delete(id)) return;
        for (const [conversation, { recovered, seq }] of Object.entries(conversations)) {
            const sequence = this.conversations.sequence(conversation);
            if (!sequence) continue;
            if (recovered) this.#handOut(sequence.skip(seq));
            else if (seq === 0) this.#left(conversation);
            else this.#catchUp(conversation, seq);
        }
    }

    /* By pages of history, up to `seq`; what comes meanwhile waits in the sequence. */
    async #catchUp(conversation, seq) {
        const sequence = this.conversations.sequence(conversation);
        const under_way = this.#catching.has(conversation);
        this.#catching.set(conversation, Math.max(seq, this.#catching.get(conversation) ?? 0));
        if (under_way) return;
        if (seq - sequence.position > this.catchUpMax) {
            this.emit('gap', { conversation, from: sequence.position + 1, to: seq });
            this.#handOut(sequence.skip(seq));
        }
        try {
            while (sequence.position < this.#catching.get(conversation)) {
                const page = await this.history(conversation, { after: sequence.position, limit: PAGE });
                if (!this.#catching.has(conversation)) return; // another connection, which syncs anew
                const [first] = page.messages;
                /* What retention has dropped is nowhere. */
                if (first) this.#handOut(sequence.skip(first.seq - 1));
                else this.#handOut(sequence.skip(seq));
                for (const frame of page.messages) this.#handOut(sequence.take(frame));
                if (!page.more && !first) break;
            }
            this.#catching.delete(conversation);
        } catch (problem) {
            this.#catching.delete(conversation);
            if (problem.code === 'not_found') this.#left(conversation);
            else if (this.state === 'ready') this.#after(RETRY_MS, () => this.#catchUp(conversation, seq));
        }
    }

    onHistory({ id, messages, more }) {
        this.#asked.get(id)?.resolve({ messages, more });
        this.#asked.delete(id);
    }

    onReceipt({ conversation, user, read, received }) {
        if (user === this.user && read) this.conversations.read(conversation, read);
        this.emit('receipt', { conversation, user, read, received });
        if (user === this.user && this.conversations.has(conversation))
            this.emit('conversation', this.conversations.get(conversation));
    }

    onTyping({ conversation, user, active }) {
        if (user !== this.user) this.heard.hear(conversation, user, active);
    }

    /* The last of each conversation is enough. */
    #tellSoon() {
        this.#telling ??= setTimeout(() => {
            this.#telling = undefined;
            for (const { id, read } of this.conversations) {
                const { position } = this.conversations.sequence(id);
                if (position <= Math.max(read, this.#told.get(id) ?? 0)) continue;
                if (this.socket.send({ type: 'received', conversation: id, seq: position }))
                    this.#told.set(id, position);
            }
        }, TELL_MS);
    }

    // --- what is answered

    onAck({ id, conversation, seq, time }) {
        const entry = this.#sending.outbox.get(id);
        if (!entry) return;
        const { text, data, reply_to } = entry.frame;
        const said = Object.entries({ text, data, reply_to }).filter(([, value]) => value !== undefined);
        this.onFrame({ type: 'message', conversation, seq, id, from: this.user, time, ...Object.fromEntries(said) });
    }

    #acked({ id, conversation, seq }) {
        if (!this.#sending.outbox.get(id)) return;
        this.emit('acked', { id, conversation, seq });
        this.#sending.done(id);
    }

    onError({ id, code, message, field, retry }) {
        const problem = new Problem({ code, message, field, retry });
        if (this.#asked.has(id)) {
            this.#asked.get(id).reject(problem);
            this.#asked.delete(id);
        } else if (this.#syncs.delete(id)) {
            if (retry)
                this.#after(RETRY_MS, () => {
                    for (const frame of this.#greet()) this.socket.send(frame);
                });
        } else if (this.#sending.outbox.get(id)) {
            this.#sending.refused(id, problem);
        }
    }

    // --- what is remembered

    async #recall() {
        const kept = await this.session.options.store.get(`positions ${this.user}`);
        if (!kept || this.epoch) return;
        this.epoch = kept.epoch;
        for (const [id, position] of Object.entries(kept.positions))
            this.conversations.learn({ id, seq: position, read: 0, unread: 0 }, position);
    }

    #saveSoon() {
        if (this.remember) this.#saving ??= setTimeout(() => this.#save(), TELL_MS);
    }

    async #save() {
        clearTimeout(this.#saving);
        this.#saving = undefined;
        if (!this.remember || !this.epoch) return;
        const kept = { epoch: this.epoch, positions: this.conversations.positions() };
        await this.session.options.store.update(`positions ${this.user}`, () => kept).catch(() => {});
    }
}

const FRAMES = {
    ready: (chat, frame) => chat.onReady(frame),
    synced: (chat, frame) => chat.onSynced(frame),
    conversation: (chat, frame) => chat.onConversation(frame),
    message: (chat, frame) => chat.onFrame(frame),
    member: (chat, frame) => chat.onFrame(frame),
    ack: (chat, frame) => chat.onAck(frame),
    history: (chat, frame) => chat.onHistory(frame),
    receipt: (chat, frame) => chat.onReceipt(frame),
    typing: (chat, frame) => chat.onTyping(frame),
    error: (chat, frame) => chat.onError(frame),
};
