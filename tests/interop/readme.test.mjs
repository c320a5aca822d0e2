// README.md names every setting of every daemon with its default, and what the documents point to exists.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { daemonPath } from './server.mjs';

const ROOT = new URL('../../', import.meta.url);
const DOCUMENTS = ['README.md', 'chat-server/PROTOCOL.md'];
const DAEMONS = ['api-server', 'chat-server', 'notification-server', 'presence-server'];

const read = (path) => readFileSync(new URL(path, ROOT), 'utf8');

// { flag: default } of a daemon's --help, each written there as two lines: "  --flag …" and "  CHATAPP_…; default …".
function settingsOf(daemon) {
    const settings = {};
    let flag;
    for (const line of execFileSync(daemonPath(daemon), ['--help'], { encoding: 'utf8' }).split('\n')) {
        const name = /^ {2}--([a-z-]+)/.exec(line)?.[1];
        if (name && !['help', 'version'].includes(name) && !/^ {2}--\S+-file FILE$/.test(line)) flag = name;
        const variable = /^ +CHATAPP_[A-Z_, ]+(?:; default (.*))?$/.exec(line);
        if (flag && variable) settings[flag] = variable[1] ?? '';
    }
    return settings;
}

// { flag: default } of the tables that stand under **Every daemon** or **…daemon…**; later tables win.
function tablesFor(daemon) {
    const documented = {};
    let applies = false;
    for (const line of read('README.md').split('\n')) {
        const heading = /^\*\*(.+)\*\*$/.exec(line)?.[1];
        if (heading) applies = heading === 'Every daemon' || heading.split(' and ').includes(daemon);
        const row = /^\| `--([a-z-]+)` \| (.*?) \|/.exec(line);
        if (applies && row) documented[row[1]] = row[2];
    }
    return documented;
}

for (const daemon of DAEMONS) {
    test(`README.md tells every setting of ${daemon}, and no other`, () => {
        const settings = settingsOf(daemon);
        const documented = tablesFor(daemon);
        assert.ok('port' in settings && 'redis-url' in settings);
        assert.deepEqual(Object.keys(documented).sort(), Object.keys(settings).sort());
        for (const [flag, value] of Object.entries(settings)) {
            const expected = flag === 'port' ? `\`${value}\` ${daemon}` : value && `\`${value}\``;
            assert.ok(flag === 'port' ? documented[flag].includes(expected) : documented[flag] === expected,
                `--${flag}: README says ${documented[flag]}, --help says ${value}`);
        }
    });
}

test('links lead somewhere', () => {
    let seen = 0;
    for (const document of DOCUMENTS) {
        const text = read(document);
        const anchors = [...text.matchAll(/^#+ (.*)$/gm)]
            .map(([, title]) => title.toLowerCase().replace(/[^a-z0-9 _-]/g, '').replaceAll(' ', '-'));
        for (const [, target] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
            seen++;
            if (target.startsWith('#')) assert.ok(anchors.includes(target.slice(1)), `${document}: ${target}`);
            else if (!/^https?:/.test(target))
                assert.ok(existsSync(new URL(target, new URL(document, ROOT))), `${document}: ${target}`);
        }
    }
    assert.ok(seen > 3);
});

test('files and presets that README.md names exist', () => {
    const text = read('README.md');
    for (const [, path] of text.matchAll(/`((?:common|api-server|chat-server|scripts|tests)\/[\w./-]+)`/g))
        assert.ok(existsSync(new URL(path, ROOT)), path);
    const presets = JSON.parse(read('CMakePresets.json')).configurePresets.map(({ name }) => name);
    for (const name of ['dev', 'asan', 'tsan', 'release']) assert.ok(presets.includes(name), name);
});
