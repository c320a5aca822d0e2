// The client while servers are killed: every message once, in order, none lost.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';
import { Client } from '../../api-server/web/client.js';
import { startDaemons } from '../interop/server.mjs';
import { allLeave, isWhole, join, listen, until } from './people.mjs';

let server;

before(async () => {
    server = await startDaemons(['api-server', '--access-token-s=3', '--rate-signup=0'], 'chat-server');
});

after(async () => {
    await allLeave();
    await server?.stop();
});

/** Three people in a room, all of whom know it. */
async function room() {
    const people = [await join(server, 'ann'), await join(server, 'bob'), await join(server, 'cat')];
    const members = people.slice(1).map(({ user }) => user);
    const {
        conversation: { id },
    } = await people[0].call('POST', '/api/conversations', { name: 'Garden', members });
    for (const one of people) await until('the room', () => one.chat.conversations.get(id));
    return { people, id };
}

/** All of them write, a message each few milliseconds, until told to stop. Gives what each has written. */
function traffic(people, id) {
    let going = true;
    const written = people.map(async (one) => {
        const texts = [];
        for (let i = 0; going; i++) {
            texts.push(`${one.user} ${i}`);
            await one.chat.send({ conversation: id, text: texts.at(-1) });
            await sleep(3);
        }
        return texts;
    });
    return async () => {
        going = false;
        return Promise.all(written);
    };
}

async function assertAllHaveAll(people, id, written) {
    const all = written.flat();
    for (const one of people) {
        await until(
            `all ${all.length} at ${one.user}`,
            () => one.chat.outbox.length === 0 && one.texts(id).length >= all.length,
        );
        assert.ok(isWhole(one.frames[id]), `a gap or a repetition at ${one.user}`);
        assert.deepEqual([...one.texts(id)].sort(), [...all].sort());
        assert.deepEqual(
            one.frames[id].map(({ seq, text }) => [seq, text]),
            people[0].frames[id].map(({ seq, text }) => [seq, text]),
        );
    }
    for (const [i, texts] of written.entries())
        assert.deepEqual(
            people[0].texts(id).filter((text) => text.startsWith(`${people[i].user} `)),
            texts,
        );
}

const some = (people, id) => until('some more', () => people.every((one) => one.texts(id).length % 50 > 25));

for (const victim of ['chat-server', 'redis']) {
    test(`${victim} killed and started again, twice, under traffic`, async () => {
        const { people, id } = await room();
        const stop = traffic(people, id);
        for (let round = 0; round < 2; round++) {
            await some(people, id);
            await server.kill(victim);
            await sleep(100);
            await server.start(victim);
            for (const one of people) {
                one.wake();
                await one.isReady();
            }
        }
        await some(people, id);
        await assertAllHaveAll(people, id, await stop());
    });
}

test('the api-server away: who is connected goes on, who comes back waits for it', async () => {
    const { people, id } = await room();
    const [ann, bob] = people;
    await server.kill('api-server');
    await ann.chat.send({ conversation: id, text: 'without it' });
    await until('it arrives', () => bob.texts(id).includes('without it'));
    const page = await bob.chat.history(id, { limit: 1 });
    assert.equal(page.messages[0].text, 'without it');
    await assert.rejects(bob.call('GET', '/api/profile'), { code: 'offline', retry: true });
    await until(
        'the token is over',
        async () => (await bob.session.options.store.get(`session ${bob.user}`)).renew < Date.now(),
    );
    await server.kill('chat-server');
    await ann.chat.send({ conversation: id, text: 'written in the dark' });
    await server.start('chat-server');
    assert.notEqual(bob.chat.state, 'ready');
    await server.start('api-server');
    for (const one of people) one.wake();
    await until('it arrives', () => bob.texts(id).includes('written in the dark'));
    assert.deepEqual(bob.texts(id), ['without it', 'written in the dark']);
    assert.ok(!bob.session.over);
});

test('what was read while the server was away is told when it is back', async () => {
    const {
        people: [ann, bob],
        id,
    } = await room();
    await ann.chat.send({ conversation: id, text: 'read me' });
    await until('it arrives', () => bob.texts(id).length === 1);
    await server.kill('chat-server');
    await until('bob notices', () => bob.chat.state !== 'ready');
    const { seq } = bob.frames[id].at(-1);
    bob.chat.read(id, seq);
    assert.equal(bob.chat.conversations.get(id).unread, 0);
    await server.start('chat-server');
    bob.wake();
    await bob.isReady();
    const other = listen(await Client.resume(bob.session.options, bob.user));
    await until('the server knows', async () => {
        const { conversation } = await other.call('GET', `/api/conversations/${id}`);
        return conversation.read === seq;
    });
});

/** A WebSocket over which the acks get lost. */
class Deaf extends WebSocket {
    set onmessage(listener) {
        super.onmessage = (event) => JSON.parse(event.data).type !== 'ack' && listener(event);
    }
}

test('the outbox outlives its program: what was stored without an ack, and what was never sent', async () => {
    const {
        people: [ann, bob],
        id,
    } = await room();
    const deaf = listen(await Client.resume({ ...ann.session.options, WebSocket: Deaf }, ann.user));
    await ann.stop();
    await deaf.start();
    await deaf.isReady();
    await deaf.chat.send({ conversation: id, text: 'stored' });
    await until('it is stored', () => bob.texts(id).includes('stored'));
    await server.kill('chat-server');
    await deaf.chat.send({ conversation: id, text: 'one' });
    await deaf.chat.send({ to: bob.user, text: 'directly' });
    await deaf.chat.send({ conversation: id, text: 'two' });
    assert.equal(deaf.chat.outbox.length, 4);
    await deaf.stop();
    const next = listen(await Client.resume(ann.session.options, ann.user));
    await next.start();
    assert.equal(next.chat.outbox.length, 4);
    await server.start('chat-server');
    for (const one of [next, bob]) one.wake();
    await until('all are acked', () => next.chat.outbox.length === 0);
    await until('all arrive', () => bob.texts(id).length === 3);
    assert.deepEqual(bob.texts(id), ['stored', 'one', 'two']);
    const direct = await until('the other one', () => bob.chat.conversations.with(ann.user));
    await until('directly', () => bob.texts(direct.id).length === 1);
    assert.equal((await bob.chat.history(id)).messages.filter(({ text }) => text === 'stored').length, 1);
});

test('with `remember` the next program gets what this one did not, be it much', async () => {
    const {
        people: [ann, bob],
        id,
    } = await room();
    const remembering = { ...bob.session.options, remember: true };
    await bob.stop();
    const first = listen(await Client.resume(remembering, bob.user));
    await first.start();
    await first.isReady();
    await ann.chat.send({ conversation: id, text: 'seen' });
    await until('it is seen', () => first.texts(id).length === 1);
    await first.stop();
    for (let i = 0; i < 620; i++) await ann.chat.send({ conversation: id, text: `missed ${i}` }); // more than a sync brings
    await ann.chat.send({ to: bob.user, text: 'a new conversation' });
    await until('all are acked', () => ann.chat.outbox.length === 0);
    const second = listen(await Client.resume(remembering, bob.user));
    await second.start();
    await until('all arrive', () => second.texts(id).length >= 620);
    assert.deepEqual(
        second.texts(id),
        Array.from({ length: 620 }, (_, i) => `missed ${i}`),
    );
    const direct = await until('the new one', () => second.chat.conversations.with(ann.user));
    await until('its message', () => second.texts(direct.id).length === 1);
});

test('a store that begins anew is told, and what was not acked is sent to it', async () => {
    const {
        people: [ann, bob],
    } = await room();
    const resets = [];
    ann.chat.on('reset', () => resets.push(ann.user));
    assert.equal(ann.chat.state, 'ready');
    ann.chat.onReady({ epoch: 'another', conversations: [] });
    assert.deepEqual(resets, [ann.user]);
    assert.deepEqual([...ann.chat.conversations], []);
    await ann.chat.send({ to: bob.user, text: 'anew' });
    await until('it arrives', () => [...bob.chat.conversations].some(({ last }) => last?.text === 'anew'));
});
