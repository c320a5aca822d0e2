// ChatApp in containers, through the load balancer: a first conversation, then traffic while a chat-server is killed, while
// all daemons are replaced, and while Redis starts again. Nothing that was acked may be missing, everybody sees everything.
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
const CLIENTS = 12;
const EVERY_MS = 120;

const compose = (...args) => execFileSync(COMPOSE[0], [...COMPOSE.slice(1), ...args], { encoding: 'utf8' });
const containers = (service) => compose('ps', '-q', service).trim().split('\n');
const inspect = (id, what) => execFileSync('docker', ['inspect', '-f', what, id], { encoding: 'utf8' }).trim();
const say = (text) => console.error(`# ${text}`);

async function until(what, condition) {
    for (const end = Date.now() + WITHIN_MS; Date.now() < end; await sleep(50)) if (await condition()) return;
    throw new Error(`not within ${WITHIN_MS} ms: ${what}`);
}

// The status of what no HTTP client would send; 0: closed without one.
function raw(bytes) {
    return new Promise((resolve, reject) => {
        const { hostname, port } = new URL(ORIGIN);
        let text = '';
        const socket = connect({ host: hostname, port, ALPNProtocols: ['http/1.1'] }, () => socket.write(bytes));
        const done = () => { socket.destroy(); resolve(Number(/^HTTP\/1\.[01] (\d+)/.exec(text)?.[1] ?? 0)); };
        socket.setTimeout(15_000, done);
        socket.on('data', (data) => { text += data.toString('latin1'); if (text.includes('\r\n\r\n')) done(); });
        socket.on('end', done);
        socket.on('error', reject);
    });
}

// ---- traffic ----

let clients;
let room;
let talking;
const http = { asked: 0, failed: [] };

const talk = async () => {
    for (let n = 0; talking; n++, await sleep(EVERY_MS)) {
        for (const [i, client] of clients.entries()) {
            client.send({ conversation: room }, `to all ${n}`);
            if (n % 4 === 0) client.send({ to: clients[(i + 1) % CLIENTS].name }, `to you ${n}`);
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

async function underTraffic(what) {
    const before = clients.map((client) => client.comings);
    for (const client of clients) client.longestAwayMs = 0;
    http.asked = 0;
    http.failed.length = 0;
    talking = true;
    const traffic = [talk(), ask()];
    try {
        await sleep(1000); // some of it before
        await what();
        await until('all are back', () => clients.every((client) => client.ready));
    } finally {
        talking = false;
        await Promise.all(traffic);
    }
    await until('all is acked', () => clients.every((client) => client.pending.size === 0));
    const gone = clients.filter((client, i) => client.comings > before[i]);
    const away = Math.max(...clients.map((client) => client.longestAwayMs));
    say(`${gone.length} of ${CLIENTS} clients had to come back, within ${away} ms; ` +
        `${clients.reduce((n, client) => n + client.acked.size, 0)} messages so far; ` +
        `${http.failed.length} of ${http.asked} requests failed`);
    return { gone, away };
}

async function nothingIsLost() {
    const logs = new Map();
    for (const client of clients)
        for (const { conversation } of client.acked.values()) if (!logs.has(conversation)) logs.set(conversation, null);
    for (const id of logs.keys()) logs.set(id, await clients.find((client) => client.seen.has(id)).history(id));
    for (const [id, log] of logs) {
        assert.deepEqual(log.map(({ seq }) => seq), log.map((_, i) => i + 1), `${id}: seqs are dense`);
        const ids = log.filter(({ type }) => type === 'message').map((message) => message.id);
        assert.equal(new Set(ids).size, ids.length, `${id}: nothing is there twice`);
        for (const client of clients.filter(({ seen }) => seen.has(id)))
            await until(`${client.name} has seen all of ${id}`, () => client.seen.get(id).upTo === log.length);
    }
    for (const client of clients) {
        for (const [id, { conversation, seq }] of client.acked)
            assert.equal(logs.get(conversation)[seq - 1].id, id, 'what was acked is in its place');
        assert.deepEqual(client.faults, []);
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
    await until('bob sees it', () => bob.seen.get(conversation)?.frames.get(1) === id);
    bob.send({ to: ann.name }, 'hello ann');
    await until('ann sees the answer', () => ann.seen.get(conversation).upTo === 2);
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
        `${post}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
        `${post}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`,
        `${chat}Upgrade: h2c\r\n\r\n`,
        `${chat}Upgrade: websocket, h2c\r\n\r\n`,
        `${chat}Upgrade: websocket\r\nUpgrade: h2c\r\n\r\n`,
        'GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n',
        'GET / HTTP/1.1\r\nHost : x\r\n\r\n',
        `GET / HTTP/1.1\r\nHost: x\r\nA: ${'a'.repeat(20_000)}\r\n\r\n`,
    ]) assert.equal(await raw(bad), 400, bad.slice(0, 120));
    assert.equal(await raw(`${post}Content-Length: 70000\r\n\r\n`), 413);
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

test('clients gather, on both chat-servers', async () => {
    clients = await Promise.all(Array.from({ length: CLIENTS }, (_, i) => Client.signUp(ORIGIN, `user${i}-${process.pid}`)));
    for (const client of clients) client.connect();
    await until('all are in', () => clients.every((client) => client.ready));
    assert.equal(new Set(clients.map(({ node }) => node)).size, 2);
    const [{ name: _, ...owner }, ...others] = clients;
    ({ conversation: { id: room } } = await clients[0].json('POST', '/api/conversations',
        { name: 'Everybody', members: others.map(({ name }) => name) }));
    assert.ok(owner);
});

test('a chat-server is killed: its clients come back on the other, and nothing is lost', async () => {
    const [victim] = containers('chat-server');
    const { gone, away } = await underTraffic(async () => {
        execFileSync('docker', ['kill', '-s', 'KILL', victim]);
        await until('its clients are gone', () => clients.some(({ ready }) => !ready));
        await until('all are back', () => clients.every(({ ready }) => ready));
        await sleep(1000); // some traffic after
    });
    assert.ok(gone.length > 0 && gone.length < CLIENTS);
    assert.equal(new Set(clients.map(({ node }) => node)).size, 1);
    assert.ok(away < BACK_WITHIN_MS);
    await nothingIsLost();
    execFileSync('docker', ['start', victim]);
    await until('it is there again', () => inspect(victim, '{{.State.Health.Status}}') === 'healthy');
});

test('a renewed certificate is taken over without a connection lost', async () => {
    const before = clients.map(({ comings }) => comings);
    const serial = () => new Promise((resolve, reject) => {
        const { hostname: host, port } = new URL(ORIGIN);
        const socket = connect({ host, port }, () => { resolve(socket.getPeerCertificate().serialNumber); socket.end(); });
        socket.on('error', reject);
    });
    const old = await serial();
    copyFileSync(process.env.CHATAPP_RENEWED, `${process.env.CHATAPP_TLS_DIR}/chatapp.pem`);
    compose('kill', '-s', 'USR2', 'load-balancer');
    await until('the new certificate', async () => await serial() !== old);
    const ids = clients.map((client) => client.send({ conversation: room }, 'still here'));
    await until('all is acked', () => clients.every((client, i) => client.acked.has(ids[i])));
    assert.deepEqual(clients.map(({ comings }) => comings), before);
});

test('all daemons are replaced under traffic: nothing is lost, no request fails, all are back within 10 s', async () => {
    const before = new Set(['chat-server', 'api-server', 'presence-server', 'notification-server'].flatMap(containers));
    const { away } = await underTraffic(async () => {
        const upgrade = spawn('scripts/compose-upgrade', { stdio: 'inherit', cwd: process.env.CHATAPP_ROOT });
        const status = await new Promise((resolve) => { upgrade.on('exit', resolve); });
        assert.equal(status, 0, 'scripts/compose-upgrade');
    });
    const after = ['chat-server', 'api-server', 'presence-server', 'notification-server'].flatMap(containers);
    assert.equal(after.length, before.size);
    assert.ok(after.every((id) => !before.has(id)));
    assert.ok(away < BACK_WITHIN_MS);
    assert.deepEqual(http.failed, []);
    await nothingIsLost();
});

test('Redis is started again under traffic: everything waits, and nothing is lost', async () => {
    await underTraffic(async () => {
        execFileSync('docker', ['restart', '-t', '30', ...containers('redis')]);
        const id = clients[0].send({ conversation: room }, 'after');
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
    for (const client of clients ?? []) client.end();
});
