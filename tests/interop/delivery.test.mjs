// Every channel from POST /notify to whom it is for: a real notification-server against a stand-in for each provider.
// What exactly is in the requests, the tests of the channels say; here it counts that it gets there.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttp } from 'node:http';
import { createServer as createHttp2, createSecureServer } from 'node:http2';
import { createServer as createTcp } from 'node:net';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { daemonPath, startDaemons } from './server.mjs';

const WITHIN_MS = 20_000;
const PASSWORD = 'correct-Horse-7-battery';
const P256DH = 'BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8';

let server;
let token; // a service's
let tokensGiven = 0; // by the stand-in of Google's OAuth
const stands = []; // to be closed
const got = []; // { version, method, path, headers, body }

async function listen(stand) {
    stands.push(stand);
    await once(stand.listen(0, '127.0.0.1'), 'listening');
    return stand.address().port;
}

function record(request, body) {
    got.push({ version: request.httpVersion, method: request.method, path: request.url, headers: request.headers, body });
}

// Speaks HTTP as all providers but two do.
function provider(request, answer) {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk)).on('end', () => {
        record(request, Buffer.concat(chunks));
        if (request.url === '/oauth') {
            tokensGiven++;
            answer.writeHead(200, { 'content-type': 'application/json' });
            answer.end(JSON.stringify({ access_token: `ya29.${tokensGiven}`, expires_in: 3600, token_type: 'Bearer' }));
        } else {
            answer.writeHead(request.url.startsWith('/webpush') ? 201 : 200, { 'content-type': 'application/json' });
            answer.end('{"ok":true}');
        }
    });
}

// Just enough of RFC 5321.
function mailbox(socket) {
    let mail = null;
    const say = (line) => socket.write(`${line}\r\n`);
    const hear = (line) => {
        if (mail !== null && line === '.') {
            got.push({ method: 'MAIL', path: '', body: Buffer.from(mail.join('\n')) });
            mail = null;
            say('250 taken');
        } else if (mail !== null) mail.push(line);
        else if (/^EHLO/.test(line)) say('250 mail.example');
        else if (/^DATA/.test(line)) {
            mail = [];
            say('354 go on');
        } else if (/^QUIT/.test(line)) socket.end('221 bye\r\n');
        else say('250 ok');
    };
    let rest = '';
    say('220 mail.example');
    socket.on('error', () => {});
    socket.on('data', (data) => {
        const lines = (rest + data).split('\r\n');
        rest = lines.pop();
        lines.forEach(hear);
    });
}

// A key, and a certificate that nobody has signed.
function certificate(name) {
    const [key, cert] = [join(dir, `${name}.key`), join(dir, `${name}.pem`)];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout',
        key, '-out', cert, '-days', '2', '-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1'],
    { stdio: 'ignore' });
    return { key: readFileSync(key), cert: readFileSync(cert), file: cert };
}

const dir = mkdtempSync(join(tmpdir(), 'chatapp-delivery-'));
let trusted; // ports
let stranger;
let http;
let people = 0;

before(async () => {
    http = await listen(createHttp(provider));
    const apns = await listen(createHttp2(provider));
    const smtp = await listen(createTcp(mailbox));
    const known = certificate('known');
    trusted = await listen(createSecureServer(known, provider));
    stranger = await listen(createSecureServer(certificate('stranger'), provider));
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const pem = (key) => key.export({ type: 'pkcs8', format: 'pem' });
    Object.assign(process.env, {
        CHATAPP_ALLOW_PRIVATE_URLS: 'true',
        CHATAPP_VAPID_SUBJECT: 'mailto:admin@chat.example',
        CHATAPP_TELEGRAM_URL: `http://127.0.0.1:${http}`,
        CHATAPP_TELEGRAM_TOKEN: '123456:abc_def',
        CHATAPP_FCM_URL: `http://127.0.0.1:${http}`,
        CHATAPP_FCM_SERVICE_ACCOUNT: JSON.stringify({
            type: 'service_account', project_id: 'chat-1', private_key_id: 'k1', client_email: 'push@chat-1.example',
            private_key: pem(rsa), token_uri: `http://127.0.0.1:${http}/oauth`,
        }),
        CHATAPP_APNS_URL: `http://127.0.0.1:${apns}`,
        CHATAPP_APNS_KEY: pem(ec),
        CHATAPP_APNS_KEY_ID: 'KEY1234567',
        CHATAPP_APNS_TEAM_ID: 'TEAM123456',
        CHATAPP_APNS_TOPIC: 'org.example.chat',
        CHATAPP_SMTP_URL: `smtp://127.0.0.1:${smtp}`,
        CHATAPP_SMTP_FROM: 'chat@example.org',
        CHATAPP_SMTP_TLS: 'try',
        CHATAPP_TLS_CA_FILE: known.file,
        CHATAPP_RETRY_ATTEMPTS: '1',
    });
    server = await startDaemons('api-server', 'notification-server');
    token = execFileSync(daemonPath('api-server'), ['token', '--data-dir', server.dir, '--service', 'mailer',
        '--audience', 'notify'], { encoding: 'utf8' }).trim();
});

after(async () => {
    await server?.stop();
    for (const stand of stands) {
        stand.closeAllConnections?.();
        stand.close();
    }
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

// A user with this device gets a notification; what became of it.
async function deliver(device, more = {}) {
    const username = `ann-${device.channel}-${people++}`;
    const { access_token: user } = await ask('api-server', 'POST', '/api/signup', undefined, { username, password: PASSWORD });
    await ask('api-server', 'POST', '/api/devices', user, device);
    const body = { user: username, title: 'Böb', body: 'good morning 🌻', ...more };
    const { id } = await ask('notification-server', 'POST', '/notify', token, body);
    for (const end = Date.now() + WITHIN_MS; Date.now() < end; await sleep(20)) {
        const now = await ask('notification-server', 'GET', `/notify/${id}`, token);
        if (now.status !== 'queued') return now;
    }
    throw new Error(`${device.channel}: not over`);
}

async function delivered(device, path) {
    const before = got.length;
    const { status, deliveries } = await deliver(device);
    assert.equal(status, 'delivered', JSON.stringify(deliveries));
    assert.equal(deliveries[0].channel, device.channel);
    const request = got.slice(before).find((r) => r.path.startsWith(path));
    assert.ok(request, `nothing came to ${path}`);
    return request;
}

test('those that have a URL', async () => {
    const url = `http://127.0.0.1:${http}`;
    const rows = [['webhook', '/webhook'], ['ntfy', '/'], ['gotify', '/gotify/message', { token: 'A1b2C3' }],
        ['slack', '/slack'], ['discord', '/discord']];
    for (const [channel, path, more] of rows) {
        const { method, body } = await delivered({ channel, url: `${url}/${channel}`, ...more }, path);
        assert.equal(method, 'POST');
        assert.ok(body.includes('good morning'), channel);
    }
});

test('webpush, with a key that the servers have made', async () => {
    const device = { channel: 'webpush', endpoint: `http://127.0.0.1:${http}/webpush/1`,
        keys: { p256dh: P256DH, auth: 'BTBZMqHH6r4Tts7J_aSIgg' } };
    const { headers, body } = await delivered(device, '/webpush');
    assert.equal(headers['content-encoding'], 'aes128gcm');
    assert.match(headers.authorization, /^vapid /);
    assert.ok(!body.includes('good morning'));
});

test('telegram', async () => {
    const { body } = await delivered({ channel: 'telegram', chat_id: '42' }, '/bot123456:abc_def/sendMessage');
    assert.ok(body.includes('good morning'));
});

test('fcm, which asks for one token and keeps it', async () => {
    for (const device of ['fcm:one', 'fcm:two']) {
        const { headers } = await delivered({ channel: 'fcm', token: device }, '/v1/projects/chat-1/messages:send');
        assert.equal(headers.authorization, 'Bearer ya29.1');
    }
    assert.equal(tokensGiven, 1);
});

test('apns, over HTTP/2', async () => {
    const device = 'ab'.repeat(32);
    const { version, headers } = await delivered({ channel: 'apns', token: device }, `/3/device/${device}`);
    assert.equal(version, '2.0');
    assert.match(headers.authorization, /^bearer /);
});

test('email', async () => {
    const { body } = await delivered({ channel: 'email', address: 'ann@mail.example' }, '');
    assert.match(body.toString(), /^To: ann@mail\.example$/m);
});

test('several mails over one connection', async () => {
    await Promise.all(['a', 'b', 'c'].map(async (name) => {
        const { status } = await deliver({ channel: 'email', address: `${name}@mail.example` });
        assert.equal(status, 'delivered');
    }));
    for (const name of ['a', 'b', 'c'])
        assert.ok(got.some(({ body }) => body.includes(`To: ${name}@mail.example`)), name);
});

test('over TLS, and HTTP/2 where the other end has it', async () => {
    const { version } = await delivered({ channel: 'webhook', url: `https://127.0.0.1:${trusted}/tls` }, '/tls');
    assert.equal(version, '2.0');
});

test('not to a server whose certificate is not good', async () => {
    const before = got.length;
    const url = `https://127.0.0.1:${stranger}/tls`;
    const { status, deliveries } = await deliver({ channel: 'webhook', url });
    assert.equal(status, 'failed');
    assert.match(deliveries[0].last_error, /TLS|certificate/i);
    assert.equal(got.length, before);
});
