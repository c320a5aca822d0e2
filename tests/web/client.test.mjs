// The client against real servers: what it is for when nothing goes wrong.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { WebSocketServer } from 'ws';
import { Client, Problem } from '../../api-server/web/client.js';
import { startDaemons } from '../interop/server.mjs';
import { PASSWORD, allLeave, join, listen, optionsFor, uniqueName, until } from './people.mjs';

let server;

before(async () => {
    server = await startDaemons(
        ['api-server', '--access-token-s=2', '--rate-signup=0', '--rate-login=0'],
        'chat-server',
    );
});

after(async () => {
    await allLeave();
    await server?.stop();
});

async function two() {
    const [ann, bob] = [await join(server, 'ann'), await join(server, 'bob')];
    await ann.chat.send({ to: bob.user, text: 'hello' });
    const { id } = await until('a conversation', () => bob.chat.conversations.with(ann.user));
    await until('hello', () => bob.texts(id).length === 1);
    await until('the ack', () => ann.texts(id).length === 1);
    return { ann, bob, id };
}

test('two people talk, each message once and in order on both sides', async () => {
    const { ann, bob, id } = await two();
    for (let i = 0; i < 20; i++) {
        await ann.chat.send({ to: bob.user, text: `a${i}` });
        await bob.chat.send({ conversation: id, text: `b${i}`, reply_to: 1 });
    }
    for (const client of [ann, bob]) await until('all', () => client.texts(id).length === 41);
    assert.deepEqual(
        ann.frames[id].map(({ seq, text }) => [seq, text]),
        bob.frames[id].map(({ seq, text }) => [seq, text]),
    );
    for (const who of ['a', 'b'])
        assert.deepEqual(
            ann.texts(id).filter((t) => t !== 'hello' && t.startsWith(who)),
            Array.from({ length: 20 }, (_, i) => who + i),
        );
    assert.equal(ann.chat.outbox.length, 0);
    const last = ann.frames[id].findLast(({ from }) => from === ann.user).seq; // what is before it counts as read
    assert.equal(ann.chat.conversations.get(id).unread, 41 - last);
    assert.equal(ann.frames[id].find(({ from }) => from === bob.user).reply_to, 1);
});

test('what has arrived and what was read is told', async () => {
    const { ann, bob, id } = await two();
    const receipts = [];
    ann.chat.on('receipt', (receipt) => receipts.push(receipt));
    await ann.chat.send({ to: bob.user, text: 'again' });
    await until('received', () => receipts.some((r) => r.user === bob.user && r.received === 2));
    assert.ok(!receipts.some((r) => r.user === bob.user && r.read));
    bob.chat.read(id, 2);
    await until('read', () => receipts.some((r) => r.user === bob.user && r.read === 2));
    assert.equal(bob.chat.conversations.get(id).unread, 0);
});

test('typing is told, and ends with the message', async () => {
    const { ann, bob, id } = await two();
    const told = [];
    bob.chat.on('typing', ({ users }) => told.push(users.join()));
    ann.chat.typing(id, true);
    await until('typing', () => told.at(-1) === ann.user);
    await ann.chat.send({ conversation: id, text: 'done' });
    await until('typed', () => told.at(-1) === '');
    assert.deepEqual(told, [ann.user, '']);
});

test('rooms: made, joined with what is new, renamed, left', async () => {
    const [ann, bob] = [await join(server, 'ann'), await join(server, 'bob')];
    const {
        conversation: { id },
    } = await ann.call('POST', '/api/conversations', { name: 'Garden', members: [] });
    await until('the room', () => ann.chat.conversations.get(id));
    await ann.chat.send({ conversation: id, text: 'before bob' });
    await until('the ack', () => ann.texts(id).length === 1);
    await ann.call('PUT', `/api/conversations/${id}/members/${bob.user}`, {});
    await until('bob is in', () => bob.chat.conversations.get(id)?.name === 'Garden');
    await ann.chat.send({ conversation: id, text: 'welcome' });
    await until('welcome', () => bob.texts(id).length === 1);
    const page = await bob.chat.history(id, { limit: 50 });
    assert.deepEqual(
        page.messages.filter(({ text }) => text).map(({ text }) => text),
        ['before bob', 'welcome'],
    );
    await ann.call('PATCH', `/api/conversations/${id}`, { name: 'Greenhouse' });
    await until('the new name', () => bob.chat.conversations.get(id).name === 'Greenhouse');
    const left = [];
    bob.chat.on('left', (which) => left.push(which));
    await bob.call('DELETE', `/api/conversations/${id}/members/${bob.user}`);
    await until('left', () => left.includes(id));
    assert.equal(bob.chat.conversations.get(id), undefined);
    await until('one less', () => ann.chat.conversations.get(id).members_count === 1);
});

test('what cannot be sent says why, stays, and can be tried again or dropped', async () => {
    const ann = await join(server, 'ann');
    const nobody = uniqueName('nobody');
    const entry = await ann.chat.send({ to: nobody, text: 'anybody there?' });
    await until('an error', () => ann.chat.outbox[0]?.error?.code === 'not_found');
    const client = await Client.signUp(optionsFor(server), { username: nobody, password: PASSWORD });
    await ann.chat.retry(entry.id);
    await until('sent after all', () => ann.chat.outbox.length === 0);
    const other = await ann.chat.send({ to: uniqueName('none'), text: 'x' });
    await until('an error', () => ann.chat.outbox[0]?.error);
    await ann.chat.discard(other.id);
    assert.equal(ann.chat.outbox.length, 0);
    await client.logOut();
});

test('tokens are renewed without anybody noticing, also by two clients at once', async () => {
    const { ann, bob, id } = await two();
    const twin = listen(await Client.resume(ann.session.options, ann.user));
    await twin.start();
    await twin.isReady();
    for (let round = 0; round < 3; round++) {
        const renewed = (await ann.session.options.store.get(`session ${ann.user}`)).access;
        await until('expiry', async () => {
            const calls = [ann, twin, ann, twin].map((client) => client.call('GET', '/api/profile'));
            assert.ok((await Promise.all(calls)).every(({ username }) => username === ann.user));
            return (await ann.session.options.store.get(`session ${ann.user}`)).access !== renewed;
        });
    }
    await ann.chat.send({ conversation: id, text: 'still here' });
    await until('still here', () => bob.texts(id).includes('still here') && twin.texts(id).includes('still here'));
});

test('when the answer to a refresh is lost, the next attempt goes on with the session', async () => {
    const { ann, bob, id } = await two();
    let lost = 0;
    const lossy = async (url, options) => {
        const answer = await fetch(url, options);
        if (!url.endsWith('/api/token') || lost++ % 3 === 2) return answer;
        throw new TypeError('the answer is lost');
    };
    const options = { ...ann.session.options, fetch: lossy };
    await ann.stop();
    for (let round = 1; round <= 2; round++) {
        const twin = listen(await Client.resume(options, ann.user)); // another program each time
        await twin.start();
        await until('a refresh', async () => {
            await twin.call('GET', '/api/profile').catch(({ code }) => assert.equal(code, 'offline'));
            return lost === 3 * round;
        });
        await twin.isReady();
        await twin.chat.send({ conversation: id, text: `round ${round}` });
        await until('it arrives', () => bob.texts(id).includes(`round ${round}`));
        await twin.stop();
    }
});

test('a session that was kept by an older client is refreshed, also when the answer is lost', async () => {
    const { ann } = await two();
    const { store } = ann.session.options;
    const name = `session ${ann.user}`;
    const uses = [];
    const lossy = async (url, options) => {
        const answer = await fetch(url, options);
        if (!url.endsWith('/api/token')) return answer;
        uses.push(options.headers['idempotency-key']);
        if (uses.length > 2) return answer;
        throw new TypeError('the answer is lost');
    };
    await ann.stop();
    await store.update(name, ({ access, refresh }) => ({ access, refresh, renew: 0 }));
    const next = await Client.resume({ ...ann.session.options, fetch: lossy }, ann.user);
    await assert.rejects(next.call('GET', '/api/profile'), { code: 'offline' });
    assert.equal((await next.call('GET', '/api/profile')).username, ann.user);
    assert.equal(uses.length, 3);
    assert.equal(new Set(uses).size, 1);
    assert.ok(uses[0]);
    assert.notEqual((await store.get(name)).use, uses[0]);
});

test('a session that somebody else has ended is over, and what was written waits for the next', async () => {
    const { ann, bob, id } = await two();
    const ended = [];
    ann.session.on('ended', ({ asked }) => ended.push(asked));
    const other = await Client.logIn(optionsFor(server), { username: ann.user, password: PASSWORD });
    const { sessions } = await other.call('GET', '/api/sessions');
    ann.chat.socket.stop();
    await ann.chat.send({ conversation: id, text: 'not lost' });
    for (const { id: session, current } of sessions)
        if (!current) await other.call('DELETE', `/api/sessions/${session}`);
    ann.chat.socket.start();
    await until('it is over', () => ended.length > 0);
    assert.deepEqual(ended, [false]);
    assert.deepEqual(await Client.users(ann.session.options), []);
    const again = listen(await Client.logIn(ann.session.options, { username: ann.user, password: PASSWORD }));
    await again.start();
    await until('it arrives', () => bob.texts(id).includes('not lost'));
    await other.logOut();
});

test('logging out ends every tab of the session, and nobody tries again', async () => {
    const ann = await join(server, 'ann');
    const twin = listen(await Client.resume(ann.session.options, ann.user));
    await twin.start();
    await twin.isReady();
    const ended = [];
    for (const client of [ann, twin]) client.session.on('ended', () => ended.push(client));
    await ann.logOut();
    await until('both ended', () => ended.length === 2);
    assert.equal(twin.chat.state, 'stopped');
    assert.deepEqual(await Client.users(ann.session.options), []);
    assert.equal(await Client.resume(ann.session.options, ann.user), null);
    await assert.rejects(ann.call('GET', '/api/profile'), { code: 'session_over' });
});

test('mistakes come back as problems with a code and a field', async () => {
    const options = optionsFor(server);
    const taken = await join(server, 'taken');
    const wrong = [
        [() => Client.signUp(options, { username: 'x', password: PASSWORD }), 'invalid_field', 'username'],
        [
            () => Client.signUp(options, { username: uniqueName('weak'), password: 'password1' }),
            'weak_password',
            'password',
        ],
        [() => Client.signUp(options, { username: taken.user, password: PASSWORD }), 'username_taken', undefined],
        [
            () => Client.logIn(options, { username: taken.user, password: 'wrong-password-9' }),
            'bad_credentials',
            undefined,
        ],
        [() => taken.call('GET', '/api/conversations/nonsense'), 'not_found', undefined],
        [
            () => Client.logIn({ ...options, base: 'http://127.0.0.1:9' }, { username: 'x', password: 'y' }),
            'offline',
            undefined,
        ],
    ];
    for (const [act, code, field] of wrong)
        await assert.rejects(act, (problem) => {
            assert.ok(problem instanceof Problem);
            assert.deepEqual([problem.code, problem.field], [code, field]);
            return true;
        });
});

test('presence: who is there, what changes, and our own status told again after a reconnect', async () => {
    const heard = [];
    const sockets = [];
    const stand_in = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await new Promise((resolve) => stand_in.on('listening', resolve));
    stand_in.on('connection', (socket) => {
        sockets.push(socket);
        socket.on('message', (text) => {
            const frame = JSON.parse(text);
            heard.push(frame.type === 'auth' ? frame.type : frame);
            if (frame.type === 'auth')
                socket.send(
                    JSON.stringify({
                        type: 'ready',
                        user: 'x',
                        session: 'y',
                        contacts: [{ user: 'bob', status: 'away' }],
                    }),
                );
        });
    });
    try {
        const options = optionsFor(server);
        options.servers.presence = `ws://127.0.0.1:${stand_in.address().port}/presence`;
        const ann = await join(server, 'ann', options);
        const changes = [];
        ann.presence.on('presence', ({ user, status }) => changes.push(`${user} ${status}`));
        await until('bob', () => ann.presence.of('bob')?.status === 'away');
        ann.presence.status('busy', 'in a meeting');
        sockets[0].send(JSON.stringify({ type: 'presence', user: 'bob', status: 'online', time: 1 }));
        await until('bob is there', () => ann.presence.of('bob').status === 'online');
        await until('our status', () => heard.length === 2);
        sockets[0].terminate();
        await until('nobody is known', () => ann.presence.of('bob') === undefined);
        ann.wake();
        await until('our status again', () => heard.length === 4);
        const own = { type: 'status', status: 'busy', text: 'in a meeting' };
        assert.deepEqual(heard, ['auth', own, 'auth', own]);
        sockets[1].send(JSON.stringify({ type: 'contact', user: 'bob', state: 'none' }));
        await until('no contact any more', () => ann.presence.of('bob') === undefined);
        assert.ok(changes.includes('bob online'));
    } finally {
        stand_in.close();
    }
});
