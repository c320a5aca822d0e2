// Notifications from POST /notify to the other end of every channel, each played by an implementation that is not ours:
// http_ece reads what a browser would, standardwebhooks checks the webhook, Node's http2 is Apple, aiosmtpd takes the mail.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createECDH, generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createSecureServer } from 'node:http2';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { tmpdir } from 'node:os';
import ece from 'http_ece';
import * as jose from 'jose';
import { Webhook } from 'standardwebhooks';
import { daemonPath, startDaemons } from './server.mjs';

const PATIENCE_MS = 30_000;
const PASSWORD = 'correct-Horse-7-battery';
const PEM = { type: 'pkcs8', format: 'pem' };
const MAIL_PASSWORD = 'mail-password';

const dir = mkdtempSync(join(tmpdir(), 'chatapp-push-'));
const got = []; // { to: path, headers, body: Buffer } of every request, in order
const answers = {}; // by path: [status, body] instead of 200, while it is there
const mails = [];
const apple = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const google = generateKeyPairSync('rsa', { modulusLength: 2048 });
const browserKeys = createECDH('prime256v1');
const browserAuth = randomBytes(16);

let others; // the plain HTTP server that plays all but Apple and the mail server
let appleServer;
let mailServer;
let server;
let serviceToken;
let tokens = 0;

function note(path, headers, chunks) {
    got.push({ to: path, headers, body: Buffer.concat(chunks) });
    if (path === '/oauth') return [200, JSON.stringify({ access_token: `token-${++tokens}`, expires_in: 3600 })];
    const answer = answers[path];
    if (answer?.[2] === 'once') delete answers[path];
    return answer ?? [200, '{"ok":true}'];
}

async function listen(listener) {
    await new Promise((resolve) => listener.listen(0, '127.0.0.1', resolve));
    return listener.address().port;
}

function certificate() {
    const [key, cert] = ['key.pem', 'cert.pem'].map((name) => join(dir, name));
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
        '-keyout', key, '-out', cert, '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'],
    { stdio: 'ignore' });
    return { key, cert };
}

function startOthers() {
    others = createServer((request, response) => {
        const chunks = [];
        request.on('data', (chunk) => chunks.push(chunk));
        request.on('end', () => {
            const [status, body] = note(request.url, request.headers, chunks);
            response.writeHead(status, { 'content-type': 'application/json' }).end(body);
        });
    });
    return listen(others);
}

function startApple({ key, cert }) {
    appleServer = createSecureServer({ key: readFileSync(key), cert: readFileSync(cert) });
    appleServer.on('stream', (stream, headers) => {
        const chunks = [];
        stream.on('data', (chunk) => chunks.push(chunk));
        stream.on('end', () => {
            const [status, body] = note(headers[':path'], headers, chunks);
            stream.respond({ ':status': status });
            stream.end(status === 200 ? '' : body);
        });
    });
    return listen(appleServer);
}

function startMail({ key, cert }) {
    // Debian's own, which knows Debian's aiosmtpd.
    mailServer = spawn('/usr/bin/python3', ['mail_server.py', cert, key, 'chat', MAIL_PASSWORD], { stdio: ['ignore', 'pipe', 'inherit'] });
    return new Promise((resolve, reject) => {
        createInterface({ input: mailServer.stdout }).on('line', (line) => {
            const said = JSON.parse(line);
            if (said.port) resolve(said.port);
            else mails.push(said);
        });
        mailServer.on('exit', (status) => reject(new Error(`the mail server ended with ${status}`)));
    });
}

async function until(what, condition) {
    for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await sleep(20)) {
        const value = await condition();
        if (value) return value;
    }
    assert.fail(`waited in vain until ${what}`);
}

async function api(account, method, path, body) {
    const answer = await fetch(server.urls['api-server'] + path, {
        method, body: body && JSON.stringify(body),
        headers: account ? { authorization: `Bearer ${account.access_token}` } : {},
    });
    const text = await answer.text();
    assert.ok(answer.ok, `${method} ${path}: ${text}`);
    return text && JSON.parse(text);
}

async function notify(body) {
    const headers = { authorization: `Bearer ${serviceToken}` };
    const url = `${server.urls['notification-server']}/notify`;
    const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
    assert.equal(answer.status, 202);
    const { id } = await answer.json();
    return until(`${id} has ended`, async () => {
        const now = await (await fetch(`${url}/${id}`, { headers })).json();
        return now.status !== 'queued' && now;
    });
}

function tokenOfAService() {
    return execFileSync(daemonPath('api-server'),
        ['token', '--data-dir', server.dir, '--service', 'tester', '--audience', 'notify'], { encoding: 'utf8' }).trim();
}

function devicesAt(base) {
    return {
        webhook: { url: `${base}/webhook` },
        webpush: {
            endpoint: `${base}/webpush`,
            keys: { p256dh: browserKeys.getPublicKey('base64url'), auth: browserAuth.toString('base64url') },
        },
        ntfy: { url: `${base}/topic` },
        gotify: { url: `${base}/gotify`, token: 'app-token' },
        email: { address: 'ann@mail.example' },
        slack: { url: `${base}/slack` },
        discord: { url: `${base}/discord` },
        telegram: { chat_id: '7' },
        fcm: { token: 'fcm-token' },
        apns: { token: 'ab'.repeat(32) },
    };
}
// Where each is heard of.
const PATHS = {
    webhook: '/webhook', webpush: '/webpush', ntfy: '/', gotify: '/gotify/message', slack: '/slack', discord: '/discord',
    telegram: '/bot1:bot/sendMessage', fcm: '/v1/projects/chat-1/messages:send', apns: `/3/device/${'ab'.repeat(32)}`,
};

let base;

async function userWith(username, channels) {
    const account = await api(null, 'POST', '/api/signup', { username, password: PASSWORD });
    const devices = {};
    for (const channel of channels) {
        const body = { channel, ...devicesAt(base)[channel] };
        devices[channel] = (await api(account, 'POST', '/api/devices', body)).device;
    }
    return { account, devices };
}

before(async () => {
    browserKeys.generateKeys();
    const tls = certificate();
    const ports = await Promise.all([startOthers(), startApple(tls), startMail(tls)]);
    base = `http://127.0.0.1:${ports[0]}`;
    const [key, account] = [join(dir, 'apple.p8'), join(dir, 'google.json')];
    writeFileSync(key, apple.privateKey.export(PEM));
    writeFileSync(account, JSON.stringify({
        project_id: 'chat-1', private_key_id: 'k1', client_email: 'push@chat-1.example',
        private_key: google.privateKey.export(PEM), token_uri: `${base}/oauth`,
    }));
    server = await startDaemons(['api-server', '--allow-private-urls'], [
        'notification-server', '--allow-private-urls', '--retry-first-ms=50', `--tls-ca-file=${tls.cert}`,
        `--telegram-url=${base}`, '--telegram-token=1:bot', `--fcm-url=${base}`, `--fcm-service-account-file=${account}`,
        `--apns-url=https://127.0.0.1:${ports[1]}`, `--apns-key-file=${key}`, '--apns-key-id=K', '--apns-team-id=T',
        '--apns-topic=org.example.chat', `--smtp-url=smtp://127.0.0.1:${ports[2]}`, '--smtp-from=chat@example.org',
        '--smtp-user=chat', `--smtp-password=${MAIL_PASSWORD}`,
    ]);
    serviceToken = tokenOfAService();
});

after(async () => {
    await server?.stop();
    others?.close();
    others?.closeAllConnections();
    appleServer?.close();
    if (mailServer) {
        mailServer.removeAllListeners('exit');
        mailServer.kill();
    }
    rmSync(dir, { recursive: true });
});

const TEXT = { title: 'Böb', body: 'good morning 🌻', event: 'chat.message', data: { seq: 7 }, ttl: 600 };

test('one notification reaches the other end of every channel', async () => {
    const { account, devices } = await userWith('ann', Object.keys(devicesAt('')));
    const told = await notify({ user: 'ann', ...TEXT });
    assert.equal(told.status, 'delivered', JSON.stringify(told));
    assert.equal(told.deliveries.length, 10);
    const at = Object.fromEntries(Object.entries(PATHS).map(([channel, path]) => {
        const requests = got.filter(({ to }) => to === path);
        assert.equal(requests.length, 1, `${channel}: ${requests.length} requests`);
        return [channel, requests[0]];
    }));
    const json = (channel) => JSON.parse(at[channel].body);

    const hook = new Webhook(devices.webhook.secret).verify(at.webhook.body.toString(), at.webhook.headers);
    assert.deepEqual([hook.type, hook.data.body, hook.data.data], ['chat.message', TEXT.body, { seq: 7 }]);

    const text = ece.decrypt(at.webpush.body,
        { version: 'aes128gcm', privateKey: browserKeys, authSecret: browserAuth.toString('base64url') });
    const { title, body, data } = JSON.parse(text);
    assert.deepEqual({ title, body, data }, { title: TEXT.title, body: TEXT.body, data: TEXT.data });
    const { public_key: vapid } = await api(account, 'GET', '/api/devices/vapid');
    const [, token, key] = /^vapid t=(\S+), k=(\S+)$/.exec(at.webpush.headers.authorization);
    assert.equal(key, vapid);
    const point = Buffer.from(vapid, 'base64url');
    const jwk = { kty: 'EC', crv: 'P-256', x: point.subarray(1, 33).toString('base64url'), y: point.subarray(33).toString('base64url') };
    await jose.jwtVerify(token, await jose.importJWK(jwk, 'ES256'), { audience: base });

    assert.deepEqual([json('ntfy').topic, json('ntfy').message], ['topic', TEXT.body]);
    assert.deepEqual([at.gotify.headers['x-gotify-key'], json('gotify').message], ['app-token', TEXT.body]);
    assert.equal(json('slack').text, `${TEXT.title}\n${TEXT.body}`);
    assert.equal(json('discord').content, `${TEXT.title}\n${TEXT.body}`);
    assert.deepEqual([json('telegram').chat_id, json('telegram').text], ['7', `${TEXT.title}\n${TEXT.body}`]);

    const form = new URLSearchParams(got.find(({ to }) => to === '/oauth').body.toString());
    await jose.jwtVerify(form.get('assertion'), google.publicKey, { audience: `${base}/oauth` });
    assert.equal(at.fcm.headers.authorization, 'Bearer token-1');
    assert.equal(json('fcm').message.token, 'fcm-token');

    await jose.jwtVerify(at.apns.headers.authorization.slice('bearer '.length), apple.publicKey, { issuer: 'T' });
    assert.equal(at.apns.headers['apns-topic'], 'org.example.chat');
    assert.equal(json('apns').aps.alert.body, TEXT.body);

    assert.equal(mails.length, 1);
    const [mail] = mails;
    assert.deepEqual([mail.from, mail.to, mail.subject, mail.body], ['chat@example.org', ['ann@mail.example'], 'Böb', TEXT.body]);
    assert.ok(mail.tls && mail.authenticated);
});

test('tokens are kept for the next notification, and renewed when they are refused', async () => {
    await userWith('bea', ['fcm', 'apns']);
    const path = PATHS.fcm;
    const asked = () => got.filter(({ to }) => to === '/oauth').length;
    const before = asked();
    assert.equal((await notify({ user: 'bea', ...TEXT })).status, 'delivered');
    assert.equal(asked(), before);
    answers[path] = [401, '{"error":{"status":"UNAUTHENTICATED"}}', 'once'];
    assert.equal((await notify({ user: 'bea', ...TEXT })).status, 'delivered');
    assert.equal(asked(), before + 1);
    assert.equal(got.filter(({ to }) => to === path).at(-1).headers.authorization, `Bearer token-${tokens}`);
    const apples = got.filter(({ to }) => to === PATHS.apns).map(({ headers }) => headers.authorization);
    assert.equal(new Set(apples).size, 1, 'a provider token is made once in 20 minutes');
});

test('devices that are gone are taken away, on every channel', async () => {
    const gone = {
        webhook: [410, ''], webpush: [404, ''], ntfy: [404, ''], gotify: [401, ''], slack: [404, 'no_service'],
        discord: [404, '{"message":"Unknown Webhook","code":10015}'],
        telegram: [403, '{"ok":false,"error_code":403,"description":"Forbidden: bot was blocked by the user"}'],
        fcm: [404, '{"error":{"status":"NOT_FOUND","details":[{"errorCode":"UNREGISTERED"}]}}'],
        apns: [410, '{"reason":"Unregistered"}'],
    };
    const { account } = await userWith('cat', Object.keys(gone));
    await api(account, 'POST', '/api/devices', { channel: 'email', address: 'gone@mail.example' });
    for (const [channel, answer] of Object.entries(gone)) answers[PATHS[channel]] = answer;
    assert.equal((await api(account, 'GET', '/api/devices')).devices.length, 10);
    await notify({ user: 'cat', ...TEXT });
    await until('all devices are gone', async () => (await api(account, 'GET', '/api/devices')).devices.length === 0);
    for (const path of Object.values(PATHS)) delete answers[path];
});

test('a subscription that somebody else has registered since gets none of the first one’s', async () => {
    await userWith('dan', ['webpush', 'ntfy']);
    await userWith('eve', ['webpush']);
    const before = got.filter(({ to }) => to === PATHS.webpush).length;
    assert.equal((await notify({ user: 'dan', ...TEXT })).status, 'delivered');
    assert.equal(got.filter(({ to }) => to === PATHS.webpush).length, before);
    assert.equal((await notify({ user: 'eve', ...TEXT })).status, 'delivered');
    assert.equal(got.filter(({ to }) => to === PATHS.webpush).length, before + 1);
});
