// Our tokens against another implementation of JOSE, both ways.
// $CHATAPP_TOKEN_TOOL is the built token_tool.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { before, test } from 'node:test';
import * as jose from 'jose';

const TOOL = process.env.CHATAPP_TOKEN_TOOL;
const HEADER = { alg: 'EdDSA', typ: 'at+jwt' };
const SESSION = 'abcdefghijklmnopqrstuvwx';

let ours; // { privateKey, publicKey, jwk }: a key that both sides know

function tool(args, input = '') {
    assert.ok(TOOL, 'CHATAPP_TOKEN_TOOL must name the built token_tool');
    return execFileSync(TOOL, args, { input, encoding: 'utf8' });
}

function makeToken({ user = 'alice', audience = 'chatapp', lifetime = 900 } = {}) {
    const [jwks, token] = tool(['make', user, audience, String(lifetime)]).split('\n');
    return { jwks: JSON.parse(jwks), token };
}

// What token_open() says: "ok alice", "denied", "expired", "not_found", "invalid".
function open(token, jwks = [ours.jwk], audience = 'chatapp') {
    return tool(['open', audience], `${JSON.stringify({ keys: jwks })}\n${token}\n`).trim();
}

async function ed25519Key() {
    const { privateKey, publicKey } = await jose.generateKeyPair('EdDSA', {
        crv: 'Ed25519',
        extractable: true,
    });
    const { kty, crv, x } = await jose.exportJWK(publicKey);
    const kid = (await jose.calculateJwkThumbprint({ kty, crv, x })).slice(0, 16);
    return { privateKey, publicKey, jwk: { kty, crv, use: 'sig', alg: 'EdDSA', kid, x } };
}

function claims(change = {}) {
    const now = Math.floor(Date.now() / 1000);
    const all = {
        iss: 'chatapp',
        aud: 'chatapp',
        sub: 'alice',
        sid: SESSION,
        iat: now,
        exp: now + 900,
        ...change,
    };
    return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

function sign(payload = claims(), header = {}, key = ours) {
    return new jose.SignJWT(payload)
        .setProtectedHeader({ ...HEADER, kid: key.jwk.kid, ...header })
        .sign(key.privateKey);
}

function base64url(value) {
    return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString(
        'base64url',
    );
}

function unsigned(header, payload = claims()) {
    return `${base64url(header)}.${base64url(payload)}`;
}

before(async () => {
    ours = await ed25519Key();
});

// --- ours, read by jose

const EXPECTED = { issuer: 'chatapp', audience: 'chatapp', typ: 'at+jwt', algorithms: ['EdDSA'] };

test('jose verifies a token of ours with our JWK Set', async () => {
    const { jwks, token } = makeToken();
    const { payload, protectedHeader } = await jose.jwtVerify(
        token,
        jose.createLocalJWKSet(jwks),
        EXPECTED,
    );
    assert.equal(payload.sub, 'alice');
    assert.match(payload.sid, /^[a-z2-7]{24}$/);
    assert.equal(payload.exp - payload.iat, 900);
    assert.deepEqual(protectedHeader, { alg: 'EdDSA', typ: 'at+jwt', kid: jwks.keys[0].kid });
});

test('the kid of our JWK is the start of its RFC 7638 thumbprint', async () => {
    const { jwks } = makeToken();
    assert.equal(jwks.keys.length, 1);
    assert.equal(jwks.keys[0].kid, (await jose.calculateJwkThumbprint(jwks.keys[0])).slice(0, 16));
});

test('our JWK Set has no private key', () => {
    const { jwks } = makeToken();
    assert.deepEqual(Object.keys(jwks.keys[0]).sort(), ['alg', 'crv', 'kid', 'kty', 'use', 'x']);
});

test('jose refuses a token of ours that is late', async () => {
    const { jwks, token } = makeToken({ lifetime: -10 });
    await assert.rejects(
        jose.jwtVerify(token, jose.createLocalJWKSet(jwks), EXPECTED),
        jose.errors.JWTExpired,
    );
});

test('jose refuses a token of ours for another audience', async () => {
    const { jwks, token } = makeToken({ audience: 'notify' });
    await assert.rejects(
        jose.jwtVerify(token, jose.createLocalJWKSet(jwks), EXPECTED),
        jose.errors.JWTClaimValidationFailed,
    );
});

test('jose refuses a token of ours under a key of the same kid that did not sign it', async () => {
    const { jwks, token } = makeToken();
    const other = { ...makeToken().jwks.keys[0], kid: jwks.keys[0].kid };
    await assert.rejects(
        jose.jwtVerify(token, jose.createLocalJWKSet({ keys: [other] }), EXPECTED),
        jose.errors.JWSSignatureVerificationFailed,
    );
});

test('we open what we made', () => {
    const { jwks, token } = makeToken();
    assert.equal(open(token, jwks.keys), 'ok alice');
    assert.equal(open(token, [ours.jwk]), 'not_found');
});

// --- made by jose, read by us

test('we open a token that jose signed', async () => {
    assert.equal(await sign().then((token) => open(token)), 'ok alice');
});

test('we find the key among others and other kinds', async () => {
    const rsa = await jose.exportJWK(
        (await jose.generateKeyPair('RS256', { extractable: true })).publicKey,
    );
    const ec = await jose.exportJWK(
        (await jose.generateKeyPair('ES256', { extractable: true })).publicKey,
    );
    const other = await ed25519Key();
    assert.equal(open(await sign(), [rsa, ec, other.jwk, ours.jwk]), 'ok alice');
});

test('none is refused', () => {
    const jwt = new jose.UnsecuredJWT(claims()).encode();
    assert.equal(open(jwt), 'denied');
    assert.equal(open(`${unsigned({ ...HEADER, alg: 'none', kid: ours.jwk.kid })}.`), 'denied');
});

test('a header of ours without a signature is refused', () => {
    assert.equal(open(`${unsigned({ ...HEADER, kid: ours.jwk.kid })}.`), 'denied');
});

test('HS256 with the public key as the secret is refused', async () => {
    const raw = Buffer.from(ours.jwk.x, 'base64url');
    const pem = await jose.exportSPKI(ours.publicKey);
    for (const secret of [
        raw,
        Buffer.from(pem),
        Buffer.from(ours.jwk.x),
        Buffer.from(JSON.stringify(ours.jwk)),
    ]) {
        const token = await new jose.SignJWT(claims())
            .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid: ours.jwk.kid })
            .sign(secret);
        assert.equal(open(token), 'denied');
    }
    const text = unsigned({ ...HEADER, kid: ours.jwk.kid }); // says EdDSA, is HMAC
    assert.equal(
        open(`${text}.${createHmac('sha512', raw).update(text).digest('base64url')}`),
        'denied',
    );
});

test('RS256 and ES256 are refused, also with their key in the set', async () => {
    for (const alg of ['RS256', 'ES256']) {
        const { privateKey, publicKey } = await jose.generateKeyPair(alg, { extractable: true });
        const jwk = { ...(await jose.exportJWK(publicKey)), alg, use: 'sig', kid: ours.jwk.kid };
        const token = await sign(claims(), { alg }, { privateKey, jwk });
        assert.equal(open(token, [jwk, ours.jwk]), 'denied');
    }
});

test('an expired token is told as expired, within a minute it is still good', async () => {
    const now = Math.floor(Date.now() / 1000);
    assert.equal(open(await sign(claims({ iat: now - 900, exp: now - 120 }))), 'expired');
    assert.equal(open(await sign(claims({ iat: now - 900, exp: now - 30 }))), 'ok alice');
});

test('a token from the future is refused', async () => {
    const now = Math.floor(Date.now() / 1000);
    assert.equal(open(await sign(claims({ nbf: now + 120 }))), 'denied');
    assert.equal(open(await sign(claims({ iat: now + 120 }))), 'denied');
});

test('another audience or issuer is refused', async () => {
    for (const change of [
        { aud: 'notify' },
        { aud: ['chatapp'] },
        { aud: undefined },
        { iss: 'other' },
        { iss: undefined },
    ])
        assert.equal(open(await sign(claims(change))), 'denied', JSON.stringify(change));
    assert.equal(open(await sign(claims({ aud: 'notify' })), [ours.jwk], 'notify'), 'ok alice');
});

test('a missing or strange subject, session or time is refused', async () => {
    for (const change of [
        { sub: undefined },
        { sub: 'Alice' },
        { sub: '../x' },
        { sid: undefined },
        { sid: 'short' },
        { exp: undefined },
        { iat: undefined },
        { exp: 1e300 },
        { exp: 1.5 },
    ])
        assert.equal(open(`${await sign(claims(change))}`), 'denied', JSON.stringify(change));
});

test('another typ is refused', async () => {
    for (const typ of ['JWT', 'application/at+jwt', 'dpop+jwt', undefined])
        assert.equal(open(await sign(claims(), { typ })), 'denied', String(typ));
});

test('a key in or behind the header is refused', async () => {
    const stranger = await ed25519Key();
    for (const header of [
        { jwk: stranger.jwk },
        { jku: 'https://example.net/jwks.json' },
        { x5c: ['MIIB'] },
        { x5u: 'https://example.net/cert' },
    ]) {
        assert.equal(
            open(await sign(claims(), { ...header, kid: ours.jwk.kid }, stranger)),
            'denied',
        );
        assert.equal(open(await sign(claims(), header)), 'denied');
    }
});

test('a critical extension is refused', async () => {
    const token = await new jose.SignJWT(claims())
        .setProtectedHeader({
            ...HEADER,
            kid: ours.jwk.kid,
            crit: ['urn:example:x'],
            'urn:example:x': 1,
        })
        .sign(ours.privateKey, { crit: { 'urn:example:x': true } });
    assert.equal(open(token), 'denied');
});

test("a stranger's key is refused, under its own kid and under ours", async () => {
    const stranger = await ed25519Key();
    assert.equal(open(await sign(claims(), {}, stranger)), 'not_found');
    assert.equal(open(await sign(claims(), { kid: ours.jwk.kid }, stranger)), 'denied');
});
