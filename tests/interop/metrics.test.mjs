// What the daemons count, and those who read it: promtool finds nothing to say about /metrics, the alerts do what they
// should, and alerts and dashboard speak of nothing that does not exist.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startDaemons } from './server.mjs';

const DAEMONS = ['api-server', 'chat-server', 'notification-server', 'presence-server'];
const ROOT = new URL('../../', import.meta.url);
const PROMETHEUS = fileURLToPath(new URL('scripts/prometheus/', ROOT));
const METRIC = /\b(?:chatapp|process)_[a-z_]+/g;
// Only of a daemon with several workers.
const OF_WORKERS = ['chatapp_worker_restarts_total', 'chatapp_workers'];

const read = (path) => readFileSync(new URL(path, ROOT), 'utf8');
const promtool = (args, input) =>
    execFileSync('promtool', args, { cwd: PROMETHEUS, input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] });

let daemons;
const metrics = {}; // by daemon

before(async () => {
    daemons = await startDaemons(...DAEMONS);
    for (const name of DAEMONS) metrics[name] = await (await fetch(`${daemons.urls[name]}/metrics`)).text();
});
after(() => daemons?.stop());

for (const name of DAEMONS) {
    test(`promtool finds nothing to say about the metrics of ${name}`, () => {
        assert.equal(promtool(['check', 'metrics'], metrics[name]), '');
        assert.match(metrics[name], /^chatapp_ready 1$/m);
        assert.match(metrics[name], /^chatapp_build_info\{version="[\d.]+"\} 1$/m);
    });
}

test('the alerts are well-formed and pass their own tests', () => {
    promtool(['check', 'rules', 'alerts.yml']);
    promtool(['check', 'config', 'prometheus.yml']);
    assert.match(promtool(['test', 'rules', 'alerts.test.yml']), /SUCCESS/);
});

test('the tests of the alerts speak of buckets that there are', () => {
    const buckets = new Set(Object.values(metrics).join('\n').match(/le="[^"]+"/g));
    const named = new Set(read('scripts/prometheus/alerts.test.yml').match(/le="[^"]+"/g));
    assert.ok(named.size > 2);
    for (const bucket of named) assert.ok(buckets.has(bucket), bucket);
});

test('every alert is tested', () => {
    const tests = read('scripts/prometheus/alerts.test.yml');
    const alerts = [...read('scripts/prometheus/alerts.yml').matchAll(/- alert: (\w+)/g)].map(([, name]) => name);
    assert.ok(alerts.length > 5);
    for (const name of alerts) assert.ok(tests.includes(name), name);
});

for (const [path, least] of [['scripts/prometheus/alerts.yml', 8], ['scripts/grafana/chatapp.json', 20]]) {
    test(`${path} speaks of nothing that no daemon counts`, () => {
        const all = Object.values(metrics).join('\n');
        const names = new Set(read(path).match(METRIC));
        for (const name of names)
            assert.ok(OF_WORKERS.includes(name) || new RegExp(`^${name}[ {]`, 'm').test(all), name);
        assert.ok(names.size >= least);
    });
}
