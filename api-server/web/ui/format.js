import { h } from './dom.js';

const time = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'long' });
const date = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'long', year: 'numeric' });
const short = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' });
const DAY_MS = 86_400_000;

export const clockTime = (ms) => time.format(ms);
export const fullTime = (ms) => full.format(ms);

/** In the user's own zone. */
export function dayOf(ms) {
    return new Date(ms).setHours(0, 0, 0, 0);
}

export function dayName(ms) {
    const ago = Math.round((dayOf(Date.now()) - dayOf(ms)) / DAY_MS);
    if (ago === 0) return 'Today';
    if (ago === 1) return 'Yesterday';
    return ago > 0 && ago < 7 ? weekday.format(ms) : date.format(ms);
}

export function listTime(ms) {
    return dayOf(ms) === dayOf(Date.now()) ? clockTime(ms) : short.format(ms);
}

export function ago(ms) {
    const minutes = Math.round((Date.now() - ms) / 60_000);
    if (minutes < 2) return 'just now';
    if (minutes < 60) return `${minutes} minutes ago`;
    return dayOf(ms) === dayOf(Date.now()) ? `today, ${clockTime(ms)}` : `${dayName(ms)}, ${clockTime(ms)}`;
}

const LINK = /https?:\/\/[^\s<>"]+[^\s<>"'.,;:!?)\]}…]/gi;

/** Text as nodes, its links as links. */
export function linked(text) {
    const nodes = [];
    let from = 0;
    for (const { 0: url, index } of text.matchAll(LINK)) {
        nodes.push(
            text.slice(from, index),
            h('a', { href: url, target: '_blank', rel: 'noopener noreferrer nofollow' }, url),
        );
        from = index + url.length;
    }
    return [...nodes, text.slice(from)];
}

/** One to three emoji and nothing else. */
export function isEmoji(text) {
    return (
        text.length < 40 &&
        /^(?:\p{Extended_Pictographic}(?:\uFE0F|\u200D\p{Extended_Pictographic}|\p{Emoji_Modifier})*\s?){1,3}$/u.test(
            text,
        )
    );
}

const ACTIONS = {
    joined: (by, user) => (user === '' ? `${by} joined` : `${by} added ${user}`),
    left: (by) => `${by} left`,
    removed: (by, user) => `${by} removed ${user}`,
    role: (by, user, role) =>
        `${by} made ${user || 'themselves'} ${role === 'member' ? 'a plain member' : `an ${role}`}`,
};

/** What a `member` frame says. `name` is how people are called, "You" oneself. */
export function memberText({ action, user, by, role }, name) {
    const whom = user === by ? '' : name(user) === 'You' ? 'you' : name(user);
    return ACTIONS[action]?.(name(action === 'left' ? user : by), whom, role) ?? `${name(user)}: ${action}`;
}

/** A message on one line. */
export function snippet(frame, name) {
    if (frame.type === 'member') return memberText(frame, name);
    return (frame.text ?? 'sent something this app cannot show').replace(/\s+/g, ' ').slice(0, 200);
}
