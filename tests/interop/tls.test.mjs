// Notifications over TLS: to whom its certificate is good for, over HTTP/2 when the other end has it, and to nobody else.
// (push.test.mjs has every channel.)
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createSecureServer } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { daemonPath, startDaemons } from './server.mjs';

const WITHIN_MS = 20_000;
const dir = mkdtempSync(join(tmpdir(), 'chatapp-tls-'));
const stands = []; // to be closed
const versions = []; // of HTTP, one for each request that came

let server;
let token; // a service's
let trusted; // ports
let stranger;

// A key, and a certificate that nobody else has signed.
function certificate(name) {
    const [key, cert] = [join(dir, `${name}.key`), join(dir, `${name}.pem`)];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout',
        key, '-out', cert, '-days', '2', '-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1'],
    { stdio: 'ignore' });
    return { key: readFileSync(key), cert: readFileSync(cert), file: cert };
}

async function listen(options) {
    const stand = createSecureServer({ ...options, allowHTTP1: true }, (request, answer) => {
        versions.push(request.httpVersion);
        request.resume().on('end', () => answer.writeHead(204).end());
    });
    stands.push(stand);
    await once(stand.listen(0, '127.0.0.1'), 'listening');
    return stand.address().port;
}

before(async () => {
    const known = certificate('known');
    trusted = await listen(known);
    stranger = await listen(certificate('stranger'));
    Object.assign(process.env, {
        CHATAPP_ALLOW_PRIVATE_URLS: 'true', CHATAPP_TLS_CA_FILE: known.file, CHATAPP_RETRY_ATTEMPTS: '1',
    });
    server = await startDaemons('api-server', 'notification-server');
    token = execFileSync(daemonPath('api-server'), ['token', '--data-dir', server.dir, '--service', 'mailer',
        '--audience', 'notify'], { encoding: 'utf8' }).trim();
});

after(async () => {
    await server?.stop();
    for (const stand of stands) stand.close();
    rmSync(dir, { recursive: true });
});

async function ask(daemon, method, path, bearer, body) {
    const answer = await fetch(server.urls[daemon] + path, {
        method,
        headers: bearer ? { authorization: `Bearer ${bearer}` } : {},
        body: body && JSON.stringify(body),
    });
    const text = await answer.text();
    assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
    return JSON.parse(text);
}

// A user with a webhook at this port gets a notification; what became of it.
async function deliver(username, port) {
    const account = { username, password: 'correct-Horse-7-battery' };
    const { access_token: user } = await ask('api-server', 'POST', '/api/signup', undefined, account);
    await ask('api-server', 'POST', '/api/devices', user, { channel: 'webhook', url: `https://127.0.0.1:${port}/` });
    const { id } = await ask('notification-server', 'POST', '/notify', token, { user: username, body: 'good morning' });
    for (const end = Date.now() + WITHIN_MS; Date.now() < end; await sleep(20)) {
        const now = await ask('notification-server', 'GET', `/notify/${id}`, token);
        if (now.status !== 'queued') return now;
    }
    throw new Error(`${id} does not end`);
}

test('to a server whose certificate is good, over HTTP/2', async () => {
    assert.equal((await deliver('ann', trusted)).status, 'delivered');
    assert.deepEqual(versions, ['2.0']);
});

test('not to one whose certificate is not', async () => {
    const { status, deliveries } = await deliver('bob', stranger);
    assert.equal(status, 'failed');
    assert.match(deliveries[0].last_error, /TLS|certificate/i);
    assert.equal(versions.length, 1);
});
