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
        openDialog('Not loaded', (body) => body.append(h('p', {}, 'This part of ChatApp could not be loaded.')));
    } finally {
        opening = false;
    }
}

/** Loads them all, soon: they are to be had without a network too. */
export function loadSoon() {
    setTimeout(() => Object.values(DIALOGS).forEach((load) => load().catch(() => {})), QUIET_MS);
}
