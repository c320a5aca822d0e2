// What is tested of each openapi.json: it is valid OpenAPI 3.1, lists the routes that exist and no others, its examples
// follow its own schemas, and so does what a real daemon answers.
import { Validator } from '@seriousme/openapi-schema-validator';
import Ajv from 'ajv/dist/2020.js';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { daemonPath } from './server.mjs';

const METHODS = ['get', 'put', 'post', 'delete', 'patch'];
const OPERATING = ['GET /healthz', 'GET /readyz', 'GET /metrics']; // every daemon's, in no route table

// The document of this daemon. Tests it; gives call(), and allAnswered() for the last test. `url` is asked for with each
// call: where the daemon is.
export function openapi(daemon, url, leastExamples) {
    const document = JSON.parse(readFileSync(new URL(`../../${daemon}/openapi.json`, import.meta.url), 'utf8'));
    const ajv = new Ajv({ strict: false, allErrors: true });
    ajv.addSchema(document, 'openapi');

    function pointer(...steps) {
        return `#/${steps.map((s) => encodeURIComponent(String(s).replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`;
    }

    function resolve(reference) {
        return reference.slice(2).split('/').reduce((at, step) => at[step], document);
    }

    function check(schemaAt, value, what) {
        const validate = ajv.compile({ $ref: `openapi${schemaAt}` });
        assert.ok(validate(value), `${what}: ${ajv.errorsText(validate.errors)}\n${JSON.stringify(value)}`);
    }

    // Every { pointer, content } with schemas and examples, in operations and in components.
    function* contents() {
        for (const [name, response] of Object.entries(document.components.responses))
            yield { at: ['components', 'responses', name, 'content'], content: response.content };
        for (const { path, method, operation } of operations()) {
            const base = ['paths', path, method];
            if (operation.requestBody)
                yield { at: [...base, 'requestBody', 'content'], content: operation.requestBody.content };
            for (const [status, response] of Object.entries(operation.responses))
                if (response.content)
                    yield { at: [...base, 'responses', status, 'content'], content: response.content };
        }
    }

    function* operations() {
        for (const [path, item] of Object.entries(document.paths))
            for (const method of METHODS)
                if (item[method]) yield { path, method, operation: item[method] };
    }

    test('it is a valid OpenAPI 3.1 document', async () => {
        const validator = new Validator();
        const result = await validator.validate(structuredClone(document));
        assert.deepEqual(result.errors ?? [], []);
        assert.equal(validator.version, '3.1');
    });

    test('every route is documented, and every documented one exists', () => {
        const routes = execFileSync(daemonPath(daemon), ['routes'], { encoding: 'utf8' }).trim().split('\n');
        const documented = [...operations()].map(({ path, method }) => `${method.toUpperCase()} ${path}`);
        assert.deepEqual(documented.sort(), [...routes, ...OPERATING].sort());
    });

    test('operations have names of their own, and say what goes wrong', () => {
        const names = [...operations()].map(({ operation }) => operation.operationId);
        assert.equal(new Set(names).size, names.length);
        for (const { path, method, operation } of operations())
            if (!OPERATING.includes(`${method.toUpperCase()} ${path}`))
                assert.ok(operation.responses.default, `${method} ${path} has no default answer`);
    });

    test('every example follows its schema', () => {
        let seen = 0;
        for (const { at, content } of contents()) {
            for (const [type, { schema, example }] of Object.entries(content)) {
                assert.ok(schema && example !== undefined, `${at.join(' ')} lacks a schema or an example`);
                check(pointer(...at, type, 'schema'), example, at.join(' '));
                seen++;
            }
        }
        assert.ok(seen > leastExamples);
    });

    const answered = new Set(); // "operationId status"

    function find(id) {
        const found = [...operations()].find(({ operation }) => operation.operationId === id);
        assert.ok(found, `no operation ${id}`);
        return found;
    }

    // The documented answer to this status, as [pointer of its content, the answer].
    function documentedAnswer({ path, method, operation }, status) {
        const key = status in operation.responses ? String(status) : 'default';
        const response = operation.responses[key];
        assert.ok(response, `${method} ${path} documents neither ${status} nor a default`);
        if (!response.$ref) return [['paths', path, method, 'responses', key, 'content'], response];
        return [[...response.$ref.slice(2).split('/'), 'content'], resolve(response.$ref)];
    }

    // Calls an operation; the answer must have this status, and be as documented.
    async function call(id, status, { params = {}, query = '', token, headers = {}, body } = {}) {
        const operation = find(id);
        const path = operation.path.replace(/{(\w+)}/g, (_, name) => encodeURIComponent(params[name]));
        const answer = await fetch(url() + path + query, {
            method: operation.method.toUpperCase(),
            headers: token ? { authorization: `Bearer ${token}`, ...headers } : headers,
            body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
        });
        const text = await answer.text();
        assert.equal(answer.status, status, `${id}: ${text}`);
        const [at, documented] = documentedAnswer(operation, status);
        for (const name of Object.keys(documented.headers ?? {}))
            assert.ok(answer.headers.get(name), `${id} ${status} has no ${name}`);
        answered.add(`${id} ${status}`);
        if (!documented.content) {
            assert.equal(text, '', `${id} ${status} has a body`);
            return undefined;
        }
        const [type] = answer.headers.get('content-type').split(';');
        assert.ok(documented.content[type], `${id} ${status} answers with ${type}`);
        if (!type.endsWith('json')) return text;
        check(pointer(...at, type, 'schema'), JSON.parse(text), `${id} ${status}`);
        return JSON.parse(text);
    }

    function allAnswered() {
        for (const { operation } of operations())
            for (const status of Object.keys(operation.responses).filter((s) => s.startsWith('2')))
                assert.ok(answered.has(`${operation.operationId} ${status}`), `${operation.operationId} ${status} was not seen`);
    }

    return { call, allAnswered };
}
