// A client of ChatApp without any page: for browsers, and for Node.js from 18 on. README.md beside this says how.
import { Chat } from './client/chat.js';
import { Presence } from './client/presence.js';
import { findServer } from './client/servers.js';
import { Session } from './client/session.js';
import { MemoryStore } from './client/store.js';

export { Problem } from './client/problem.js';
export { BrowserStore, MemoryStore } from './client/store.js';

/**
 * @typedef {object} Options
 * @property {string} base          of the api-server: "https://chat.example"
 * @property {object} [store]       where sessions and the outbox are kept (client/store.js); default: in memory
 * @property {Function} [WebSocket] default: the global one
 * @property {Function} [fetch]     default: the global one
 * @property {{chat: string, presence: string}} [servers] where to connect, instead of asking the registry
 * @property {boolean} [remember]   positions survive too, so that the next client gets what this one did not
 * @property {number} [catchUpMax]  messages of a conversation that are fetched after an absence; more: a `gap`
 */
export class Client {
    /** @param {Session} session */
    constructor(session) {
        this.session = session;
        this.user = session.user;
        const { WebSocket, remember, catchUpMax } = session.options;
        const address = (kind) => () => findServer(session, kind);
        this.chat = new Chat(session, { address: address('chat'), WebSocket, remember, catchUpMax });
        this.presence = new Presence(session, { address: address('presence'), WebSocket });
        session.on('ended', () => this.stop());
    }

    /** @param {Options} options */
    static async signUp(options, { username, password, display_name }) {
        return new Client(await Session.signUp(filled(options), { username, password, display_name }));
    }

    /** @param {Options} options */
    static async logIn(options, { username, password, device }) {
        return new Client(await Session.logIn(filled(options), { username, password, device }));
    }

    /** Goes on with a session that is in the store; null when there is none. @param {Options} options */
    static async resume(options, user) {
        const session = await Session.resume(filled(options), user);
        return session && new Client(session);
    }

    /** Who has a session in the store. @param {Options} options */
    static users(options) {
        return Session.users(filled(options));
    }

    async start() {
        await this.chat.start();
        this.presence.start();
    }

    async stop() {
        this.presence.stop();
        await this.chat.stop();
    }

    /** The network is back, or gone, or somebody looks at the page again. */
    wake() {
        this.chat.socket.wake();
        this.presence.socket.wake();
    }

    async logOut() {
        await this.stop();
        await this.session.logOut();
    }

    /** Any call of api-server/openapi.json, in this user's name. Throws a Problem. */
    call(method, path, body) {
        return this.session.call(method, path, body);
    }
}

function filled(options) {
    return {
        ...options,
        store: options.store ?? (common ??= new MemoryStore()),
        WebSocket: options.WebSocket ?? globalThis.WebSocket,
    };
}

let common; // for those who bring no store
