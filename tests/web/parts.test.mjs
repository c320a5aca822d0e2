// The parts of the client that know no network.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Conversations } from '../../api-server/web/client/conversations.js';
import { Outbox, newId } from '../../api-server/web/client/outbox.js';
import { Sequence } from '../../api-server/web/client/sequence.js';
import { backoff } from '../../api-server/web/client/socket.js';
import { MemoryStore } from '../../api-server/web/client/store.js';
import { TypingHeard } from '../../api-server/web/client/typing.js';

const seqs = (frames) => frames.map(({ seq }) => seq);
const frame = (seq) => ({ seq });

test('a sequence gives each frame once, in order', () => {
    const sequence = new Sequence(3);
    assert.deepEqual(seqs(sequence.take(frame(3))), []);
    assert.deepEqual(seqs(sequence.take(frame(4))), [4]);
    assert.deepEqual(seqs(sequence.take(frame(4))), []);
    assert.deepEqual(seqs(sequence.take(frame(7))), []);
    assert.deepEqual(seqs(sequence.take(frame(6))), []);
    assert.ok(sequence.broken);
    assert.deepEqual(seqs(sequence.take(frame(5))), [5, 6, 7]);
    assert.ok(!sequence.broken);
    assert.equal(sequence.position, 7);
});

test('what is skipped does not come, what waited behind it does', () => {
    const sequence = new Sequence(0);
    for (const seq of [3, 5, 6]) sequence.take(frame(seq));
    assert.deepEqual(seqs(sequence.skip(4)), [5, 6]);
    assert.deepEqual(seqs(sequence.skip(2)), []);
    assert.equal(sequence.position, 6);
});

test('a conversation never goes back, and what we wrote is read', () => {
    const known = new Conversations('ann');
    known.learn({ id: 'r1', seq: 4, read: 2, unread: 2, members_count: 2 }, 4);
    known.learn({ id: 'r1', seq: 3, read: 1, unread: 2, name: 'old' }, 3);
    assert.deepEqual({ ...known.get('r1') }, { id: 'r1', seq: 4, read: 2, unread: 2, members_count: 2 });
    known.note({ type: 'message', conversation: 'r1', seq: 5, from: 'bob' });
    assert.equal(known.get('r1').unread, 3);
    known.note({ type: 'member', action: 'joined', conversation: 'r1', seq: 6, user: 'cat', by: 'bob' });
    assert.equal(known.get('r1').members_count, 3);
    known.note({ type: 'message', conversation: 'r1', seq: 7, from: 'ann' });
    assert.deepEqual([known.get('r1').unread, known.get('r1').read], [0, 7]);
    known.learn({ id: 'r2', seq: 5, read: 6, unread: 0, members_count: 3 }, 5);
    known.note({ type: 'member', action: 'joined', conversation: 'r2', seq: 6, user: 'ann', by: 'bob' });
    assert.equal(known.get('r2').members_count, 3);
    assert.deepEqual(known.positions(), { r1: 4, r2: 5 });
});

test('the outbox outlives its owner, in order, and one that failed holds up nobody', async () => {
    const store = new MemoryStore();
    const ids = [newId(), newId(), newId()];
    assert.deepEqual([...ids].sort(), ids);
    const outbox = new Outbox(store, 'ann');
    for (const id of ids) await outbox.add({ id, target: '@bob', frame: { id } });
    await outbox.change(ids[0], { code: 'blocked' });
    await outbox.remove(ids[1]);
    const next = new Outbox(store, 'ann');
    const early = newId();
    await next.add({ id: early, target: '@bob', frame: { id: early } });
    await next.load();
    assert.deepEqual(
        [...next].map(({ id }) => id),
        [ids[0], ids[2], early],
    );
    assert.deepEqual(
        next.heads().map(({ id }) => id),
        [ids[2]],
    );
    const other = new Outbox(store, 'bob');
    await other.load();
    assert.equal([...other].length, 0);
});

test('waiting grows to half a minute, at random', () => {
    assert.equal(
        backoff(0, () => 1),
        500,
    );
    assert.equal(
        backoff(3, () => 0.5),
        2000,
    );
    assert.equal(
        backoff(50, () => 1),
        30_000,
    );
    assert.equal(
        backoff(50, () => 0),
        0,
    );
});

test('work under one name is done one after the other, also when some fails', async () => {
    const store = new MemoryStore();
    const done = [];
    const work = (name, ms) =>
        store.exclusively('x', async () => {
            done.push(`${name} begins`);
            await sleep(ms);
            done.push(`${name} ends`);
            if (name === 'a') throw new Error('a');
        });
    const first = assert.rejects(work('a', 20));
    await Promise.all([first, work('b', 1), work('c', 1)]);
    assert.deepEqual(
        done,
        ['a', 'b', 'c'].flatMap((n) => [`${n} begins`, `${n} ends`]),
    );
});

test('who types is told once, and forgotten when they wrote', () => {
    const told = [];
    const heard = new TypingHeard((conversation, users) => told.push(users.join()));
    heard.hear('r1', 'bob', true);
    heard.hear('r1', 'bob', true);
    heard.hear('r1', 'cat', true);
    heard.hear('r1', 'bob', false);
    heard.hear('r1', 'bob', false);
    heard.clear();
    assert.deepEqual(told, ['bob', 'bob,cat', 'cat', '']);
});
