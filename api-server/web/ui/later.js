import { openDialog } from './dialog.js';
import { h } from './dom.js';

/* What is not needed for the first view is loaded when it is opened, or as soon as nobody waits for anything else. */
const DIALOGS = {
    openDetails: () => import('./details_dialog.js'),
    openNew: () => import('./new_dialog.js'),
    openPeople: () => import('./people_dialog.js'),
    openSettings: () => import('./settings_dialog.js'),
};
const QUIET_MS = 1500;
let opening = false;

/** @param {keyof DIALOGS} name */
export async function open(name, ...what) {
    if (opening) return; // pressed twice
    opening = true;
    try {
        const dialog = await DIALOGS[name]();
        dialog[name](...what);
    } catch {
        notLoaded(name, ...what);
    } finally {
        opening = false;
    }
}

/* A page may remember of a module that it could not be had. */
function notLoaded(name, model) {
    openDialog('Not loaded', (body) =>
        body.append(
            h('p', {}, 'This part of ChatApp could not be loaded. What you wrote is kept when the page is loaded again.'),
            h(
                'div',
                { class: 'actions' },
                name === 'openSettings' && h('button', { onclick: () => model.logOut() }, 'Log out'),
                h('button', { class: 'primary', onclick: () => location.reload() }, 'Load the page again'),
            ),
        ),
    );
}

/** Loads them all, soon: they are to be had without a network too. While there is none, it waits: one that does not come
 * may never come (notLoaded()). Gives what ends that. */
export function loadSoon(chat) {
    const timer = setInterval(() => {
        if (!navigator.onLine || chat.state !== 'ready') return;
        clearInterval(timer);
        for (const load of Object.values(DIALOGS)) load().catch(() => {});
    }, QUIET_MS);
    return () => clearInterval(timer);
}
