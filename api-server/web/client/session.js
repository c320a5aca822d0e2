import { Emitter } from './emitter.js';
import { call } from './http.js';
import { newId } from './outbox.js';
import { Problem } from './problem.js';

const key = (user) => `session ${user}`;

/**
 * Somebody who is signed in. The pair of tokens is in the store, where all tabs of the account find it: a refresh token
 * is good once, and the second use ends the session, so only one of them may refresh at a time (`exclusively`), and
 * looks first whether another has done so meanwhile. An answer may get lost: `use`, which is kept with the token, tells
 * the server that the next attempt is the same use of it, whoever of us makes it.
 *
 * Emits `ended` {asked}: by forget() or logOut(); else the server knows the session no more, or another tab has ended it.
 */
export class Session extends Emitter {
    /** @param {{base: string, store: object, fetch?: Function}} options */
    constructor(options, user) {
        super();
        this.options = options;
        this.user = user;
        this.over = false;
    }

    static async signUp(options, { username, password, display_name }) {
        return Session.#begin(options, '/api/signup', { username, password, display_name });
    }

    static async logIn(options, { username, password, device }) {
        return Session.#begin(options, '/api/login', { username, password, device });
    }

    /** The session that this user has in the store, or null. */
    static async resume(options, user) {
        return (await options.store.get(key(user))) ? new Session(options, user) : null;
    }

    /** Users with a session in the store. */
    static async users({ store }) {
        return (await store.list(key(''))).map(([name]) => name.slice(key('').length));
    }

    static async #begin(options, path, body) {
        const pair = await call(options.base, 'POST', path, { ...options, body });
        const user = pair.user.username;
        await options.store.update(key(user), () => kept(pair));
        return new Session(options, user);
    }

    /** An access token that is good for some seconds more. `refused`: one that was not taken. */
    async token(refused) {
        const now = await this.#kept();
        if (now.access !== refused && now.renew > Date.now()) return now.access;
        return this.options.store.exclusively(key(this.user), () => this.#refresh(refused));
    }

    async #kept() {
        const pair = this.over ? undefined : await this.options.store.get(key(this.user));
        if (pair) return pair;
        this.#end(false);
        throw new Problem({ status: 401, code: 'session_over', message: 'You are not signed in any more.' });
    }

    async #refresh(refused) {
        const old = await this.#kept();
        if (old.access !== refused && old.renew > Date.now()) return old.access;
        if (!old.use) await this.#replace(old, Object.assign(old, { use: secret() })); // kept by an older client
        try {
            const body = { refresh_token: old.refresh };
            const headers = { 'idempotency-key': old.use };
            const ask = () => call(this.options.base, 'POST', '/api/token', { ...this.options, body, headers });
            const pair = await ask().catch((problem) => {
                if (problem.code !== 'offline') throw problem;
                return ask(); // so that nobody notices
            });
            await this.#replace(old, kept(pair));
        } catch (problem) {
            if (problem.status !== 401) throw problem;
            await this.#replace(old, undefined);
        }
        return (await this.#kept()).access;
    }

    /* Unless somebody has logged in or out meanwhile. */
    #replace(old, pair) {
        return this.options.store.update(key(this.user), (now) => (now?.refresh === old.refresh ? pair : now));
    }

    /** A request in this user's name. A token that is refused is renewed, once. */
    async call(method, path, body) {
        const token = await this.token();
        const ask = (t) => call(this.options.base, method, path, { ...this.options, token: t, body });
        try {
            return await ask(token);
        } catch (problem) {
            if (problem.status !== 401 || problem.code !== 'invalid_token') throw problem;
            return ask(await this.token(token));
        }
    }

    /** Ends it on the server, as far as that can be reached, and here. */
    async logOut() {
        await this.call('POST', '/api/logout').catch(() => {});
        await this.forget();
    }

    async forget() {
        await this.options.store.update(key(this.user), () => undefined);
        this.#end(true);
    }

    #end(asked) {
        if (this.over) return;
        this.over = true;
        this.emit('ended', { asked });
    }
}

/* Renewed ahead of its end, so that no request meets it. By our clock, whatever the server's says. */
function kept({ access_token, refresh_token, expires_in }) {
    const margin_s = Math.min(30, expires_in / 5);
    const renew = Date.now() + 1000 * (expires_in - margin_s);
    return { access: access_token, refresh: refresh_token, use: secret(), renew };
}

/* Node.js 18 has no `crypto` among its globals. */
function secret() {
    return globalThis.crypto ? crypto.getRandomValues(new Uint32Array(4)).join('-') : newId();
}
