// Clients of real daemons, as tests want them: each remembers what it heard, and can be waited for.
import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';
import { Client, MemoryStore } from '../../api-server/web/client.js';

const PATIENCE_MS = 30_000;
export const PASSWORD = 'correct-Horse-7-battery';

export async function until(what, condition) {
    for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await sleep(20)) {
        const value = await condition();
        if (value) return value;
    }
    throw new Error(`waited in vain: ${what}`);
}

let count = 0;
const listening = [];

/** Ends all clients, without which a program does not end. */
export async function allLeave() {
    for (const client of listening.splice(0)) await client.stop();
}

export function uniqueName(name) {
    return `${name}-${process.pid}-${++count}`;
}

export function optionsFor(server) {
    const ws = (name, path) => server.urls[name]?.replace('http', 'ws').concat(path) ?? null;
    return {
        base: server.urls['api-server'],
        store: new MemoryStore(),
        WebSocket,
        servers: { chat: ws('chat-server', '/chat'), presence: null },
    };
}

/** A client, with `frames` as they were handed out, by conversation. */
export function listen(client) {
    const frames = {};
    listening.push(client);
    client.chat.on('message', (frame) => (frames[frame.conversation] ??= []).push(frame));
    return Object.assign(client, {
        frames,
        texts: (id) => (frames[id] ?? []).filter(({ type }) => type === 'message').map(({ text }) => text),
        isReady: () => until(`${client.user} is ready`, () => client.chat.state === 'ready'),
    });
}

/** Somebody new, who is connected. */
export async function join(server, name, options = {}) {
    const user = { username: uniqueName(name), password: PASSWORD };
    const client = listen(await Client.signUp({ ...optionsFor(server), ...options }, user));
    await client.start();
    await client.isReady();
    return client;
}

/** Every seq from the first that came on, once and in order. */
export function isWhole(frames) {
    return frames.every(({ seq }, i) => seq === frames[0].seq + i);
}

/** Fills the direct conversation of `from` with `to`: `word 1` to `word count`, all under way at once. Its id, when all are
 * stored. */
export async function writeMany(from, to, word, count) {
    await from.chat.send({ to, text: `${word} 1` });
    const { id } = await until('a conversation', () => from.chat.conversations.with(to));
    await until('its first message', () => from.chat.outbox.length === 0);
    for (let i = 2; i <= count; i++)
        from.chat.socket.send({ type: 'send', id: `${word}-${i}`, conversation: id, text: `${word} ${i}` });
    await until('all of them', async () => (await from.chat.history(id, { limit: 1 })).messages[0].seq === count);
    return id;
}
