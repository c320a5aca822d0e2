// README.md names every setting of every daemon with its default, PROTOCOL.md every frame; what the documents point to
// exists.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { daemonPath } from './server.mjs';

const ROOT = new URL('../../', import.meta.url);
const DOCUMENTS = ['README.md', 'chat-server/PROTOCOL.md', 'presence-server/PROTOCOL.md', 'api-server/web/README.md'];
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

// As GitHub makes them: a title that comes again gets a number.
function anchorsOf(document) {
    const seen = {};
    return [...read(document).matchAll(/^#+ (.*)$/gm)].map(([, title]) => {
        const anchor = title.toLowerCase().replace(/[^a-z0-9 _-]/g, '').replaceAll(' ', '-');
        seen[anchor] = (seen[anchor] ?? -1) + 1;
        return seen[anchor] ? `${anchor}-${seen[anchor]}` : anchor;
    });
}

test('links lead somewhere', () => {
    let seen = 0;
    for (const document of DOCUMENTS) {
        for (const [, link] of read(document).matchAll(/\]\(([^)\s]+)\)/g)) {
            seen++;
            if (/^https?:/.test(link)) continue;
            const [path, anchor] = link.split('#');
            const target = path ? new URL(path, new URL(document, ROOT)) : new URL(document, ROOT);
            assert.ok(existsSync(target), `${document}: ${link}`);
            if (anchor) assert.ok(anchorsOf(target).includes(anchor), `${document}: ${link}`);
        }
    }
    assert.ok(seen > 3);
});

// What matches in a source, which is at least so much.
function wordsIn(path, pattern, least) {
    const words = [...read(path).matchAll(pattern)].map(([, word]) => word);
    assert.ok(words.length >= least, `${path}: only ${words}`);
    return words;
}

// Where each protocol's frames are in the sources; what both share is in common/conn.
const PROTOCOLS = {
    'chat-server': { frames: 'dispatch.c', n: 7, out: 'frames_out.c', nOut: 3 },
    'presence-server': { frames: 'conn.c', n: 2, out: 'presence_frames.c', nOut: 3 },
};

function errorsOf(daemon) {
    const words = Object.fromEntries([...read('common/conn/frame_out.c')
        .matchAll(/^ {4}\[(ERROR_\w+)\] = \{"(\w+)"/gm)].map(([, name, word]) => [name, word]));
    const used = [daemon, 'common/conn'].flatMap((folder) => readdirSync(new URL(`${folder}/`, ROOT))
        .filter((name) => name.endsWith('.c') && name !== 'frame_out.c')
        .flatMap((name) => [...read(`${folder}/${name}`).matchAll(/\bERROR_[A-Z_]+\b/g)].map(([name]) => words[name])));
    assert.ok(used.length >= 5 && !used.includes(undefined));
    return new Set(used);
}

for (const [daemon, where] of Object.entries(PROTOCOLS)) {
    test(`PROTOCOL.md tells every frame, error and close code of the ${daemon}, and no setting that it lacks`, () => {
        const text = read(`${daemon}/PROTOCOL.md`);
        const [sent, got] = text.split('## What you send')[1].split('## What you get');
        const told = (part, type) => new RegExp(`^### .*\`${type}\``, 'm').test(part);
        for (const type of wordsIn(`${daemon}/${where.frames}`, /\{STR\("(\w+)"\), /g, where.n))
            assert.ok(told(sent, type), `what you send: ${type}`);
        const sentOut = /(?:frame_out_open\(out, "|\\"type\\":\\")(\w+)/g;
        for (const type of [...wordsIn(`${daemon}/${where.out}`, sentOut, where.nOut),
            ...wordsIn('common/conn/frame_out.c', sentOut, 2)])
            assert.ok(told(got, type), `what you get: ${type}`);
        for (const code of errorsOf(daemon)) assert.ok(got.includes(`\n| \`${code}\` |`), code);
        const ends = text.split('## The end of a connection')[1];
        for (const code of wordsIn('common/ws/ws_server.h', /WS_CLOSE_\w+ = (\d+)/g, 14))
            assert.match(ends, new RegExp(`^\\| [\\d, ]*\\b${code}\\b`, 'm'));
        const settings = settingsOf(daemon);
        for (const [, flag] of text.matchAll(/`--([a-z-]+)`/g)) assert.ok(flag in settings, `--${flag}`);
    });
}

test('files and presets that README.md names exist', () => {
    const text = read('README.md');
    for (const [, path] of text.matchAll(/`((?:common|api-server|chat-server|scripts|tests)\/[\w./-]+)`/g))
        assert.ok(existsSync(new URL(path, ROOT)), path);
    const presets = JSON.parse(read('CMakePresets.json')).configurePresets.map(({ name }) => name);
    for (const name of ['dev', 'asan', 'tsan', 'release']) assert.ok(presets.includes(name), name);
});
