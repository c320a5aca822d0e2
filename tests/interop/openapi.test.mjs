// api-server/openapi.json, and what a real api-server answers.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openapi } from './openapi.mjs';
import { daemonPath, startDaemons, startStandIn } from './server.mjs';

const PASSWORD = 'correct-Horse-7-battery';

let server;
const { call, allAnswered } = openapi('api-server', () => server.urls['api-server'], 30);

before(async () => {
    server = await startDaemons('api-server', 'chat-server', 'presence-server');
});

after(() => server?.stop());

// Servers are in the registry a moment after they are ready.
async function eventually(what) {
    for (const end = Date.now() + 20_000; ; await sleep(50)) {
        try {
            return await what();
        } catch (error) {
            if (Date.now() > end) throw error;
        }
    }
}

async function signup(username, more = {}) {
    return call('signup', 201, { body: { username, password: PASSWORD, ...more } });
}

function authorized(account) {
    return (id, status, options = {}) => call(id, status, { token: account.access_token, ...options });
}

test('accounts, sessions and profiles are answered as documented', async () => {
    const ann = authorized(await signup('ann', { display_name: 'Ann' }));
    const login = await call('login', 200, { body: { username: 'ann', password: PASSWORD, device: 'phone' } });
    const phone = authorized(login);
    const use = { body: { refresh_token: login.refresh_token }, headers: { 'Idempotency-Key': 'one' } };
    const { refresh_token } = await call('refresh', 200, use);
    assert.equal((await call('refresh', 200, use)).refresh_token, refresh_token);
    await call('refresh', 400, { ...use, headers: { 'Idempotency-Key': 'a b' } });
    await call('refresh', 401, { body: { refresh_token: login.refresh_token } });
    await phone('logout', 401);
    const { sessions } = await ann('listSessions', 200);
    const other = await call('login', 200, { body: { username: 'ann', password: PASSWORD } });
    await ann('endSession', 404, { params: { id: 'nonsense' } });
    const { sessions: now } = await ann('listSessions', 200);
    const added = now.find(({ id }) => !sessions.some((s) => s.id === id));
    await ann('endSession', 204, { params: { id: added.id } });
    await authorized(other)('getProfile', 401);
    await ann('getProfile', 200);
    await ann('changeProfile', 200, { body: { about: 'gardener', avatar_url: null } });
    await ann('changeProfile', 422, { body: { avatar_url: 'nonsense' } });
    await ann('findUsers', 200, { query: '?q=an' });
    await ann('findUsers', 422, { query: '?q=an&limit=0' });
    await ann('getUser', 200, { params: { username: 'ANN' } });
    await ann('getUser', 404, { params: { username: 'nobody-here' } });
    const next = 'another-Staple-41-x';
    await ann('changePassword', 401, { body: { current_password: 'wrong-password', new_password: next } });
    await ann('changePassword', 422, { body: { current_password: PASSWORD, new_password: 'password1' } });
    await ann('changePassword', 204, { body: { current_password: PASSWORD, new_password: next } });
    await ann('eraseAccount', 401, { body: { password: PASSWORD } });
    await ann('eraseAccount', 422, { body: {} });
    await ann('eraseAccount', 204, { body: { password: next } });
    await ann('getProfile', 401);
});

test('mistakes of those who come in are answered as documented', async () => {
    await call('signup', 400, { body: 'nonsense' });
    await call('signup', 400, { body: { username: 1, password: PASSWORD } });
    await call('signup', 422, { body: { username: 'x', password: PASSWORD } });
    await call('signup', 422, { body: { username: 'weakling', password: 'password' } });
    await call('signup', 413, { body: JSON.stringify({ username: 'a'.repeat(70_000), password: PASSWORD }) });
    await signup('taken');
    await call('signup', 409, { body: { username: 'taken', password: PASSWORD } });
    await call('login', 401, { body: { username: 'taken', password: 'wrong-password' } });
    await call('login', 422, { body: { username: 'taken' } });
    await call('refresh', 401, { body: { refresh_token: 'nonsense' } });
    await call('refresh', 422, { body: { refresh_token: '' } });
    await call('getProfile', 401);
    await call('getProfile', 401, { token: 'nonsense' });
});

test('conversations are answered as documented', async () => {
    const ann = authorized(await signup('owner'));
    const bob = authorized(await signup('bob'));
    await signup('carol');
    const { conversation: room } = await ann('createRoom', 201, { body: { name: 'Garden', members: ['bob'] } });
    const params = { id: room.id };
    await ann('createRoom', 422, { body: { name: 'Garden', members: ['nobody-here'] } });
    await ann('listConversations', 200);
    await ann('createRoom', 201, { body: { name: 'Another' } });
    const page = await ann('listConversations', 200, { query: '?limit=1' });
    await ann('listConversations', 200, { query: `?limit=1&cursor=${encodeURIComponent(page.cursor)}` });
    await ann('listConversations', 422, { query: '?cursor=nonsense' });
    await bob('getConversation', 200, { params });
    await bob('getConversation', 404, { params: { id: `r${'a'.repeat(24)}` } });
    await ann('renameRoom', 200, { params, body: { name: 'Greenhouse' } });
    await ann('renameRoom', 422, { params, body: { name: '' } });
    await bob('renameRoom', 403, { params, body: { name: 'Mine' } });
    await bob('renameRoom', 404, { params: { id: 'nonsense' }, body: { name: 'Mine' } });
    const member = (username) => ({ params: { ...params, username } });
    await ann('putMember', 201, member('carol'));
    await ann('putMember', 200, { ...member('carol'), body: { role: 'admin' } });
    await ann('putMember', 422, { ...member('carol'), body: { role: 'king' } });
    await bob('putMember', 403, { ...member('carol'), body: { role: 'owner' } });
    await ann('putMember', 404, member('nobody-here'));
    await ann('putMember', 409, { ...member('owner'), body: { role: 'member' } });
    await bob('removeMember', 403, member('carol'));
    await ann('removeMember', 204, member('carol'));
    await ann('removeMember', 404, member('carol'));
    await bob('mute', 204, { params, body: { until: Date.now() + 60_000 } });
    await bob('mute', 422, { params, body: { until: -1 } });
    await bob('mute', 404, { params: { id: 'nonsense' }, body: { until: 0 } });
    await bob('getConversation', 200, { params });
    await bob('listMessages', 200, { params });
    await bob('listMessages', 200, { params, query: '?after=1&limit=1' });
    await bob('listMessages', 422, { params, query: '?before=2&after=1' });
    await bob('listMessages', 404, { params: { id: 'nonsense' } });
    await bob('exportProfile', 200);
    await bob('logout', 204);
});

test('contacts and blocks are answered as documented', async () => {
    const dan = authorized(await signup('dan'));
    const eve = authorized(await signup('eve', { display_name: 'Eve' }));
    const other = { params: { username: 'eve' } };
    await dan('putContact', 201, other);
    await dan('putContact', 200, other);
    await eve('putContact', 201, { params: { username: 'dan' } });
    assert.deepEqual(await dan('listContacts', 200), {
        contacts: [{ username: 'eve', display_name: 'Eve', state: 'mutual' }],
    });
    await dan('putContact', 404, { params: { username: 'nobody-here' } });
    await dan('putContact', 422, { params: { username: 'dan' } });
    await dan('putBlock', 201, other);
    await dan('putBlock', 200, other);
    await dan('putBlock', 404, { params: { username: 'nobody-here' } });
    await dan('putBlock', 422, { params: { username: 'dan' } });
    await dan('removeContact', 204, other);
    await dan('putContact', 409, other);
    assert.deepEqual(await dan('listBlocks', 200), { blocks: [{ username: 'eve', display_name: 'Eve' }] });
    await dan('exportProfile', 200);
    await dan('removeBlock', 204, other);
    await dan('removeBlock', 404, { params: { username: 'nobody-here' } });
    await dan('removeContact', 404, { params: { username: 'nobody-here' } });
});

test('servers are named as documented', async () => {
    const ann = authorized(await signup('wanderer'));
    await eventually(() => ann('servers', 200));
    await ann('servers', 200, { query: '?kind=presence' });
    await ann('servers', 422, { query: '?kind=cat' });
    await call('servers', 401);
});

test('what is passed on to notification-servers is answered as documented', async () => {
    const id = 'krugkidrovuwg2zamjzg653o';
    const ann = authorized(await signup('reader'));
    const token = execFileSync(daemonPath('api-server'), ['token', '--data-dir', server.dir,
        '--service', 'mailer', '--audience', 'notify'], { encoding: 'utf8' }).trim();
    const mailer = (name, status, options) => call(name, status, { token, ...options });
    const body = { user: 'reader', body: 'hello' };
    await call('notify', 401, { body });
    await ann('notify', 403, { body });
    await mailer('notify', 503, { body });
    const standIn = await startStandIn(server.socket, 'notification', ({ method, url }) => {
        if (method === 'POST') return [202, { id, status: 'queued' }];
        return [200, url === '/notify/dead' ? {} : { id, user: 'reader', status: 'queued', deliveries: [] }];
    });
    try {
        await eventually(() => mailer('notify', 202, { body }));
        await mailer('notify', 413, { body: 'x'.repeat(70_000) });
        await mailer('getNotification', 200, { params: { id } });
        await mailer('listDeadLetters', 200);
        await mailer('retryDeadLetter', 202, { params: { id } });
    } finally {
        await standIn.stop();
    }
});

test('devices are answered as documented', async () => {
    const ann = authorized(await signup('deviceful'));
    const key = 'BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8';
    await ann('getVapidKey', 503);
    // As a notification-server says it.
    execFileSync('redis-cli', ['-s', server.socket, 'HSET', 'push', 'channels', 'webhook webpush', 'vapid_public', key]);
    assert.equal((await ann('getVapidKey', 200)).public_key, key);
    const body = { channel: 'webhook', url: 'https://hooks.example/chat' };
    const { device } = await ann('registerDevice', 201, { body });
    assert.match(device.secret, /^whsec_/);
    // Any point of the curve is a key; this one we have at hand.
    const keys = { p256dh: key, auth: 'BTBZMqHH6r4Tts7J_aSIgg' };
    await ann('registerDevice', 201, { body: { channel: 'webpush', endpoint: 'https://push.example/x', keys } });
    await ann('registerDevice', 201, { body: { channel: 'ntfy', url: 'https://ntfy.example/topic' } });
    await ann('registerDevice', 201,
        { body: { channel: 'gotify', url: 'https://gotify.example', token: 'A1b2C3' } });
    for (const channel of ['slack', 'discord'])
        await ann('registerDevice', 201, { body: { channel, url: 'https://hooks.example/secret' } });
    await ann('registerDevice', 422, { body: { channel: 'email', address: 'ann@mail.example' } });
    await ann('registerDevice', 422, { body: { channel: 'webhook', url: 'http://127.0.0.1/' } });
    await ann('registerDevice', 400, { body: { channel: 7 } });
    const { devices } = await ann('listDevices', 200);
    assert.equal(devices.length, 6);
    assert.ok(!JSON.stringify(devices).includes('secret'), 'a secret is shown');
    await ann('exportProfile', 200);
    await ann('removeDevice', 204, { params: { id: device.id } });
    await ann('removeDevice', 404, { params: { id: device.id } });
});

test('keys and operating paths are answered as documented', async () => {
    await call('jwks', 200);
    for (const id of ['healthz', 'readyz', 'metrics']) await call(id, 200);
});

test('no operation was left out', allAnswered);
