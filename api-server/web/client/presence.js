import { Emitter } from './emitter.js';
import { Socket } from './socket.js';

/**
 * `/presence`: who of the mutual contacts is there. Emits `presence` for each change, `contact` {user, state} when one
 * is added, accepted or removed, `state` (socket.js). While there is no connection nobody is known to be there.
 */
export class Presence extends Emitter {
    #contacts = new Map();
    #own = null; // the frame
    #told = null; // the one that this connection has been sent

    constructor(session, { address, WebSocket }) {
        super();
        const token = (refused) => session.token(refused);
        this.socket = new Socket({ address, WebSocket, token, greet: () => this.#greet() });
        this.socket.on('frame', (frame) => this.#hear(frame));
        this.socket.on('state', (state) => this.#stateChanged(state));
    }

    start() {
        this.socket.start();
    }

    stop() {
        this.socket.stop();
    }

    /** {user, status, text?, last_seen?}, or undefined. */
    of(user) {
        return this.#contacts.get(user);
    }

    /** Our own. Told with each sign-in, ahead of `ready`: who is invisible is never seen in between.
     * @param {'online'|'away'|'busy'|'invisible'} status */
    status(status, text) {
        this.#own = { type: 'status', status, ...(text !== undefined && { text }) };
        if (this.socket.send(this.#own)) this.#told = this.#own;
    }

    #greet() {
        this.#told = this.#own;
        return this.#own ? [this.#own] : [];
    }

    #stateChanged(state) {
        if (state === 'ready') {
            if (this.#own !== this.#told) this.socket.send(this.#own);
        } else {
            this.#contacts.clear();
        }
        this.emit('state', state);
    }

    #hear(frame) {
        if (frame.type === 'ready') {
            this.#contacts = new Map(frame.contacts.map((contact) => [contact.user, contact]));
            for (const contact of frame.contacts) this.emit('presence', contact);
        } else if (frame.type === 'presence') {
            this.#contacts.set(frame.user, frame);
            this.emit('presence', frame);
        } else if (frame.type === 'contact') {
            if (frame.state !== 'mutual') this.#contacts.delete(frame.user);
            this.emit('contact', frame);
        }
    }
}
