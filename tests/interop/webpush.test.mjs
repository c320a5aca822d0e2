// What the channel webpush encrypts, npm's http_ece decrypts as a browser does; its VAPID token is good to npm's jose.
import assert from 'node:assert/strict';
import { createECDH, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import ece from 'http_ece';
import * as jose from 'jose';
import { NOW, build, channelTool } from './channels.mjs';

const vapid = createECDH('prime256v1');
vapid.generateKeys();
const flags = [`--vapid-key=${vapid.getPrivateKey('base64url').padStart(43, 'A')}`, '--vapid-subject=mailto:ops@example.org'];

function browser() {
    const ecdh = createECDH('prime256v1');
    ecdh.generateKeys();
    const auth = randomBytes(16);
    return {
        device: {
            endpoint: 'https://push.example:8443/send/1',
            'keys.p256dh': ecdh.getPublicKey('base64url'),
            'keys.auth': auth.toString('base64url'),
        },
        decrypt: (body) => ece.decrypt(body, { version: 'aes128gcm', privateKey: ecdh, authSecret: auth.toString('base64url') }),
    };
}

test('the browser that subscribed reads the message, and no other does', () => {
    const { device, decrypt } = browser();
    const { headers, body } = build('webpush', device, { flags });
    assert.equal(headers['content-encoding'], 'aes128gcm');
    assert.deepEqual(JSON.parse(decrypt(body)), {
        id: 'naaaaaaaaaaaaaaaaaaaaaaa', title: 'Böb', body: 'good morning 🌻', event: 'chat.message', time: NOW,
        data: { conversation: 'r1', seq: 7 },
    });
    assert.throws(() => browser().decrypt(body));
    body[body.length - 1] ^= 1;
    assert.throws(() => decrypt(body));
});

test('every message has a key and a salt of its own', () => {
    const { device } = browser();
    const bodies = [1, 2].map(() => build('webpush', device, { flags }).body);
    assert.notDeepEqual(bodies[0].subarray(0, 16), bodies[1].subarray(0, 16));
    assert.notDeepEqual(bodies[0].subarray(21, 86), bodies[1].subarray(21, 86));
});

test('a long text is cut between characters, and what is sent fits', () => {
    const { device, decrypt } = browser();
    for (const text of ['🌻'.repeat(2000), '"\\\n'.repeat(3000), `x${'é'.repeat(4000)}`]) {
        const { body } = build('webpush', device, { flags, notification: { body: text } });
        assert.ok(body.length <= 4096, `${body.length} bytes`);
        assert.ok(body.length > 4070, `only ${body.length} bytes`);
        const message = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(decrypt(body)));
        assert.equal(message.truncated, true);
        assert.ok(message.body.endsWith('…') && text.startsWith(message.body.slice(0, -1)));
        assert.deepEqual(message.data, { conversation: 'r1', seq: 7 });
    }
});

test('data that does not fit is left out, and the text stays', () => {
    const { device, decrypt } = browser();
    const data = JSON.stringify({ x: 'x'.repeat(5000) });
    const message = JSON.parse(decrypt(build('webpush', device, { flags, notification: { data } }).body));
    assert.deepEqual([message.body, message.truncated, message.data], ['good morning 🌻', true, undefined]);
});

test('VAPID: signed with the key that subscribers were given, for the origin of the endpoint', async () => {
    const { headers } = build('webpush', browser().device, { flags });
    const [, token, key] = /^vapid t=(\S+), k=(\S+)$/.exec(headers.authorization);
    assert.equal(key, vapid.getPublicKey('base64url'));
    const point = vapid.getPublicKey();
    const jwk = {
        kty: 'EC', crv: 'P-256',
        x: point.subarray(1, 33).toString('base64url'), y: point.subarray(33).toString('base64url'),
    };
    const { payload } = await jose.jwtVerify(token, await jose.importJWK(jwk, 'ES256'), {
        audience: 'https://push.example:8443', typ: 'JWT', currentDate: new Date(NOW),
    });
    assert.equal(payload.sub, 'mailto:ops@example.org');
    assert.ok(payload.exp * 1000 - NOW <= 86_400_000);
    assert.deepEqual([headers.ttl, headers.urgency, headers.topic], ['3600', 'normal', undefined]);
});

test('a subscription whose key is none is refused', () => {
    const { device } = browser();
    const built = channelTool({
        channel: 'webpush', device: { ...device, 'keys.p256dh': 'AAAA' }, notification: { id: 'n', body: 'x' },
    }, flags);
    assert.deepEqual([built.err, built.why], ['invalid', "the device's keys are none"]);
});
