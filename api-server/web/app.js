// The page: who is signed in, and what they see. Each tab has one account; the last one used is the next tab's.
import { BrowserStore, Client, MemoryStore } from './client.js';
import { Model } from './model.js';
import './ui/chat_app.js';
import { watch } from './ui/notifier.js';
import './ui/sign_in.js';
import { applyTheme } from './ui/theme.js';

sessionStorage.removeItem('retries'); // retry.js
applyTheme();

const options = {
    base: location.origin,
    store: await BrowserStore.open().catch(() => new MemoryStore()), // some private windows keep nothing
};
let client = null;

/** @param {string} [ended] whose session has ended, unasked */
function signIn(ended) {
    const element = Object.assign(document.createElement('sign-in'), { options, ended });
    element.addEventListener('signed-in', ({ detail }) => {
        history.replaceState(null, '', '#/');
        begin(detail);
    });
    document.body.replaceChildren(element);
}

function begin(signedIn) {
    client = signedIn;
    sessionStorage.setItem('user', client.user);
    options.store.update('last user', () => client.user);
    const model = new Model(client);
    const quiet = watch(model);
    client.session.on('ended', ({ asked }) => {
        quiet();
        client = null;
        sessionStorage.removeItem('user');
        for (const dialog of document.querySelectorAll('dialog')) dialog.remove();
        signIn(asked ? undefined : model.user);
    });
    document.body.replaceChildren(Object.assign(document.createElement('chat-app'), { model }));
    model.start();
}

for (const type of ['online', 'offline']) addEventListener(type, () => client?.wake());
document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && client?.wake());
/* A server that came after the page was loaded may be on a host that the page's policy does not name: the same page
 * loaded again names it. Nothing is lost, what was not sent and what was written are in the store. */
document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) => {
    const at = Number(sessionStorage.getItem('reloaded'));
    if (effectiveDirective !== 'connect-src' || Date.now() - at < 60_000) return;
    sessionStorage.setItem('reloaded', Date.now());
    location.reload();
});

const user = sessionStorage.getItem('user') ?? (await options.store.get('last user'));
const known = location.hash === '#/login' || !user ? null : await Client.resume(options, user);
if (known) begin(known);
else signIn();
