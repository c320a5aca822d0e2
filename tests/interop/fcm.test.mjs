// The assertion with which the channel fcm asks for a token is good to npm's jose; its request is what Google's
// documentation asks for.
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import * as jose from 'jose';
import { NOW, build, channelTool, request } from './channels.mjs';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const account = {
    type: 'service_account', project_id: 'chat-1', private_key_id: 'k1', client_email: 'push@chat-1.example',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }), token_uri: 'https://oauth.example/token',
};
const environment = { CHATAPP_FCM_SERVICE_ACCOUNT: JSON.stringify(account) };
const device = { token: 'fcm:registration-token' };

test('the token is asked for as RFC 7523 has it', async () => {
    const { url, headers, body } = request(channelTool({ channel: 'fcm' }, [], environment));
    assert.equal(url, 'https://oauth.example/token');
    assert.equal(headers['content-type'], 'application/x-www-form-urlencoded');
    const form = new URLSearchParams(body.toString());
    assert.equal(form.get('grant_type'), 'urn:ietf:params:oauth:grant-type:jwt-bearer');
    const { payload, protectedHeader } = await jose.jwtVerify(form.get('assertion'), publicKey, {
        algorithms: ['RS256'], issuer: account.client_email, audience: account.token_uri, currentDate: new Date(NOW),
    });
    assert.deepEqual(protectedHeader, { alg: 'RS256', typ: 'JWT', kid: 'k1' });
    assert.equal(payload.scope, 'https://www.googleapis.com/auth/firebase.messaging');
    assert.equal(payload.exp - payload.iat, 3600);
});

test('a token URL of the settings stands in for the account’s', () => {
    const { url } = channelTool({ channel: 'fcm' }, ['--fcm-token-url=http://127.0.0.1:9/t'], environment);
    assert.equal(url, 'http://127.0.0.1:9/t');
});

test('the message has texts, data as strings, and how it is to be delivered', () => {
    const { url, headers, body } = build('fcm', device, {
        environment, token: 'ya29.x', flags: ['--fcm-url=https://fcm.example'],
        notification: { collapse: 'r1', priority: 'high' },
    });
    assert.equal(url, 'https://fcm.example/v1/projects/chat-1/messages:send');
    assert.equal(headers.authorization, 'Bearer ya29.x');
    const { message } = JSON.parse(body);
    assert.equal(message.token, device.token);
    assert.deepEqual(message.notification, { title: 'Böb', body: 'good morning 🌻' });
    assert.deepEqual(message.data,
        { id: 'naaaaaaaaaaaaaaaaaaaaaaa', event: 'chat.message', data: '{"conversation":"r1","seq":7}' });
    assert.deepEqual([message.android.priority, message.android.ttl], ['HIGH', '3600s']);
    assert.equal(message.android.collapse_key, message.apns.headers['apns-collapse-id']);
});

test('notification and data together are at most 4096 bytes', () => {
    const { body } = build('fcm', device, { environment, notification: { body: 'é'.repeat(5000) } });
    const { message } = JSON.parse(body);
    const size = Buffer.byteLength(JSON.stringify({ notification: message.notification, data: message.data }));
    assert.ok(size <= 4096 && size > 3500, `${size} bytes`);
    assert.equal(message.data.truncated, 'true');
});
