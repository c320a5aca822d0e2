import { snippet } from './format.js';
import { go } from './go.js';

const TITLE = 'ChatApp';
const AWAY_AFTER_MS = 300_000;

export const canNotify = () => 'Notification' in globalThis;
export const notifyAllowed = () => canNotify() && Notification.permission === 'granted';

/** What people notice of it while they look at something else: the number in the title, notifications, and being away.
 * Returns what ends it. */
export function watch(model) {
    const quiet = [
        model.on('list', () => showCount(model.unread)),
        model.on('incoming', ({ key, frame }) => announce(model, key, frame)),
        watchAbsence(model),
    ];
    return () => {
        for (const stop of quiet) stop();
        showCount(0);
    };
}

function showCount(unread) {
    document.title = unread > 0 ? `(${unread}) ${TITLE}` : TITLE;
    if (unread > 0) navigator.setAppBadge?.(unread).catch(() => {});
    else navigator.clearAppBadge?.().catch(() => {});
}

function announce(model, key, frame) {
    const looked = document.visibilityState === 'visible' && document.hasFocus();
    if (looked || !notifyAllowed() || model.conversation(key)?.muted_until > Date.now()) return;
    const name = model.name(frame.from);
    const title = model.peerOf(key) ? name : `${name} in ${model.title(key)}`;
    const shown = new Notification(title, {
        body: snippet(frame, (user) => model.name(user)),
        tag: key,
        icon: '/icon.svg',
    });
    shown.onclick = () => {
        focus();
        go(key);
        shown.close();
    };
}

/* Away when nobody has looked for a while; what somebody chose stands. */
function watchAbsence(model) {
    let timer;
    const { presence } = model.client;
    const changed = () => {
        clearTimeout(timer);
        if (document.visibilityState === 'visible') presence.status(model.status);
        else if (model.status === 'online') timer = setTimeout(() => presence.status('away'), AWAY_AFTER_MS);
    };
    document.addEventListener('visibilitychange', changed);
    return () => {
        clearTimeout(timer);
        document.removeEventListener('visibilitychange', changed);
    };
}
