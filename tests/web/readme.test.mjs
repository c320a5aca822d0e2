// The example in the README of the client runs as it is written, in a folder of its own.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as path } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Client } from '../../api-server/web/client.js';
import { startDaemons } from '../interop/server.mjs';
import { source } from './code.mjs';
import { listen, optionsFor, until } from './people.mjs';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

/** A folder with the packages that the README has one install, as npm leaves them. */
function project(program) {
    const folder = mkdtempSync(path(tmpdir(), 'chatapp-example-'));
    mkdirSync(path(folder, 'node_modules'));
    symlinkSync(here('../../api-server/web'), path(folder, 'node_modules', 'chatapp-client'));
    symlinkSync(here('node_modules/ws'), path(folder, 'node_modules', 'ws'));
    writeFileSync(path(folder, 'talk.mjs'), program);
    return folder;
}

test('the example logs in, writes, and hears', async () => {
    const server = await startDaemons('api-server', 'chat-server');
    const [, example] = /```js\n(.*?)```/s.exec(source('README.md'));
    const folder = project(example);
    let said = '';
    let program;
    let bob;
    try {
        const [, username, password] = /username: '(.+?)', password: '(.+?)'/.exec(example);
        await Client.signUp(optionsFor(server), { username, password });
        bob = listen(await Client.signUp(optionsFor(server), { username: 'bob', password }));
        await bob.start();
        program = spawn(process.execPath, ['talk.mjs', server.urls['api-server']], {
            cwd: folder,
            stdio: ['ignore', 'pipe', 'inherit'],
        });
        program.stdout.on('data', (text) => (said += text));
        const { id } = await until('it writes', () => bob.chat.conversations.with(username));
        await until('hello', () => bob.texts(id).includes('hello'));
        await bob.chat.send({ to: username, text: 'hello yourself' });
        await until('it hears', () => said.includes('bob: hello yourself'));
        assert.equal(said, `${username}: hello\nbob: hello yourself\n`);
        assert.equal(program.exitCode, null);
    } finally {
        program?.kill();
        await bob?.stop();
        await server.stop();
        rmSync(folder, { recursive: true });
    }
});
