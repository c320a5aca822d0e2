import './conversation_view.js';
import './side_bar.js';
import { h, Part } from './dom.js';
import { go, keyHere } from './go.js';
import { loadSoon } from './later.js';

const NETWORK = ['online', 'offline'];
const BANNER_AFTER_MS = 1500; // a blink of the connection is nobody's business

const narrow = matchMedia('(max-width: 720px)'); // as in app.css

const REFUSALS = {
    4403: 'The server refuses connections from this page.',
    4429: 'Too many windows of this account are open. Close some, then try again.',
};

/** Side bar and conversation: beside each other, or on a phone one of the two. What is open is in the address: #/c/KEY. */
class ChatApp extends Part {
    connectedCallback() {
        const { model } = this;
        this.banner = h('div', { class: 'banner', role: 'status', hidden: true });
        this.side = Object.assign(h('side-bar', { 'aria-label': 'Conversations' }), { model });
        this.main = h('main', { class: 'main', tabindex: -1 });
        this.append(this.side, h('div', { class: 'stage' }, this.banner, this.main));
        this.navigated = () => this.#navigate();
        addEventListener('hashchange', this.navigated);
        narrow.addEventListener('change', this.navigated);
        this.changed = () => this.#stateChanged();
        for (const type of NETWORK) addEventListener(type, this.changed);
        this.listen(model, 'state', this.changed);
        this.listen(model, 'left', ({ key }) => (key === null || key === this.key) && go(''));
        this.listen(model, 'list', () => this.#follow());
        this.#navigate();
        this.#stateChanged();
        this.loadNoMore = loadSoon(model.chat);
    }

    disconnectedCallback() {
        super.disconnectedCallback();
        clearTimeout(this.late);
        this.loadNoMore();
        removeEventListener('hashchange', this.navigated);
        narrow.removeEventListener('change', this.navigated);
        for (const type of NETWORK) removeEventListener(type, this.changed);
    }

    #navigate() {
        const key = keyHere();
        /* On a phone, without a conversation, the list is all there is. */
        this.side.setAttribute('role', narrow.matches && key === '' ? 'main' : 'navigation');
        if (key === this.key) return;
        this.key = key;
        this.side.key = key;
        this.classList.toggle('open', key !== '');
        if (key === '') {
            this.main.replaceChildren(
                h(
                    'div',
                    { class: 'nothing' },
                    h('img', { src: '/icon.svg', alt: '', width: 72, height: 72 }),
                    h('p', {}, 'Choose a conversation, or begin a new one.'),
                ),
            );
        } else {
            this.main.replaceChildren(Object.assign(h('conversation-view'), { model: this.model, key }));
        }
    }

    /* There is a conversation now with whom there was none. */
    #follow() {
        if (!this.key?.startsWith('@')) return;
        const key = this.model.keyFor(this.key.slice(1));
        if (key === this.key) return;
        this.key = this.side.key = key;
        history.replaceState(null, '', `#/c/${encodeURIComponent(key)}`);
        this.main.firstChild.become(key);
    }

    #stateChanged() {
        const { chat, refused } = this.model;
        clearTimeout(this.late);
        /* Whatever the browser says: it may be offline and reach us. */
        if (chat.state === 'ready') {
            this.banner.hidden = true;
        } else if (refused && refused.code !== 4401) {
            this.banner.replaceChildren(
                REFUSALS[refused.code] ?? `Not connected (${refused.code} ${refused.reason}).`,
                h('button', { onclick: () => chat.socket.start() }, 'Try again'),
            );
            this.banner.hidden = false;
        } else {
            this.late = setTimeout(
                () => {
                    this.banner.textContent = navigator.onLine
                        ? 'Connecting… What you write is sent as soon as possible.'
                        : 'You are offline. What you write is sent when you are back.';
                    this.banner.hidden = false;
                },
                this.banner.hidden ? BANNER_AFTER_MS : 0,
            );
        }
    }
}

customElements.define('chat-app', ChatApp);
