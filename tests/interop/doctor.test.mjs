// scripts/doctor: what it finds good in an installation that is, and bad in one that is not.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startDaemons } from './server.mjs';

const DOCTOR = fileURLToPath(new URL('../../scripts/doctor', import.meta.url));
const NAMES = { 'api-server': 'API', 'chat-server': 'CHAT', 'notification-server': 'NOTIFY', 'presence-server': 'PRESENCE' };

let daemons;
let environment;

before(async () => {
    daemons = await startDaemons(...Object.keys(NAMES));
    environment = { CHATAPP_REDIS_URL: `unix://${daemons.socket}`, CHATAPP_DATA_DIR: daemons.dir };
    for (const [daemon, name] of Object.entries(NAMES))
        environment[`CHATAPP_${name}_PORT`] = new URL(daemons.urls[daemon]).port;
});
after(() => daemons?.stop());

const redis = (...args) => execFileSync('redis-cli', ['-s', daemons.socket, ...args], { encoding: 'utf8' }).trim();
const doctor = (more = {}) => {
    const { status, stdout, stderr } = spawnSync(DOCTOR, { encoding: 'utf8', env: { ...process.env, ...environment, ...more } });
    return { status, text: stdout + stderr };
};
const bad = (text) => [...text.matchAll(/^ {2}BAD {3}(.*)$/gm)].map(([, what]) => what);

test('a Redis that keeps nothing is bad', () => {
    redis('CONFIG', 'SET', 'appendonly', 'no');
    const { status, text } = doctor();
    assert.equal(status, 1);
    assert.deepEqual(bad(text).length, 1, text);
    assert.match(text, /BAD {3}Redis keeps no append-only file[^]*-> appendonly yes/);
});

test('a good installation is good', () => {
    for (const [name, value] of [['appendonly', 'yes'], ['appendfsync', 'always'], ['maxmemory', '100mb'],
        ['maxmemory-policy', 'noeviction']]) assert.equal(redis('CONFIG', 'SET', name, value), 'OK');
    const { status, text } = doctor();
    assert.equal(status, 0, text);
    for (const what of [/append-only file on/, /an ack means that the message is on the disk/, /nothing is evicted/,
        /of maxmemory/, /clocks agree within \d+ ms/, /public keys are published/, /signing key is its owner's alone/])
        assert.match(text, what);
    assert.equal(text.match(/^ {2}ok {4}ready$/gm).length, 4);
});

test('eviction, little memory, an open key and a daemon that is not there are bad', () => {
    redis('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru', 'maxmemory', '1000000000');
    const used = Number(/used_memory:(\d+)/.exec(redis('INFO', 'memory'))[1]);
    redis('CONFIG', 'SET', 'maxmemory', String(Math.round(used * 1.05)));
    chmodSync(`${daemons.dir}/signing-key`, 0o644);
    const { status, text } = doctor({ CHATAPP_PRESENCE_PORT: '1' });
    assert.equal(status, 1);
    const found = bad(text);
    assert.equal(found.length, 4, text);
    for (const what of ['% of maxmemory', 'allkeys-lru', 'has mode 644', 'it does not answer'])
        assert.ok(found.some((line) => line.includes(what)), `${what} in ${text}`);
    chmodSync(`${daemons.dir}/signing-key`, 0o600);
    redis('CONFIG', 'SET', 'maxmemory-policy', 'noeviction', 'maxmemory', '0');
    assert.equal(doctor({ CHATAPP_PRESENCE_PORT: '1', CHATAPP_DOCTOR_SKIP: 'presence-server' }).status, 0);
});

test('a daemon without metrics is good, as far as can be told', async () => {
    const other = await startDaemons(['api-server', '--metrics=false']);
    try {
        const { status, text } = doctor({ CHATAPP_API_PORT: new URL(other.urls['api-server']).port });
        assert.equal(status, 0, text);
        assert.match(text, /WARN {2}it has no metrics: its version and its open-file limit are not known/);
        assert.match(text, /0 bad, \d+ warnings/);
    } finally {
        await other.stop();
    }
});

test('a Redis that is not there is said to be so, without the password', () => {
    const { status, text } = doctor({ CHATAPP_REDIS_URL: 'redis://ann:s3cret-pass@127.0.0.1:1' });
    assert.equal(status, 1);
    assert.match(text, /BAD {3}no answer/);
    assert.ok(!text.includes('s3cret'));
});

test('a user who may not ask is told whom to be', () => {
    redis('ACL', 'SETUSER', 'chat', 'on', '>p@ss', '+ping', '+exists', '+time', '~*');
    const { text } = doctor({ CHATAPP_REDIS_URL: `unix://chat:p%40ss@${daemons.socket}` });
    assert.match(text, /give me the admin's URL/);
});
