import { avatar } from './avatar.js';
import { arrange, h, icon, iconButton, Part } from './dom.js';
import { listTime, snippet } from './format.js';
import { open } from './later.js';

const TYPING = 'typing…';

/** Who we are, and the conversations, newest first. */
class SideBar extends Part {
    #items = new Map(); // key → link
    #key = '';

    set key(key) {
        this.#key = key;
        this.update();
    }

    connectedCallback() {
        const { model } = this;
        this.list = h('ul', { class: 'conversations', 'aria-label': 'Conversations' });
        this.none = h('p', { class: 'note' });
        this.filter = h('input', {
            type: 'search',
            placeholder: 'Find a conversation',
            'aria-label': 'Find a conversation',
            dir: 'auto',
            oninput: () => this.update(),
        });
        this.people = iconButton('people', 'People', () => open('openPeople', model));
        this.requests = h('span', { class: 'badge', hidden: true });
        this.people.append(this.requests);
        this.own = h('span', { class: 'own' });
        this.older = h(
            'button',
            { class: 'link', hidden: true, onclick: () => model.loadOlderConversations() },
            'Older conversations',
        );
        this.append(
            h(
                'div',
                { class: 'bar' },
                h('h1', { class: 'unseen' }, 'ChatApp'),
                this.own,
                iconButton('add', 'New conversation', () => open('openNew', model)),
                this.people,
                iconButton('settings', 'Settings', () => open('openSettings', model)),
            ),
            h('div', { class: 'shelf' }, h('div', { class: 'find' }, this.filter), this.list, this.none, this.older),
        );
        this.addEventListener('keydown', (event) => this.#step(event));
        for (const type of ['list', 'people']) this.listen(model, type);
        this.draw();
    }

    draw() {
        const { model } = this;
        this.own.replaceChildren(avatar(model.user, model.name(model.user)), h('bdi', {}, model.name(model.user)));
        const incoming = (model.contacts ?? []).filter(({ state }) => state === 'incoming').length;
        this.requests.hidden = incoming === 0;
        this.requests.replaceChildren(
            String(incoming),
            h('span', { class: 'unseen' }, incoming === 1 ? ' contact request' : ' contact requests'),
        );
        const wanted = this.filter.value.trim().toLowerCase();
        const keys = model
            .keys()
            .filter(
                (key) => !wanted || `${model.title(key)} ${model.peerOf(key) ?? ''}`.toLowerCase().includes(wanted),
            );
        for (const key of this.#items.keys()) if (!keys.includes(key)) this.#items.delete(key);
        arrange(
            this.list,
            keys.map((key) => this.#item(key)),
        );
        this.older.hidden = !model.hasOlderConversations;
        this.none.textContent =
            keys.length > 0 || model.chat.state !== 'ready'
                ? ''
                : wanted
                  ? 'No conversation is called like this.'
                  : 'No conversations yet. Begin one with +';
    }

    #item(key) {
        const { model } = this;
        if (!this.#items.has(key))
            this.#items.set(key, h('li', {}, h('a', { href: `#/c/${encodeURIComponent(key)}` })));
        const item = this.#items.get(key);
        const info = model.conversation(key);
        const unread = info?.unread ?? 0;
        const muted = info?.muted_until > Date.now();
        const last = model.waiting(key).at(-1);
        const text = this.#snippet(key, info, last);
        const time = last?.time ?? info?.last?.time;
        const peer = model.peerOf(key);
        const at = time && listTime(time);
        const chosen = this.#key === key;
        const shown = JSON.stringify([model.title(key), model.presence(peer), unread, muted, text, at, chosen]);
        if (item.shown === shown) return item; // nothing to do
        item.shown = shown;
        const link = item.firstChild;
        if (chosen) link.setAttribute('aria-current', 'page');
        else link.removeAttribute('aria-current');
        link.replaceChildren(
            avatar(peer ?? key, model.title(key), model.presence(peer)),
            h(
                'span',
                { class: 'what' },
                h('span', { class: 'line' }, h('bdi', { class: 'title' }, model.title(key)), at && h('time', {}, at)),
                h(
                    'span',
                    { class: 'line' },
                    h('bdi', { class: model.typingIn(key).length ? 'snippet typing' : 'snippet' }, text),
                    muted && icon('mute'),
                    unread > 0 &&
                        h(
                            'span',
                            { class: muted ? 'badge quiet' : 'badge' },
                            unread > 99 ? '99+' : String(unread),
                            h('span', { class: 'unseen' }, ' unread'),
                        ),
                ),
            ),
        );
        return item;
    }

    #snippet(key, info, waiting) {
        const { model } = this;
        if (model.typingIn(key).length) return TYPING;
        const frame = waiting?.frame ?? info?.last;
        if (!frame) return 'No messages yet';
        const mine = waiting || frame.from === model.user;
        const name = (user) => (user === model.user ? 'You' : model.name(user));
        const who = mine ? 'You' : info?.kind === 'room' && frame.from ? model.name(frame.from).split(/\s/, 1)[0] : '';
        return `${waiting?.error ? 'Not sent: ' : who && `${who}: `}${snippet(frame, name)}`;
    }

    /* Up and down between conversations. */
    #step(event) {
        const links = [...this.list.querySelectorAll('a')];
        const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
        if (!step || links.length === 0) return;
        const at = links.indexOf(document.activeElement);
        if (at < 0 && document.activeElement !== this.filter) return;
        event.preventDefault();
        (links[at + step] ?? this.filter).focus();
    }
}

customElements.define('side-bar', SideBar);
