// The provider token of the channel apns is good to npm's jose; its request is what Apple's documentation asks for.
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import * as jose from 'jose';
import { NOW, build, channelTool } from './channels.mjs';

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const flags = ['--apns-key-id=KEY1234567', '--apns-team-id=TEAM123456', '--apns-topic=org.example.chat',
    '--apns-url=https://apns.example:2197'];
const environment = { CHATAPP_APNS_KEY: privateKey.export({ type: 'pkcs8', format: 'pem' }) };
const device = { token: 'ab'.repeat(32) };

test('the token is ES256, names key and team, and lasts between 20 and 60 minutes', async () => {
    const { token, renew, expires } = channelTool({ channel: 'apns' }, flags, environment);
    const { payload, protectedHeader } = await jose.jwtVerify(token, publicKey, {
        algorithms: ['ES256'], issuer: 'TEAM123456', currentDate: new Date(NOW),
    });
    assert.deepEqual(protectedHeader, { alg: 'ES256', kid: 'KEY1234567' });
    assert.deepEqual(payload, { iss: 'TEAM123456', iat: NOW / 1000 });
    assert.ok(renew - NOW >= 20 * 60_000 && expires - NOW < 60 * 60_000 && renew < expires);
});

test('the request has the device in its path and the rest in headers', () => {
    const options = { flags, environment, token: 'a.b.c', notification: { collapse: 'r1', priority: 'high' } };
    const { url, headers, body } = build('apns', device, options);
    assert.equal(url, `https://apns.example:2197/3/device/${device.token}`);
    assert.equal(headers.authorization, 'bearer a.b.c');
    assert.equal(headers['apns-topic'], 'org.example.chat');
    assert.equal(headers['apns-push-type'], 'alert');
    assert.equal(headers['apns-priority'], '10');
    assert.equal(headers['apns-expiration'], String(NOW / 1000 + 3600));
    assert.match(headers['apns-id'], /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    assert.ok(Buffer.byteLength(headers['apns-collapse-id']) <= 64);
    assert.deepEqual(JSON.parse(body), {
        aps: { alert: { title: 'Böb', body: 'good morning 🌻' }, sound: 'default' },
        id: 'naaaaaaaaaaaaaaaaaaaaaaa', event: 'chat.message', data: { conversation: 'r1', seq: 7 },
    });
    assert.equal(build('apns', device, options).headers['apns-id'], headers['apns-id']);
});

test('a long text is cut to 4096 bytes', () => {
    const { body } = build('apns', device, { flags, environment, notification: { body: '🌻'.repeat(3000) } });
    assert.ok(body.length <= 4096 && body.length > 4080, `${body.length} bytes`);
    assert.ok(JSON.parse(body).truncated);
});
