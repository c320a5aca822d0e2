// scripts/redis-acl keeps up with the sources: every command that a script or a daemon uses is granted, and every key and
// channel of common/store/keys.h is somebody's.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FOLDERS = ['common', 'api-server', 'chat-server', 'notification-server', 'presence-server'];
// What is only said in tests' or operators' names, or is no command of Redis.
const SUBCOMMANDS = { CLIENT: ['client|id', 'client|tracking'], SCRIPT: ['script|load'], XGROUP: ['xgroup|create', 'xgroup|delconsumer'], XINFO: ['xinfo|consumers', 'xinfo|groups'] };

const dir = mkdtempSync(join(tmpdir(), 'chatapp-acl-'));
const rules = execFileSync(join(ROOT, 'scripts/redis-acl'), [dir], { encoding: 'utf8' });
rmSync(dir, { recursive: true });

const daemons = rules.split('\n').filter((line) => /^user (?!default|admin)/.test(line));
const granted = new Set(daemons.join(' ').match(/(?<=\+)[a-z|]+/g));
const patterns = daemons.join(' ').match(/(?<=[ (]~)[^ )]+/g);
const channels = daemons.join(' ').match(/(?<= &)[^ )]+/g);

function files(folder, pattern) {
    return readdirSync(folder, { withFileTypes: true, recursive: true })
        .filter((entry) => entry.isFile() && pattern.test(entry.name))
        .map((entry) => readFileSync(join(entry.parentPath ?? entry.path, entry.name), 'utf8'));
}

function used() {
    const names = new Set();
    for (const text of files(join(ROOT, 'common/store/scripts'), /\.lua$/))
        for (const [, name] of text.matchAll(/\bp?call\('(\w+)'/g)) names.add(name);
    for (const text of FOLDERS.flatMap((folder) => files(join(ROOT, folder), /\.c$/)))
        for (const [, name] of text.matchAll(/redis_command_init\([^,]+, "([A-Z]+)"\)/g)) names.add(name);
    return [...names];
}

test('every command that is used is granted', () => {
    const names = used();
    assert.ok(names.length > 25, names.join(' '));
    for (const name of names)
        for (const command of SUBCOMMANDS[name] ?? [name.toLowerCase()]) assert.ok(granted.has(command), command);
});

test('every key and channel is somebody\'s', () => {
    const text = readFileSync(join(ROOT, 'common/store/keys.h'), 'utf8');
    const matches = (name, list) => list.some((pattern) => {
        const [beginning] = pattern.split('*');
        return name === pattern || (pattern.includes('*') && (name.startsWith(beginning) || beginning.startsWith(name)));
    });
    const keys = [...text.matchAll(/^#define KEY_\w+ "([^"}][^"]*)"/gm)].map(([, name]) => name);
    assert.ok(keys.length > 6);
    for (const name of keys) assert.ok(matches(name, patterns), `key ${name}`);
    const names = [...text.matchAll(/^#define CHANNEL_\w+ "([^"]+)"/gm)].map(([, name]) => name);
    assert.ok(names.length > 2);
    for (const name of names) assert.ok(matches(name, channels), `channel ${name}`);
});

test('nothing is granted that could harm all', () => {
    for (const name of ['flushall', 'flushdb', 'config', 'config|set', 'acl', 'shutdown', 'debug', 'keys', 'monitor', 'save',
        'replicaof', 'function', 'migrate', 'restore', 'script|flush', 'client|kill', 'swapdb', 'rename'])
        assert.ok(!granted.has(name), name);
});
