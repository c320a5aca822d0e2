/** Shows the conversation with this key, or with '' none. */
export function go(key) {
    location.hash = key ? `#/c/${encodeURIComponent(key)}` : '#/';
}
