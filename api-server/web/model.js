import { Emitter } from './client/emitter.js';
import { Log } from './log.js';

const PAGE = 100;
const FIRST_PAGE_MAX = 200;
const SAVE_MS = 500;
const LATE_MS = 700;

/**
 * What the app knows, for the elements that show it. A *key* names what one can talk in: a conversation's id, or `@bob`
 * as long as there is none with bob. Emits
 *
 *     list       the conversations, their order, names, presence: what a list of them shows
 *     log        {key}: its frames, marks, or what waits in the outbox for it
 *     typing     {key}
 *     people     contacts and blocks
 *     state      the connection
 *     incoming   {key, frame}: somebody else wrote
 *     left       {key}
 */
export class Model extends Emitter {
    me = null;
    contacts = null; // null: not known yet; else [{username, display_name, state}]
    blocks = [];
    status = 'online'; // what others are to see, unless we are away
    refused = null; // why there is no connection any more
    #names = new Map(); // user → display name; '' while it is asked for
    #logs = new Map(); // key → Log
    #marks = new Map(); // conversation → Map(user → {read, received})
    #typing = new Map(); // conversation → users
    #older = null; // where the list of conversations goes on: a cursor, '' for the beginning, null for nowhere
    #saving = new Map();

    /** @param {import('./client.js').Client} client */
    constructor(client) {
        super();
        this.client = client;
        this.chat = client.chat;
        this.user = client.user;
        this.store = client.session.options.store;
        const { chat, presence } = client;
        chat.on('message', (frame) => this.#onMessage(frame));
        chat.on('outbox', (entry) => this.#onOutbox(entry));
        chat.on('conversation', () => this.emit('list'));
        chat.on('left', (key) => this.#onLeft(key));
        chat.on('gap', ({ conversation }) => this.#reload(conversation));
        chat.on('reset', () => this.#onReset());
        chat.on('receipt', (receipt) => this.#onReceipt(receipt));
        chat.on('typing', ({ conversation, users }) => {
            this.#typing.set(conversation, users);
            this.emit('typing', { key: conversation });
            this.emit('list');
        });
        chat.on('refused', (why) => this.#become(why));
        chat.on('state', (state) => {
            if (state === 'ready') this.#older ??= '';
            if (state === 'ready' && (!this.me || !this.contacts)) this.#loadAll();
            if (state !== 'stopped') this.refused = null;
            this.emit('state');
            this.emit('list');
        });
        presence.on('presence', () => this.emit('list'));
        presence.on('state', () => this.emit('list'));
        presence.on('contact', () => this.loadPeople().catch(() => {}));
    }

    async start() {
        this.status = (await this.store.get(`status ${this.user}`).catch(() => null)) ?? 'online';
        this.client.presence.status(this.status);
        await this.client.start();
        setTimeout(() => this.#meanwhile(), LATE_MS);
        await this.#loadAll();
    }

    #loadAll() {
        return Promise.all([this.loadMe(), this.loadPeople()]).catch(() => {}); // again when we are connected
    }

    /* As long as there is no chat-server, what the api-server can tell is shown. */
    async #meanwhile() {
        if (this.chat.state === 'ready' || this.client.session.over) return;
        try {
            await this.loadOlderConversations();
        } catch {
            setTimeout(() => this.#meanwhile(), 2 * LATE_MS);
        }
    }

    async loadMe() {
        this.me = await this.client.call('GET', '/api/profile');
        this.#names.set(this.user, this.me.display_name);
        this.emit('list');
    }

    async loadPeople() {
        const [{ contacts }, { blocks }] = await Promise.all(
            ['contacts', 'blocks'].map((what) => this.client.call('GET', `/api/${what}`)),
        );
        Object.assign(this, { contacts, blocks });
        for (const { username, display_name } of [...contacts, ...blocks]) this.learnName(username, display_name);
        this.emit('people');
        this.emit('list');
    }

    /** PUT or DELETE of a contact or block. */
    async changePeople(method, path) {
        await this.client.call(method, path);
        await this.loadPeople();
    }

    // --- names and presence

    learnName(user, name) {
        if (name) this.#names.set(user, name);
    }

    /** What a user is called; the username until that is known. */
    name(user) {
        const known = this.#names.get(user);
        if (known === undefined) this.#askName(user);
        return known || user;
    }

    async #askName(user) {
        this.#names.set(user, '');
        try {
            this.learnName(
                user,
                (await this.client.call('GET', `/api/users/${encodeURIComponent(user)}`)).display_name,
            );
            this.emit('list');
            for (const key of this.#logs.keys()) this.emit('log', { key });
        } catch (problem) {
            if (problem.retry) this.#names.delete(user);
        }
    }

    /** 'online', 'away', 'busy', 'offline', or '' when we are not told. */
    presence(user) {
        return this.client.presence.of(user)?.status ?? '';
    }

    /** For this account, in this browser, from now on. @param {'online'|'away'|'busy'|'invisible'} status */
    setStatus(status) {
        this.status = status;
        this.client.presence.status(status);
        return this.store.update(`status ${this.user}`, () => status).catch(() => {});
    }

    isBlocked(user) {
        return this.blocks.some(({ username }) => username === user);
    }

    // --- conversations

    /** @returns {import('./client/conversations.js').Conversation | undefined} */
    conversation(key) {
        return this.chat.conversations.get(key);
    }

    keyFor(user) {
        return this.chat.conversations.with(user)?.id ?? `@${user}`;
    }

    peerOf(key) {
        return key.startsWith('@') ? key.slice(1) : this.conversation(key)?.peer;
    }

    title(key) {
        const peer = this.peerOf(key);
        if (peer) return peer === this.user ? 'Notes to myself' : this.name(peer);
        return this.conversation(key)?.name ?? 'Conversation';
    }

    /** Newest first; those that only the outbox knows too. */
    keys() {
        const times = new Map([...this.chat.conversations].map(({ id, last }) => [id, last?.time ?? 0]));
        for (const { target, time } of this.chat.outbox) {
            const key = target.startsWith('@') ? this.keyFor(target.slice(1)) : target;
            times.set(key, Math.max(time, times.get(key) ?? 0));
        }
        return [...times].sort(([, a], [, b]) => b - a).map(([key]) => key);
    }

    get unread() {
        let sum = 0;
        for (const { unread, muted_until } of this.chat.conversations) if (!(muted_until > Date.now())) sum += unread;
        return sum;
    }

    get hasOlderConversations() {
        return this.#older !== null && this.#older !== undefined && this.chat.conversations.more;
    }

    async loadOlderConversations() {
        const at = this.#older ? `&cursor=${encodeURIComponent(this.#older)}` : '';
        const page = await this.client.call('GET', `/api/conversations?limit=100${at}`);
        this.chat.learn(page.conversations);
        this.#older = page.cursor ?? null;
        this.emit('list');
    }

    typingIn(key) {
        return this.#typing.get(key) ?? [];
    }

    /** What waits to be sent there, without what has come back as a frame already. */
    waiting(key) {
        const target = this.peerOf(key) ? `@${this.peerOf(key)}` : key;
        const { mine } = this.log(key);
        return this.chat.outbox.filter((entry) => entry.target === target && !mine.has(entry.id));
    }

    send(key, message) {
        const where = key.startsWith('@') ? { to: key.slice(1) } : { conversation: key };
        return this.chat.send({ ...where, ...message });
    }

    // --- messages

    log(key) {
        if (!this.#logs.has(key)) this.#logs.set(key, new Log(this.user));
        return this.#logs.get(key);
    }

    /** Sees to it that the newest messages are here, and what was not read with them. */
    async open(key) {
        const log = this.log(key);
        if (log.state !== 'empty') return;
        if (key.startsWith('@')) {
            log.begin({ messages: [], more: false });
            return;
        }
        log.state = 'loading';
        try {
            const limit = Math.min(FIRST_PAGE_MAX, PAGE + (this.conversation(key)?.unread ?? 0));
            const [page] = await Promise.all([this.chat.history(key, { limit }), this.#loadMarks(key)]);
            log.begin(page);
        } catch (problem) {
            log.forget();
            throw problem;
        } finally {
            this.emit('log', { key });
        }
    }

    async loadOlder(key) {
        const log = this.log(key);
        if (log.atStart || log.loading) return;
        log.loading = true;
        try {
            log.older(await this.chat.history(key, { before: log.first, limit: PAGE }));
        } finally {
            log.loading = false;
        }
        this.emit('log', { key });
    }

    /** How far one of ours has come: 'sent', 'delivered' or 'read'; and by how many others it was read. */
    progress(key, seq) {
        const marks = [...(this.#marks.get(key) ?? [])].filter(([user]) => user !== this.user).map(([, mark]) => mark);
        const read = marks.filter((mark) => mark.read >= seq).length;
        if (read > 0) return { state: 'read', read };
        return { state: marks.some((mark) => mark.received >= seq) ? 'delivered' : 'sent', read };
    }

    #mark(key, user, read = 0, received = 0) {
        const marks = this.#marks.get(key) ?? new Map();
        const old = marks.get(user) ?? { read: 0, received: 0 };
        marks.set(user, { read: Math.max(old.read, read), received: Math.max(old.received, received, read) });
        this.#marks.set(key, marks);
    }

    /* The server tells of marks when they move, and never again: kept here for the next time. */
    async #loadMarks(key) {
        for (const [user, { read, received }] of (await this.store.get(`marks ${this.user} ${key}`)) ?? [])
            this.#mark(key, user, read, received);
    }

    #saveMarks(key) {
        clearTimeout(this.#saving.get(key));
        const save = () =>
            this.store.update(`marks ${this.user} ${key}`, () => [...this.#marks.get(key)]).catch(() => {});
        this.#saving.set(key, setTimeout(save, SAVE_MS));
    }

    draft(key) {
        return this.store.get(`draft ${this.user} ${key}`).catch(() => undefined);
    }

    keepDraft(key, draft) {
        return this.store.update(`draft ${this.user} ${key}`, () => draft).catch(() => {});
    }

    /* Of all conversations. */
    async #forgetDrafts() {
        for (const [name] of await this.store.list(`draft ${this.user} `))
            await this.store.update(name, () => undefined);
    }

    // --- the ways out: what was begun and not sent goes too

    async logOut() {
        await this.client.logOut();
        await this.#forgetDrafts();
    }

    /** The account itself. */
    async erase(password) {
        await this.client.call('DELETE', '/api/profile', { password });
        await this.client.session.forget();
        await this.#forgetDrafts();
    }

    // --- what the client tells

    #onMessage(frame) {
        const key = frame.conversation;
        this.log(key).add(frame);
        if (frame.type === 'message') {
            this.#mark(key, frame.from, frame.seq, frame.seq);
            if (frame.from !== this.user) this.emit('incoming', { key, frame });
        }
        this.emit('log', { key });
    }

    #onOutbox({ target }) {
        const peer = target.startsWith('@') && target.slice(1);
        this.emit('log', { key: peer ? this.keyFor(peer) : target });
        this.emit('list');
    }

    #onReceipt({ conversation, user, read, received }) {
        this.#mark(conversation, user, read, received);
        this.#saveMarks(conversation);
        this.emit('log', { key: conversation });
    }

    #onLeft(key) {
        this.#logs.delete(key);
        this.emit('left', { key });
        this.emit('list');
    }

    #onReset() {
        this.#logs.clear();
        this.#marks.clear();
        this.emit('list');
        this.emit('left', { key: null });
    }

    #reload(key) {
        this.log(key).forget();
        this.emit('log', { key });
    }

    #become(why) {
        this.refused = why;
        this.emit('state');
    }
}
