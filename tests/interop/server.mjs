// Real daemons on a Redis of their own, all ended by stop(). $CHATAPP_BIN names the folder of the daemons.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const BIN = process.env.CHATAPP_BIN;
const START_WITHIN_MS = 20_000;
const FLAGS = ['--drain-s=1'];
const ENVIRONMENT = { CHATAPP_PASSWORD_HASH_MEMORY_KIB: '64', CHATAPP_PASSWORD_HASH_PASSES: '1' };

export function daemonPath(name) {
    assert.ok(BIN, 'CHATAPP_BIN must name the folder of the built daemons');
    return join(BIN, name);
}

async function ready(url) {
    for (const end = Date.now() + START_WITHIN_MS; Date.now() < end; await sleep(50)) {
        const answer = await fetch(`${url}/readyz`).catch(() => null);
        if (answer?.ok) return;
    }
    throw new Error(`${url} is not ready`);
}

// The port is in the first line of the log that says "listening"; the rest is read away.
function portOf(daemon) {
    return new Promise((resolve, reject) => {
        const lines = [];
        createInterface({ input: daemon.stderr }).on('line', (line) => {
            lines.push(line);
            const port = /msg=listening .*port=(\d+)/.exec(line)?.[1];
            if (port) resolve(Number(port));
        });
        daemon.on('exit', (status) => reject(new Error(`ended with ${status}: ${lines.join('\n')}`)));
    });
}

async function end(child, signal) {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.on('exit', resolve));
    child.kill(signal);
    await gone;
}

// Starts the named daemons (a name, or [name, flag …]); gives their URLs by name, Redis' socket, the data directory, and
// stop(); and, for 'redis' or a daemon, kill(name), by SIGKILL, and start(name), where it was before.
export async function startDaemons(...daemons) {
    const dir = mkdtempSync(join(tmpdir(), 'chatapp-'));
    const socket = join(dir, 'redis.sock');
    const flags = Object.fromEntries(daemons.map((daemon) => [daemon].flat()).map(([name, ...own]) => [name, own]));
    const children = {};
    const urls = {};
    const startRedis = () => {
        const own = ['--dir', dir, '--save', '', '--appendonly', 'yes', '--appendfsync', 'always'];
        children.redis = spawn('redis-server', ['--port', '0', '--unixsocket', socket, ...own], { stdio: 'ignore' });
    };
    const startDaemon = async (name) => {
        const port = urls[name] ? new URL(urls[name]).port : 0;
        const own = [`--redis-url=unix://${socket}`, `--port=${port}`, ...FLAGS, ...flags[name]];
        children[name] = spawn(daemonPath(name), own, {
            stdio: ['ignore', 'ignore', 'pipe'],
            env: { ...process.env, ...ENVIRONMENT, CHATAPP_DATA_DIR: dir },
        });
        urls[name] = `http://127.0.0.1:${await portOf(children[name])}`;
        if (port) await ready(urls[name]);
    };
    const start = (name) => (name === 'redis' ? startRedis() : startDaemon(name));
    const stop = async () => {
        for (const child of Object.values(children).reverse()) await end(child);
        rmSync(dir, { recursive: true });
    };
    try {
        for (const name of ['redis', ...Object.keys(flags)]) await start(name);
        for (const url of Object.values(urls)) await ready(url);
        return { urls, stop, start, kill: (name) => end(children[name], 'SIGKILL'), socket, dir };
    } catch (error) {
        await stop();
        throw error;
    }
}

const PUT = `local t = redis.call('TIME') local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('ZADD', KEYS[1], string.format('%.0f', now + 3000), ARGV[1]) redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])`;

// Stands in for a server of ours: answers each request with what `answer(request)` returns, [status, body], and says in the
// registry that it lives. Gives stop().
export async function startStandIn(socket, kind, answer) {
    const id = randomBytes(24).toString('hex').slice(0, 24).replace(/[0189]/g, 'a');
    const server = createServer((request, response) => {
        request.resume().on('end', () => {
            const [status, body] = answer(request);
            response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
        });
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const record = { id, kind, url: `http://127.0.0.1:${server.address().port}`, version: 'test', connections: 0, lag_ms: 0 };
    const keys = [`servers:{${kind}}`, `servers:{${kind}}:about`];
    const say = () => execFile('redis-cli', ['-s', socket, 'EVAL', PUT, '2', ...keys, id, JSON.stringify(record)], () => {});
    const timer = setInterval(say, 500);
    say();
    return {
        async stop() {
            clearInterval(timer);
            server.closeAllConnections();
            await new Promise((resolve) => server.close(resolve));
        },
    };
}
