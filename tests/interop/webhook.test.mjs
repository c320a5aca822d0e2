// What the channel webhook signs is good to npm's standardwebhooks.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { build } from './channels.mjs';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const OTHER = 'whsec_NfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const device = { url: 'https://hooks.example/in', secret: SECRET };

test('the signature is good, and the payload is what was sent', () => {
    const { headers, body } = build('webhook', device, { now: Date.now() });
    const payload = new Webhook(SECRET).verify(body.toString(), headers);
    assert.equal(payload.type, 'chat.message');
    assert.equal(new Date(payload.timestamp).toString(), new Date(payload.timestamp).toString());
    assert.deepEqual(payload.data, {
        id: 'naaaaaaaaaaaaaaaaaaaaaaa', user: 'alice', title: 'Böb', body: 'good morning 🌻',
        event: 'chat.message', data: { conversation: 'r1', seq: 7 }, priority: 'normal',
    });
});

test('another secret, another body or an old time are seen', () => {
    const { headers, body } = build('webhook', device, { now: Date.now() });
    assert.throws(() => new Webhook(OTHER).verify(body.toString(), headers));
    assert.throws(() => new Webhook(SECRET).verify(`${body} `, headers));
    const old = build('webhook', device, { now: Date.now() - 3_600_000 });
    assert.throws(() => new Webhook(SECRET).verify(old.body.toString(), old.headers));
});
