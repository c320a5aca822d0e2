import { Emitter } from './emitter.js';
import { Problem } from './problem.js';

const SILENCE_MS = 30_000; // then a ping
const ANSWER_MS = 10_000; // which must be answered
const READY_MS = 20_000; // from the connection's begin to `ready`
const WAIT_MIN_MS = 500;
const WAIT_MAX_MS = 30_000;
const REFUSALS_MAX = 3; // new tokens in a row that were not taken

/** A random time before the nth attempt: when a server starts again, not all come back at once. */
export function backoff(n, random = Math.random) {
    return random() * Math.min(WAIT_MAX_MS, WAIT_MIN_MS * 2 ** n);
}

/**
 * A WebSocket that signs in, and comes back whenever it is lost, until stop() or a close code from 4400 on.
 *
 *     stopped → connecting → ready ⇄ waiting → connecting …
 *
 * Emits `state`, `frame` for each that arrives (`ready` too), and `refused` {code, reason} when it has given up.
 */
export class Socket extends Emitter {
    state = 'stopped';
    #ws = null;
    #timers = {};
    #attempt = 0;
    #refusals = 0;
    #refused; // the token that was not taken
    #round = 0;

    /**
     * @param {{address: () => Promise<string|null>, token: (refused?: string) => Promise<string>,
     *          greet?: () => object[], WebSocket: Function}} options
     * `greet` gives the frames that follow `auth` at once, ahead of `ready`.
     */
    constructor(options) {
        super();
        this.options = options;
    }

    start() {
        if (this.state !== 'stopped') return;
        this.#attempt = this.#refusals = 0;
        this.#connect();
    }

    stop() {
        this.#round++;
        this.#drop(1000);
        this.#become('stopped');
    }

    /** Now rather than later: the network is back, or somebody looks again. */
    wake() {
        if (this.state === 'waiting') this.#connect();
        else if (this.state === 'ready') this.#ping();
    }

    /** False when it is not ready: then nothing was sent. */
    send(frame) {
        if (this.state !== 'ready' || this.#ws.readyState !== 1) return false;
        this.#ws.send(JSON.stringify(frame));
        return true;
    }

    #become(state) {
        if (this.state === state) return;
        this.state = state;
        this.emit('state', state);
    }

    #timer(name, ms, work) {
        clearTimeout(this.#timers[name]);
        this.#timers[name] = ms === undefined ? undefined : setTimeout(work, ms);
    }

    async #connect() {
        const round = ++this.#round;
        this.#timer('again');
        this.#become('connecting');
        try {
            const token = await this.options.token(this.#refused);
            const address = await this.options.address();
            if (round !== this.#round) return;
            if (!address) throw new Problem({ code: 'unavailable', message: 'There is no server.', retry: true });
            this.#open(address, token);
        } catch (problem) {
            if (round !== this.#round) return;
            if (problem.status === 401) this.#giveUp(4401, problem.message);
            else this.#later(problem.waitMs ?? 0);
        }
    }

    #open(address, token) {
        const ws = new this.options.WebSocket(address);
        this.#ws = ws;
        this.#timer('answer', READY_MS, () => this.#lost(ws, 1001));
        ws.onopen = () => {
            for (const frame of [{ type: 'auth', token }, ...(this.options.greet?.() ?? [])])
                ws.send(JSON.stringify(frame));
        };
        ws.onmessage = ({ data }) => ws === this.#ws && this.#hear(JSON.parse(data));
        ws.onclose = ({ code, reason }) => this.#lost(ws, code, String(reason), token);
        ws.onerror = () => {}; // onclose follows
    }

    #hear(frame) {
        this.#timer('answer');
        this.#timer('silence', SILENCE_MS, () => this.#ping());
        if (frame.type === 'ready') {
            this.#attempt = this.#refusals = 0;
            this.#refused = undefined;
            this.state = 'ready'; // told after the frame, so that whoever hears of it knows what was in it
            this.emit('frame', frame);
            this.emit('state', 'ready');
        } else {
            this.emit('frame', frame);
        }
    }

    #ping() {
        const ws = this.#ws;
        if (this.send({ type: 'ping' })) this.#timer('answer', ANSWER_MS, () => this.#lost(ws, 1001));
    }

    #drop(code) {
        const ws = this.#ws;
        this.#ws = null;
        for (const name of Object.keys(this.#timers)) this.#timer(name);
        if (ws && ws.readyState < 2) ws.close(code === 1000 ? 1000 : 4000);
    }

    #lost(ws, code, reason = '', token) {
        if (ws !== this.#ws) return;
        this.#drop(code);
        if (code === 4401 && ++this.#refusals <= REFUSALS_MAX) {
            this.#refused = token;
            this.#later(0, this.#refusals === 1);
        } else if (code >= 4400 && code < 5000) {
            this.#giveUp(code, reason);
        } else {
            this.#later(0);
        }
    }

    #later(least, atOnce = false) {
        this.#become('waiting');
        const ms = atOnce ? 0 : Math.max(least, backoff(this.#attempt++));
        this.#timer('again', ms, () => this.#connect());
    }

    #giveUp(code, reason) {
        this.#become('stopped');
        this.emit('refused', { code, reason });
    }
}
