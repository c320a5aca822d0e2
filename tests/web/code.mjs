// The files of the web client, and what they weigh.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { get } from 'node:http';

const WEB = new URL('../../api-server/web/', import.meta.url);

export const source = (path) => readFileSync(new URL(path, WEB), 'utf8');

/** All modules that one cannot be without, by paths from the top. */
export function importedBy(path, found = new Set()) {
    for (const [, name] of source(path).matchAll(/^(?:import|export) (?:[^'"]*? from )?'(\..+?)';/gm)) {
        const other = new URL(name, new URL(path, WEB)).href.slice(WEB.href.length);
        if (!found.has(other)) importedBy(other, found.add(other));
    }
    return found;
}

/* As a browser gets it, without the head of the answer. */
function weigh(url) {
    return new Promise((resolve, reject) =>
        get(url, { headers: { 'accept-encoding': 'gzip' } }, (answer) => {
            assert.equal(answer.statusCode, 200, url);
            let sum = 0;
            answer.on('data', (part) => (sum += part.length)).on('end', () => resolve(sum));
        }).on('error', reject),
    );
}

/** Bytes of all code, compressed, that an api-server sends. */
export async function weightOfCode(api) {
    const files = readdirSync(WEB, { recursive: true }).filter((name) => /\.(js|css|html)$/.test(name));
    const all = await Promise.all(files.map((name) => weigh(`${api}/${name}`)));
    return all.reduce((sum, one) => sum + one);
}
