// ChatApp in containers, through the load balancer: a first conversation, then the traffic of 500 clients while a chat-server is
// killed, while all daemons are replaced, and while Redis starts again. Nothing that was acked may be missing, everybody sees
// everything, once and in order, and whoever lost a connection is back within 10 s.
//
// Run by scripts/test-compose: $CHATAPP_ORIGIN is https, $CHATAPP_PLAIN the same without TLS.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import WebSocket from 'ws';
import { Client } from './client.mjs';

const ORIGIN = process.env.CHATAPP_ORIGIN;
const COMPOSE = process.env.COMPOSE.split(' ');
const WITHIN_MS = 60_000;
const BACK_WITHIN_MS = 10_000;
const CLIENTS = 500;
const ROOMS = 10;
const AT_ONCE = 20; // of what they all do over HTTP
const MESSAGES_A_SECOND = 150;

const compose = (...args) => execFileSync(COMPOSE[0], [...COMPOSE.slice(1), ...args], { encoding: 'utf8' });
const containers = (service) => compose('ps', '-q', service).trim().split('\n');
const inspect = (id, what) => execFileSync('docker', ['inspect', '-f', what, id], { encoding: 'utf8' }).trim();
const say = (text) => console.error(`# ${text}`);

async function until(what, condition) {
    for (const end = Date.now() + WITHIN_MS; Date.now() < end; await sleep(50)) if (await condition()) return;
    throw new Error(`not within ${WITHIN_MS} ms: ${what}`);
}

// The first status of what no HTTP client would send, or, `whole`, all of them until it is closed; 0: closed without one.
function raw(bytes, whole = false) {
    return new Promise((resolve, reject) => {
        const { hostname, port } = new URL(ORIGIN);
        let text = '';
        const socket = connect({ host: hostname, port, ALPNProtocols: ['http/1.1'] }, () => socket.write(bytes));
        const statuses = () => [...text.matchAll(/^HTTP\/1\.[01] (\d+)/gm)].map((match) => Number(match[1]));
        const done = () => { socket.destroy(); resolve(whole ? statuses() : statuses()[0] ?? 0); };
        socket.setTimeout(15_000, done);
        socket.on('data', (data) => { text += data.toString('latin1'); if (!whole && text.includes('\r\n\r\n')) done(); });
        socket.on('end', done);
        socket.on('error', reject);
    });
}

// ---- traffic ----

const clients = [];
const rooms = []; // ids; each client is in one of them, and everybody in the first
const partner = (i) => clients[i ^ 1];
let talking;
const http = { asked: 0, failed: [] };

// One after the other says something, to its room, or to its partner, or, now and then, to all.
const talk = async () => {
    const start = performance.now();
    for (let n = 0; talking; await sleep(20)) {
        for (; n < (performance.now() - start) / 1000 * MESSAGES_A_SECOND; n++) {
            const i = n % CLIENTS;
            const to = n % MESSAGES_A_SECOND === 0 ? { conversation: rooms[0] }
                : n % 2 === 0 ? { conversation: rooms[1 + i % ROOMS] } : { to: partner(i).name };
            clients[i].send(to, `number ${n}`);
        }
    }
};
const ask = async () => {
    for (; talking; await sleep(200)) {
        const client = clients[http.asked++ % CLIENTS];
        const { status, text } = await client.request('GET', '/api/conversations')
            .catch((error) => ({ status: 0, text: String(error) }));
        if (status !== 200) http.failed.push(`${status} ${text}`);
    }
};

const acked = () => clients.reduce((n, client) => n + client.acked.size, 0);

async function underTraffic(what) {
    for (const client of clients) client.returns.length = 0;
    http.asked = 0;
    http.failed.length = 0;
    talking = true;
    const traffic = [talk(), ask()];
    const [since, before] = [performance.now(), acked()];
    try {
        await sleep(1000); // some of it before
        await what();
        await until('all are back', () => clients.every((client) => client.ready));
        await sleep(1000); // and after
    } finally {
        talking = false;
        await Promise.all(traffic);
    }
    await until('all is acked', () => clients.every((client) => client.pending.size === 0));
    const returns = clients.flatMap((client) => client.returns);
    const away = returns.map(({ awayMs }) => Math.round(awayMs)).sort((a, b) => a - b);
    const longestAway = away.at(-1) ?? 0;
    say(`${acked() - before} messages in ${Math.round((performance.now() - since) / 1000)} s; ${returns.length} times a client had ` +
        `to come back: p50 ${away[away.length >> 1] ?? 0} ms, p99 ${away[Math.floor(away.length * 0.99)] ?? 0} ms, at most ` +
        `${longestAway} ms, ${Math.max(0, ...returns.map(({ attempts }) => attempts))} attempts; ` +
        `${http.failed.length} of ${http.asked} requests failed`);
    return { returns, longestAway };
}

async function nothingIsLost() {
    const readers = new Map(); // of each conversation, those who follow it
    for (const client of clients)
        for (const id of client.seen.keys()) readers.set(id, [...(readers.get(id) ?? []), client]);
    for (const [id, [reader]] of readers) {
        const log = await reader.history(id);
        assert.deepEqual(log.map(({ seq }) => seq), log.map((_, i) => i + 1), `${id}: seqs are dense`);
        const ids = log.filter(({ type }) => type === 'message').map((message) => message.id);
        assert.equal(new Set(ids).size, ids.length, `${id}: nothing is there twice`);
        for (const client of readers.get(id)) {
            const seen = client.seen.get(id);
            await until(`${client.name} has seen all of ${id}`, () => seen.upTo === log.length);
            assert.deepEqual(seen.ids.slice(seen.from + 1), log.slice(seen.from).map((frame) => frame.id), `what ${client.name} saw`);
            for (const [acked, { conversation, seq }] of client.acked)
                if (conversation === id) assert.equal(log[seq - 1].id, acked, 'what was acked is in its place');
        }
    }
    for (const client of clients) {
        assert.ok([...client.acked.values()].every(({ conversation }) => client.seen.has(conversation)));
        assert.deepEqual(client.faults, [], client.name);
    }
}

// ---- the story ----

test('a first conversation', async () => {
    const [ann, bob] = await Promise.all(['ann', 'bob'].map((name) => Client.signUp(ORIGIN, `${name}-${process.pid}`)));
    for (const client of [ann, bob]) client.connect();
    await until('both are in', () => ann.ready && bob.ready);
    const id = ann.send({ to: bob.name }, 'hello bob');
    await until('the ack', () => ann.acked.has(id));
    const { conversation } = ann.acked.get(id);
    await until('bob sees it', () => bob.seen.get(conversation)?.ids[1] === id);
    bob.send({ to: ann.name }, 'hello ann');
    await until('ann sees the answer', () => ann.seen.get(conversation)?.upTo === 2);
    assert.equal((await bob.history(conversation)).length, 2);
    for (const client of [ann, bob]) client.end();
});

test('without TLS one is sent to where it is', async () => {
    const answer = await fetch(`${process.env.CHATAPP_PLAIN}/api/profile`, { redirect: 'manual' });
    assert.equal(answer.status, 308);
    assert.match(answer.headers.get('location'), /^https:.*\/api\/profile$/);
    const page = await fetch(`${ORIGIN}/`);
    assert.equal(page.status, 200);
    assert.match(page.headers.get('content-type'), /^text\/html/);
    const secure = await fetch(`${ORIGIN}/.well-known/jwks.json`);
    assert.match(secure.headers.get('strict-transport-security'), /max-age=\d+/);
});

test('what is not for clients is not there, and what is ambiguous is refused', async () => {
    for (const path of ['/metrics', '/healthz', '/readyz', '/%6detrics', '/METRICS', '/metrics?x'])
        assert.equal((await fetch(ORIGIN + path)).status, 404, path);
    assert.equal((await fetch(`${ORIGIN}/.well-known/jwks.json`)).status, 200);
    const post = 'POST /api/login HTTP/1.1\r\nHost: x\r\n';
    const chat = 'GET /chat HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n';
    for (const bad of [
        `${post}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`,
        `${chat}Upgrade: h2c\r\n\r\n`,
        `${chat}Upgrade: websocket, h2c\r\n\r\n`,
        `${chat}Upgrade: websocket\r\nUpgrade: h2c\r\n\r\n`,
        'GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n',
        'GET / HTTP/1.1\r\nHost : x\r\n\r\n',
        `GET / HTTP/1.1\r\nHost: x\r\nA: ${'a'.repeat(20_000)}\r\n\r\n`,
    ]) assert.equal(await raw(bad), 400, bad.slice(0, 120));
    assert.equal(await raw(`${post}Content-Length: 70000\r\n\r\n`), 413);
    // With both lengths the chunks count, and it is the last request of its connection (RFC 9112, 6.1): what comes behind them
    // is nobody's request. With bare LF (2.2) it is the one request that it looks like.
    const chunked = 'Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n';
    const smuggled = 'GET /.well-known/jwks.json HTTP/1.1\r\nHost: x\r\n\r\n';
    assert.deepEqual(await raw(`${post}Content-Length: 12\r\n${chunked}${smuggled}`, true), [422]);
    assert.deepEqual(await raw(`POST /api/login HTTP/1.1\nHost: x\nConnection: close\nContent-Length: 2\n\n{}`, true), [422]);
    const answer = await fetch(`${ORIGIN}/.well-known/jwks.json`, { headers: { 'x-request-id': 'my-own.id' } });
    assert.equal(answer.headers.get('x-request-id'), 'my-own.id');
});

test('addresses of servers are those of the public origin', async () => {
    const ann = await Client.signUp(ORIGIN, `carl-${process.pid}`);
    const { status, text } = await ann.request('GET', '/api/servers');
    assert.equal(status, 200);
    const { chat } = JSON.parse(text);
    assert.equal(chat.url, `${ORIGIN.replace(/^http/, 'ws')}/chat`);
});

// Frames of a presence-server; null: it refuses.
function presence(client) {
    return new Promise((resolve) => {
        const frames = [];
        const socket = new WebSocket(`${ORIGIN.replace(/^http/, 'ws')}/presence`,
            { headers: { authorization: `Bearer ${client.token}` } });
        socket.on('message', (data) => { frames.push(JSON.parse(data)); resolve({ frames, socket }); });
        socket.on('error', () => resolve(null));
    });
}

test('contacts see each other come and go', async () => {
    const [dan, eve] = await Promise.all(['dan', 'eve'].map((name) => Client.signUp(ORIGIN, `${name}-${process.pid}`)));
    await dan.json('PUT', `/api/contacts/${eve.name}`);
    await eve.json('PUT', `/api/contacts/${dan.name}`);
    const first = await presence(dan);
    assert.ok(first, 'the presence-server lets dan in');
    const second = await presence(eve);
    const saw = (status) => first.frames.some((frame) => frame.type === 'presence' && frame.user === eve.name && frame.status === status);
    await until('dan sees eve', () => saw('online'));
    second.socket.close();
    await until('dan sees her leave', () => saw('offline'));
    first.socket.close();
});

test('a notification is taken, and something comes of it', async () => {
    const fay = await Client.signUp(ORIGIN, `fay-${process.pid}`);
    const token = compose('exec', '-T', 'api-server', '/usr/sbin/api-server', 'token', '--service', 'test', '--audience', 'notify').trim();
    const headers = { authorization: `Bearer ${token}` };
    const answer = await fetch(`${ORIGIN}/notify`,
        { method: 'POST', headers, body: JSON.stringify({ user: fay.name, body: 'hello' }) });
    assert.equal(answer.status, 202, await answer.clone().text());
    const { id } = await answer.json();
    assert.equal((await fetch(`${ORIGIN}/notify`, { method: 'POST', body: '{}' })).status, 401);
    await until('it is not queued any more', async () =>
        (await (await fetch(`${ORIGIN}/notify/${id}`, { headers })).json()).status !== 'queued');
});

test('500 clients gather, on all three chat-servers', async () => {
    for (let i = 0; i < CLIENTS; i += AT_ONCE)
        clients.push(...await Promise.all(Array.from({ length: AT_ONCE },
            (_, j) => Client.signUp(ORIGIN, `user${i + j}-${process.pid}`))));
    const names = clients.map(({ name }) => name);
    for (let i = 0; i <= ROOMS; i++) {
        const [owner, ...others] = i === 0 ? names : names.filter((_, j) => j % ROOMS === i - 1);
        const { conversation } = await clients[names.indexOf(owner)].json('POST', '/api/conversations',
            { name: `Room ${i}`, members: others });
        rooms.push(conversation.id);
    }
    for (const client of clients) client.connect();
    await until('all are in', () => clients.every(({ ready }) => ready));
    assert.equal(new Set(clients.map(({ node }) => node)).size, 3);
    for (const [i, client] of clients.entries()) client.send({ to: partner(i).name }, 'hello');
    await until('all is acked', () => clients.every(({ pending }) => pending.size === 0));
    await nothingIsLost();
});

test('a chat-server is killed: its clients come back on the others within 10 s, and nothing is lost', async () => {
    const [victim] = containers('chat-server');
    const { returns, longestAway } = await underTraffic(async () => {
        execFileSync('docker', ['kill', '-s', 'KILL', victim]);
        await until('its clients are gone', () => clients.some(({ ready }) => !ready));
    });
    assert.ok(returns.length >= CLIENTS / 4 && returns.length < CLIENTS / 2, `${returns.length} came back`);
    assert.equal(new Set(clients.map(({ node }) => node)).size, 2);
    assert.ok(longestAway < BACK_WITHIN_MS);
    await nothingIsLost();
    execFileSync('docker', ['start', victim]);
    await until('it is there again', () => inspect(victim, '{{.State.Health.Status}}') === 'healthy');
});

test('a renewed certificate is taken over without a connection lost', async () => {
    for (const client of clients) client.returns.length = 0;
    const serial = () => new Promise((resolve, reject) => {
        const { hostname: host, port } = new URL(ORIGIN);
        const socket = connect({ host, port }, () => { resolve(socket.getPeerCertificate().serialNumber); socket.end(); });
        socket.on('error', reject);
    });
    const old = await serial();
    copyFileSync(process.env.CHATAPP_RENEWED, `${process.env.CHATAPP_TLS_DIR}/chatapp.pem`);
    compose('kill', '-s', 'USR2', 'load-balancer');
    await until('the new certificate', async () => await serial() !== old);
    const ids = clients.map((client, i) => client.send({ conversation: rooms[1 + i % ROOMS] }, 'still here'));
    await until('all is acked', () => clients.every((client, i) => client.acked.has(ids[i])));
    assert.deepEqual(clients.flatMap(({ returns }) => returns), []);
});

test('all daemons are replaced under traffic: nothing is lost, no request fails, all are back within 10 s', async () => {
    const before = new Set(['chat-server', 'api-server', 'presence-server', 'notification-server'].flatMap(containers));
    const { returns, longestAway } = await underTraffic(async () => {
        const upgrade = spawn('scripts/compose-upgrade', { stdio: 'inherit', cwd: process.env.CHATAPP_ROOT });
        const status = await new Promise((resolve) => { upgrade.on('exit', resolve); });
        assert.equal(status, 0, 'scripts/compose-upgrade');
    });
    const after = ['chat-server', 'api-server', 'presence-server', 'notification-server'].flatMap(containers);
    assert.equal(after.length, before.size);
    assert.ok(after.every((id) => !before.has(id)));
    assert.ok(returns.length >= CLIENTS && returns.every(({ from, to }) => from !== to));
    assert.ok(longestAway < BACK_WITHIN_MS);
    assert.deepEqual(http.failed, []);
    await nothingIsLost();
});

test('Redis is started again under traffic: everything waits, and nothing is lost', async () => {
    await underTraffic(async () => {
        execFileSync('docker', ['restart', '-t', '30', ...containers('redis')]);
        const id = clients[0].send({ conversation: rooms[0] }, 'after');
        await until('messages are taken again', () => clients[0].acked.has(id));
        await until('requests are answered', async () => (await clients[0].request('GET', '/api/conversations')).status === 200);
    });
    for (const failure of http.failed) assert.match(failure, /^503 \{.*"code":"unavailable"/);
    await nothingIsLost();
});

test('the containers are as small and as powerless as they should be', () => {
    const size = (image) => Number(inspect(image, '{{.Size}}'));
    for (const service of ['api-server', 'chat-server', 'notification-server', 'presence-server', 'redis', 'load-balancer']) {
        const [id] = containers(service);
        const more = size(inspect(id, '{{.Image}}')) - size('debian:bookworm-slim');
        assert.ok(more < 40 * 1024 * 1024, `${service}: ${more} bytes more than the base image`);
        assert.equal(inspect(id, '{{.HostConfig.ReadonlyRootfs}} {{.Config.User}} {{.HostConfig.CapDrop}}'),
            'true chatapp [ALL]', service);
        const status = execFileSync('docker', ['exec', id, 'cat', '/proc/1/status'], { encoding: 'utf8' });
        assert.match(status, /^CapEff:\t0+$/m, service);
        assert.match(status, /^CapBnd:\t0+$/m, service);
        assert.match(status, /^NoNewPrivs:\t1$/m, service);
        assert.match(status, /^Uid:\t10001\t/m, service);
    }
});

test('the end', () => {
    for (const client of clients) client.end();
});
