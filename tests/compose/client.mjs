// A client as a user's device would be, by chat-server/PROTOCOL.md ("A client, step by step"): signs in, says how far it had
// come, comes back when the connection broke, repeats what was not acked. It writes down what it saw, and takes as a fault
// what a client that syncs never has to see: a frame twice, or a gap, but for one that a sync under way is about to close.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';

const PASSWORD = 'correct-Horse-7-battery';
const BACK_OFF_MS = { first: 500, longest: 30_000 };

export class Client {
    static async signUp(origin, name) {
        const client = new Client();
        Object.assign(client, {
            origin, name, acked: new Map(), seen: new Map(), pending: new Map(), faults: [], comings: 0, attempts: 0,
            returns: [], sent: 0,
        });
        const { access_token: token } = await client.json('POST', '/api/signup', { username: name, password: PASSWORD });
        client.token = token;
        return client;
    }

    async request(method, path, body) {
        const headers = this.token ? { authorization: `Bearer ${this.token}` } : {};
        const answer = await fetch(this.origin + path,
            { method, headers, body: body && JSON.stringify(body), signal: AbortSignal.timeout(20_000) });
        return { status: answer.status, text: await answer.text() };
    }

    async json(method, path, body) {
        const { status, text } = await this.request(method, path, body);
        if (status < 200 || status > 299) throw new Error(`${method} ${path}: ${status} ${text}`);
        return text && JSON.parse(text);
    }

    // Asks again as long as that is what the answer says to do: not every connection to Redis is back at once.
    async patientJson(method, path) {
        const until = Date.now() + 20_000;
        for (;;) {
            const { status, text } = await this.request(method, path);
            if (status === 200) return JSON.parse(text);
            if (status !== 503 || Date.now() > until) throw new Error(`${method} ${path}: ${status} ${text}`);
            await sleep(500);
        }
    }

    // ---- the connection ----

    // Every other time the token is in the first frame, as browsers have it.
    connect() {
        this.ended = false;
        this.attempts++;
        const inFrame = this.comings % 2 === 1;
        this.socket = new WebSocket(`${this.origin.replace(/^http/, 'ws')}/chat`,
            { headers: inFrame ? {} : { authorization: `Bearer ${this.token}` }, handshakeTimeout: 10_000 });
        this.socket.on('open', () => {
            if (inFrame) this.#say({ type: 'auth', token: this.token });
            if (this.seen.size > 0) this.#sync();
        });
        this.socket.on('message', (data) => this.#hear(JSON.parse(data)));
        this.socket.on('error', () => {}); // `close` follows
        this.socket.on('close', (code) => this.#closed(code));
    }

    async #closed(code) {
        if (this.greeted) this.awaySince = performance.now();
        this.greeted = this.ready = this.syncing = false;
        for (const log of this.seen.values()) log.aside.clear();
        if (this.ended) return;
        if (code >= 4400) this.faults.push(`closed with ${code}`);
        await sleep(Math.random() * Math.min(BACK_OFF_MS.longest, BACK_OFF_MS.first * 2 ** this.attempts));
        if (!this.ended) this.connect();
    }

    end() {
        this.ended = true;
        this.socket.close();
    }

    #say(frame) {
        this.socket.send(JSON.stringify(frame));
    }

    #sync() {
        const positions = Object.fromEntries([...this.seen].map(([id, log]) => [id, log.upTo]));
        this.syncing = randomUUID();
        this.#say({ type: 'sync', id: this.syncing, epoch: this.epoch, positions });
    }

    #hear(frame) {
        switch (frame.type) {
        case 'ready': return this.#greet(frame);
        case 'conversation': return this.#begin(frame.conversation, frame.conversation.seq);
        case 'synced': return this.#synced(frame);
        case 'ack': return this.#acked(frame);
        case 'message':
        case 'member': return this.#note(frame.conversation, frame.seq, frame.id);
        case 'error': return this.#refused(frame);
        default: return undefined;
        }
    }

    #greet(frame) {
        if (this.comings++ > 0)
            this.returns.push({ awayMs: performance.now() - this.awaySince, attempts: this.attempts, from: this.node, to: frame.node });
        this.greeted = true;
        this.attempts = 0;
        this.node = frame.node;
        this.epoch ??= frame.epoch;
        if (frame.epoch !== this.epoch) this.faults.push('the store lost its data');
        for (const conversation of frame.conversations) this.#begin(conversation, conversation.seq);
        if (!this.syncing) this.#isBack();
    }

    #synced(frame) {
        for (const [id, { recovered, seq }] of Object.entries(frame.conversations)) {
            const { upTo, aside } = this.seen.get(id);
            if (!recovered) this.faults.push(`${id}: too far behind`);
            else if (upTo < seq || aside.size > 0) this.faults.push(`${id}: up to ${upTo} and ${[...aside.keys()]} came, not ${seq}`);
        }
        this.syncing = false;
        this.#isBack();
    }

    #isBack() {
        this.ready = true;
        for (const frame of this.pending.values()) this.#say(frame);
    }

    // ---- messages ----

    send(to, text) {
        const frame = { type: 'send', id: `${this.name}-${++this.sent}`, ...to, text };
        this.pending.set(frame.id, frame);
        if (this.ready) this.#say(frame);
        return frame.id;
    }

    // An own message is seen by its ack; a duplicate is one that was stored before, and has come by itself or will.
    #acked(frame) {
        this.pending.delete(frame.id);
        this.acked.set(frame.id, { conversation: frame.conversation, seq: frame.seq });
        if (!frame.duplicate) this.#note(frame.conversation, frame.seq, frame.id);
    }

    #begin({ id }, upTo) {
        if (!this.seen.has(id)) this.seen.set(id, { from: upTo, upTo, ids: [], aside: new Map() });
    }

    // What stood under each seq. What came before the sync was read is ahead of what that brings.
    #note(conversation, seq, id) {
        this.#begin({ id: conversation }, 0);
        const log = this.seen.get(conversation);
        if (seq <= log.upTo || log.aside.has(seq) || (seq > log.upTo + 1 && !this.syncing))
            this.faults.push(`${conversation}: ${seq} (${id}) after ${log.upTo}`);
        log.aside.set(seq, id);
        for (let next; log.aside.has(next = log.upTo + 1); log.upTo = next, log.aside.delete(next)) log.ids[next] = log.aside.get(next);
    }

    #refused(frame) {
        if (!frame.retry) this.faults.push(`refused: ${JSON.stringify(frame)}`);
        else if (frame.id === this.syncing) this.socket.close(); // and come back
        else if (this.pending.has(frame.id)) setTimeout(() => this.#again(frame.id), 200);
    }

    #again(id) {
        if (this.ready && this.pending.has(id)) this.#say(this.pending.get(id));
    }

    // The whole history, page by page.
    async history(conversation) {
        const messages = [];
        for (let more = true, after = 0; more; after = messages.at(-1)?.seq ?? after) {
            const page = await this.patientJson('GET', `/api/conversations/${conversation}/messages?after=${after}&limit=200`);
            messages.push(...page.messages);
            more = page.more && page.messages.length > 0;
        }
        return messages;
    }
}
