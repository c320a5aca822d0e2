// README.md's backup and restore, as somebody would paste it, while somebody writes: what was there at the backup is there
// after the restore, and clients are told that the store has lost what came later.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startDaemons } from './server.mjs';

const ROOT = new URL('../../', import.meta.url);
const RESTORE = fileURLToPath(new URL('scripts/restore', ROOT));

let daemons;
let dir;
let backUp;
let restore;

before(async () => {
    daemons = await startDaemons('api-server', 'chat-server');
    dir = mkdtempSync(join(tmpdir(), 'chatapp-backup-'));
    const chapter = readFileSync(new URL('README.md', ROOT), 'utf8').split('\n**Backup.**')[1].split('\n**')[0];
    [backUp, restore] = [...chapter.matchAll(/^```sh\n([^]*?)^```/gm)].map(([, commands]) => commands
        .replaceAll('var/redis.sock', daemons.socket).replaceAll('var/signing-key', `${daemons.dir}/signing-key`)
        .replaceAll('scripts/restore', RESTORE).replaceAll('var/redis', 'restored'));
});
after(async () => {
    await daemons?.stop();
    rmSync(dir, { recursive: true });
});

const bash = (commands) => execFileSync('bash', ['-euc', commands], { cwd: dir, encoding: 'utf8' });
const redis = (socket, ...args) => execFileSync('redis-cli', ['-s', socket, ...args], { encoding: 'utf8' }).trim();

async function post(path, body, token) {
    const answer = await fetch(daemons.urls['api-server'] + path, { method: 'POST', body: JSON.stringify(body),
        headers: token ? { authorization: `Bearer ${token}` } : {} });
    assert.equal(answer.status, 201, await answer.clone().text());
    return answer.json();
}

let token;
let epoch;

test('a backup is made while everything runs', async () => {
    ({ access_token: token } = await post('/api/signup', { username: 'ann', password: 'correct-Horse-7-battery' }));
    await post('/api/conversations', { name: 'Before', members: [] }, token);
    epoch = redis(daemons.socket, 'GET', 'epoch');
    bash(backUp);
    assert.equal(statSync(join(dir, 'backup-signing-key')).mode & 0o777, 0o600);
    await post('/api/conversations', { name: 'After', members: [] }, token);
});

test('it is restored, with an append-only file and a new epoch', async () => {
    assert.match(bash(restore), /\d+ keys are in/);
    const socket = join(dir, 'again.sock');
    const server = spawn('redis-server', ['--port', '0', '--unixsocket', socket, '--dir', join(dir, 'restored'),
        '--appendonly', 'yes', '--save', ''], { stdio: 'ignore' });
    try {
        for (const end = Date.now() + 20_000; Date.now() < end; await sleep(50))
            if (spawnSync('redis-cli', ['-s', socket, 'PING'], { encoding: 'utf8' }).stdout === 'PONG\n') break;
        assert.notEqual(redis(socket, 'HGET', 'u:{ann}', 'password'), '');
        assert.equal(redis(socket, 'ZCARD', 'u:{ann}:conversations'), '1');
        assert.equal(redis(daemons.socket, 'ZCARD', 'u:{ann}:conversations'), '2');
        assert.notEqual(epoch, '');
        assert.equal(redis(socket, 'EXISTS', 'epoch'), '0'); // the next chat-server makes one
    } finally {
        server.kill();
        await new Promise((resolve) => { server.on('exit', resolve); });
    }
});

test('nothing is restored over something, nor from nothing', () => {
    const run = (...args) => spawnSync(RESTORE, args, { cwd: dir, encoding: 'utf8' });
    assert.match(run('backup.rdb', 'restored').stderr, /not empty/);
    assert.match(run('missing.rdb', 'other').stderr, /is no file/);
    writeFileSync(join(dir, 'rubbish'), 'rubbish');
    assert.match(run('rubbish', 'other').stderr, /is no backup/);
    writeFileSync(join(dir, 'cut'), readFileSync(join(dir, 'backup.rdb')).subarray(0, 200));
    mkdirSync(join(dir, 'cut-dir'));
    const { status, stderr } = run('cut', 'cut-dir');
    assert.notEqual(status, 0);
    assert.match(stderr, /is cut a backup\?/);
});
