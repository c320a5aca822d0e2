// README.md's first conversation, line by line, as somebody would paste it: its commands through bash, its frames into
// wscat. Only the ports are others.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startDaemons } from './server.mjs';

const WSCAT = fileURLToPath(new URL('node_modules/.bin/wscat', import.meta.url));
const WITHIN_MS = 10_000;

let daemons;
let commands; // the lines of the sh blocks
let frames; // and of the json blocks
const tokens = {}; // ALICE, BOB

function blocks(text, language) {
    return [...text.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'gms'))]
        .flatMap(([, block]) => block.trim().split('\n'));
}

before(async () => {
    daemons = await startDaemons('api-server', 'chat-server');
    const here = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
        .split('## A first conversation\n')[1].split('\n## ')[0]
        .replaceAll('http://127.0.0.1:8080', daemons.urls['api-server'])
        .replaceAll('127.0.0.1:8081', daemons.urls['chat-server'].slice('http://'.length))
        .replaceAll('npx --yes wscat', `exec ${WSCAT}`);
    commands = blocks(here, 'sh');
    frames = blocks(here, 'json');
});

after(() => daemons?.stop());

function nextCommand(beginning) {
    const command = commands.shift();
    assert.ok(command?.includes(beginning), `expected ${beginning} in ${command}`);
    return command;
}

function bash(command) {
    return execFileSync('bash', ['-c', command], { encoding: 'utf8', env: { ...process.env, ...tokens } });
}

// An assignment such as ALICE=$(curl …).
function signIn(name) {
    tokens[name] = bash(`${nextCommand(`${name}=`)}; printf %s "$${name}"`);
    assert.match(tokens[name], /^[\w-]+\.[\w-]+\.[\w-]+$/);
}

class Window {
    constructor(command) {
        this.child = spawn('bash', ['-c', command], { env: { ...process.env, ...tokens } });
        this.seen = '';
        for (const stream of [this.child.stdout, this.child.stderr])
            stream.setEncoding('utf8').on('data', (text) => { this.seen += text; });
    }

    paste(frame) {
        this.child.stdin.write(`${frame}\n`);
    }

    // The first frame that came and has these members; waits for it.
    async expect(members) {
        for (const end = Date.now() + WITHIN_MS; Date.now() < end; await sleep(20)) {
            const found = [...this.seen.matchAll(/^(?:[<>] )*(\{.*\})$/gm)].map(([, frame]) => JSON.parse(frame))
                .find((frame) => Object.entries(members).every(([key, value]) => frame[key] === value));
            if (found) return found;
        }
        throw new Error(`no ${JSON.stringify(members)} in:\n${this.seen}`);
    }

    async close() {
        const gone = new Promise((resolve) => this.child.on('exit', resolve));
        this.child.kill('SIGINT');
        await gone;
    }
}

test('the first conversation goes as README.md says', { timeout: 60_000 }, async () => {
    signIn('ALICE');
    const alice = new Window(nextCommand('wscat'));
    signIn('BOB');
    const bob = new Window(nextCommand('wscat'));
    await alice.expect({ type: 'ready', user: 'alice' });
    await bob.expect({ type: 'ready', user: 'bob' });

    alice.paste(frames.shift());
    await alice.expect({ type: 'ack', id: 'a1', seq: 1 });
    await bob.expect({ type: 'message', from: 'alice', seq: 1 });
    bob.paste(frames.shift());
    await bob.expect({ type: 'ack', id: 'b1', seq: 2 });
    await alice.expect({ type: 'message', from: 'bob', seq: 2 });
    await bob.close();
    alice.paste(frames.shift());
    await alice.expect({ type: 'ack', id: 'a2', seq: 3 });

    signIn('BOB');
    const again = new Window(nextCommand('wscat'));
    const ready = await again.expect({ type: 'ready', user: 'bob' });
    assert.equal(ready.conversations[0].unread, 1);
    again.paste(frames.shift());
    const history = await again.expect({ type: 'history', id: 'h1' });
    const said = ['hello bob', 'hello alice', 'are you there?'];
    assert.deepEqual(history.messages.map(({ text }) => text), said);
    again.paste(frames.shift());
    await again.expect({ type: 'receipt', user: 'bob', read: 3 });

    const [conversation] = JSON.parse(bash(nextCommand('/api/conversations'))).conversations;
    assert.equal(conversation.unread, 0);
    const page = JSON.parse(bash(nextCommand('/messages')));
    assert.deepEqual(page.messages, history.messages);
    bash(nextCommand('"name":"Garden"'));
    await alice.expect({ type: 'conversation' });
    await again.expect({ type: 'conversation' });
    assert.deepEqual([commands, frames], [[], []]);
    await again.close();
    await alice.close();
});
