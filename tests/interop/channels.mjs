// What a channel builds, through channel_tool. $CHATAPP_CHANNEL_TOOL names it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';

const TOOL = process.env.CHATAPP_CHANNEL_TOOL;

export const NOW = 1790000000000;

export const NOTIFICATION = {
    id: 'naaaaaaaaaaaaaaaaaaaaaaa',
    title: 'Böb',
    body: 'good morning 🌻',
    event: 'chat.message',
    data: '{"conversation":"r1","seq":7}',
    expires: NOW + 3_600_000,
};

export function channelTool(input, flags = [], environment = {}) {
    assert.ok(TOOL, 'CHATAPP_CHANNEL_TOOL must name the built channel_tool');
    const run = spawnSync(TOOL, flags, {
        input: JSON.stringify({ now: NOW, ...input }),
        encoding: 'utf8',
        env: { ...process.env, ...environment },
    });
    assert.equal(run.status, 0, run.stderr);
    return JSON.parse(run.stdout);
}

// The request as { url, headers: { lower-case name: value }, body: Buffer, from, to }.
export function build(channel, device, { notification = {}, flags = [], environment = {}, ...more } = {}) {
    const built = channelTool(
        { channel, device, notification: { ...NOTIFICATION, ...notification }, ...more }, flags, environment);
    assert.equal(built.err, 'ok', built.why);
    return request(built);
}

export function request(built) {
    const headers = {};
    for (const line of built.headers) {
        const at = line.indexOf(': ');
        const name = line.slice(0, at).toLowerCase();
        assert.ok(!(name in headers), `${name} comes twice`);
        headers[name] = line.slice(at + 2);
    }
    return { ...built, headers, body: Buffer.from(built.body, 'base64url') };
}
