import { Problem, offline } from './problem.js';

const PATIENCE_MS = 20_000;

/** One request to the api-server; gives the answer's JSON, or undefined when it has none. Throws a Problem. */
export async function call(base, method, path, { token, body, headers, fetch = globalThis.fetch } = {}) {
    let answer;
    let content;
    try {
        answer = await fetch(base + path, {
            method,
            headers: {
                ...(token && { authorization: `Bearer ${token}` }),
                ...(body !== undefined && { 'content-type': 'application/json' }),
                ...headers,
            },
            body: body === undefined ? undefined : JSON.stringify(body),
            cache: 'no-store',
            signal: AbortSignal.timeout(PATIENCE_MS),
        });
        content = answer.status === 204 ? undefined : await answer.json();
    } catch {
        if (!answer || answer.ok) throw offline(); /* nobody there, or the answer was cut */
    }
    if (answer.ok) return content;
    throw new Problem({
        status: answer.status,
        code: content?.code ?? `http_${answer.status}`,
        message: content?.detail ?? content?.title ?? `The server answered with ${answer.status}.`,
        field: content?.field,
        retry: answer.status === 429 || answer.status >= 500,
        waitMs: 1000 * (Number(answer.headers.get('retry-after')) || 0),
    });
}
