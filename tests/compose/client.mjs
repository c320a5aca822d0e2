// A client as a user's device would be: signs in, comes back when the connection broke, says how far it had come, repeats
// what was not acked, and writes down what it saw.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';

const PASSWORD = 'correct-Horse-7-battery';
const BACK_OFF_MS = [50, 400]; // then this and as much again at random

export class Client {
    static async signUp(origin, name) {
        const client = new Client();
        Object.assign(client, {
            origin, name, acked: new Map(), seen: new Map(), pending: new Map(), faults: [], requests: 0,
            comings: 0, longestAwayMs: 0, awaySince: Date.now(), waiting: [], sent: 0, closes: {},
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

    // ---- the connection ----

    connect() {
        this.ended = false;
        this.socket = new WebSocket(`${this.origin.replace(/^http/, 'ws')}/chat`,
            { headers: { authorization: `Bearer ${this.token}` }, handshakeTimeout: 10_000 });
        this.socket.on('message', (data) => this.#hear(JSON.parse(data)));
        this.socket.on('error', () => {}); // `close` follows
        this.socket.on('close', (code) => this.#closed(code));
    }

    async #closed(code) {
        if (this.ready) this.awaySince = Date.now();
        this.ready = false;
        this.closes[code] = (this.closes[code] ?? 0) + 1;
        if (this.ended) return;
        if (code >= 4400) this.faults.push(`closed with ${code}`);
        await sleep(BACK_OFF_MS[0] + Math.random() * BACK_OFF_MS[1]);
        if (!this.ended) this.connect();
    }

    end() {
        this.ended = true;
        this.socket.close();
    }

    #say(frame) {
        this.socket.send(JSON.stringify(frame));
    }

    #hear(frame) {
        switch (frame.type) {
        case 'ready': return this.#greet(frame);
        case 'conversation': return this.#begin(frame.conversation, frame.conversation.seq);
        case 'synced': return this.#synced(frame);
        case 'ack': return this.#acked(frame);
        case 'message':
        case 'member': return this.#note(frame);
        case 'error': return this.#refused(frame);
        default: return undefined;
        }
    }

    #greet(frame) {
        this.node = frame.node;
        this.epoch ??= frame.epoch;
        if (frame.epoch !== this.epoch) this.faults.push('the store lost its data');
        // Of a conversation that began while we were away everything is new.
        for (const conversation of frame.conversations)
            this.#begin(conversation, this.comings === 0 ? conversation.seq : 0);
        const positions = Object.fromEntries([...this.seen].map(([id, log]) => [id, log.upTo]));
        if (this.seen.size > 0) this.#say({ type: 'sync', id: randomUUID(), epoch: this.epoch, positions });
        else this.#back();
    }

    #synced(frame) {
        for (const [id, { recovered }] of Object.entries(frame.conversations))
            if (!recovered) this.faults.push(`${id}: too far behind`);
        this.#back();
    }

    #back() {
        this.comings++;
        if (this.comings > 1) this.longestAwayMs = Math.max(this.longestAwayMs, Date.now() - this.awaySince);
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

    #acked(frame) {
        this.pending.delete(frame.id);
        this.acked.set(frame.id, { conversation: frame.conversation, seq: frame.seq });
        this.#place(frame.conversation, frame.seq, frame.id);
    }

    #note(frame) {
        this.#place(frame.conversation, frame.seq, frame.id);
    }

    #begin({ id }, upTo) {
        if (!this.seen.has(id)) this.seen.set(id, { upTo, frames: new Map() });
    }

    // What was seen under each seq; an own message is seen by its ack.
    #place(conversation, seq, id) {
        this.#begin({ id: conversation }, 0);
        const log = this.seen.get(conversation);
        if (log.frames.has(seq) && log.frames.get(seq) !== id)
            this.faults.push(`${conversation} ${seq}: ${id} after ${log.frames.get(seq)}`);
        log.frames.set(seq, id);
        while (log.frames.has(log.upTo + 1)) log.upTo++;
    }

    #refused(frame) {
        if (!frame.retry) this.faults.push(`refused: ${JSON.stringify(frame)}`);
        else if (this.pending.has(frame.id)) setTimeout(() => this.#again(frame.id), 200);
    }

    #again(id) {
        if (this.ready && this.pending.has(id)) this.#say(this.pending.get(id));
    }

    // The whole history, page by page.
    async history(conversation) {
        const messages = [];
        for (let more = true, after = 0; more; after = messages.at(-1)?.seq ?? after) {
            const page = await this.json('GET', `/api/conversations/${conversation}/messages?after=${after}&limit=200`);
            messages.push(...page.messages);
            more = page.more && page.messages.length > 0;
        }
        return messages;
    }
}
