// notification-server/openapi.json, and what a real notification-server answers.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openapi } from './openapi.mjs';
import { daemonPath, startDaemons } from './server.mjs';

const WITHIN_MS = 20_000;

let server;
let receiver; // of webhooks; answers with `status`
let status = 204;
const { call, allAnswered } = openapi('notification-server', () => server.urls['notification-server'], 10);

before(async () => {
    process.env.CHATAPP_ALLOW_PRIVATE_URLS = 'true';
    process.env.CHATAPP_RETRY_ATTEMPTS = '1';
    server = await startDaemons('api-server', 'notification-server');
    receiver = createServer((request, answer) => request.resume().on('end', () => answer.writeHead(status).end()));
    await once(receiver.listen(0, '127.0.0.1'), 'listening');
});

after(async () => {
    receiver?.close();
    receiver?.closeAllConnections();
    await server?.stop();
});

function serviceToken() {
    return execFileSync(daemonPath('api-server'), ['token', '--data-dir', server.dir, '--service', 'mailer',
        '--audience', 'notify'], { encoding: 'utf8' }).trim();
}

async function api(path, token, body) {
    const answer = await fetch(server.urls['api-server'] + path, {
        method: 'POST',
        headers: token ? { authorization: `Bearer ${token}` } : {},
        body: JSON.stringify(body),
    });
    assert.equal(answer.status, 201, path);
    return answer.json();
}

async function ended(as, id) {
    for (const end = Date.now() + WITHIN_MS; Date.now() < end; await sleep(20)) {
        const notification = await as('getNotification', 200, { params: { id } });
        if (notification.status !== 'queued') return notification;
    }
    throw new Error(`${id} does not end`);
}

test('notifications are answered as documented', async () => {
    const { access_token: user } = await api('/api/signup', undefined, { username: 'bob', password: 'correct-Horse-7-battery' });
    await api('/api/devices', user, { channel: 'webhook', url: `http://127.0.0.1:${receiver.address().port}/` });
    const token = serviceToken();
    const as = (id, expected, options = {}) => call(id, expected, { token, ...options });
    const body = { user: 'bob', title: 'Alice', body: 'Are you there?', event: 'message', data: { a: 1 },
        collapse: 'c', priority: 'high', ttl: 60 };
    const key = { 'Idempotency-Key': 'one' };

    await call('notify', 401, { body });
    await call('notify', 401, { token: 'nonsense', body });
    await call('notify', 403, { token: user, body });
    await as('notify', 400, { body: 'nonsense' });
    await as('notify', 413, { body: 'x'.repeat(70_000) });
    await as('notify', 422, { body: { ...body, ttl: 0 } });
    await as('notify', 422, { body: { ...body, user: 'nobody-here' } });
    const { id } = await as('notify', 202, { body, headers: key });
    assert.equal((await as('notify', 202, { body, headers: key })).id, id);
    await as('notify', 422, { body: { ...body, title: 'Carol' }, headers: key });
    assert.equal((await ended(as, id)).status, 'delivered');
    await as('getNotification', 404, { params: { id: 'nonsense' } });

    status = 500;
    const { id: dead } = await as('notify', 202, { body });
    assert.equal((await ended(as, dead)).status, 'failed');
    const { notifications } = await as('listDeadLetters', 200, { query: '?limit=5' });
    assert.equal(notifications[0].id, dead);
    await as('listDeadLetters', 422, { query: '?limit=0' });
    await as('listDeadLetters', 422, { query: '?cursor=x' });
    status = 204;
    await as('retryDeadLetter', 202, { params: { id: dead } });
    assert.equal((await ended(as, dead)).status, 'delivered');
    await as('retryDeadLetter', 404, { params: { id: dead } });
});

test('operating paths are answered as documented', async () => {
    for (const id of ['healthz', 'readyz', 'metrics']) await call(id, 200);
});

test('no operation was left out', allAnswered);
