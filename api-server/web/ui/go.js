/** What is shown, by the address. */
export function keyHere() {
    try {
        return decodeURIComponent(/^#\/c\/(.+)$/.exec(location.hash)?.[1] ?? '');
    } catch {
        return ''; // somebody has cut it short
    }
}

/** Shows the conversation with this key, or with '' none. */
export function go(key) {
    location.hash = key ? `#/c/${encodeURIComponent(key)}` : '#/';
}
