import { avatar } from './avatar.js';
import { arrange, h, icon, iconButton, Part } from './dom.js';
import { listTime, snippet } from './format.js';
import { open } from './later.js';

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
            { type: 'button', class: 'link', hidden: true, onclick: () => model.loadOlderConversations() },
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
            h('div', { class: 'shelf' }, h('div', { class: 'find' }, this.filter), this.list, this.older),
        );
        this.addEventListener('keydown', (event) => this.#step(event));
        for (const type of ['list', 'people']) this.listen(model, type);
        this.draw();
    }

    draw() {
        const { model } = this;
        this.own.replaceChildren(avatar(model.user, model.name(model.user)), h('bdi', {}, model.name(model.user)));
        const incoming = (model.contacts ?? []).filter(({ state }) => state === 'incoming').length;
        this.people.hidden = model.contacts === null;
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
        this.list.classList.toggle('none', keys.length === 0);
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
        const shown = JSON.stringify([
            model.title(key),
            model.presence(model.peerOf(key)),
            info?.seq,
            unread,
            muted,
            last?.id,
            model.typingIn(key),
            this.#key === key,
            info?.last?.from && model.name(info.last.from),
            listTime(Date.now()),
        ]);
        if (item.shown === shown) return item; // nothing to do
        item.shown = shown;
        const link = item.firstChild;
        const peer = model.peerOf(key);
        const time = last?.time ?? info?.last?.time;
        if (this.#key === key) link.setAttribute('aria-current', 'page');
        else link.removeAttribute('aria-current');
        link.replaceChildren(
            avatar(peer ?? key, model.title(key), model.presence(peer)),
            h(
                'span',
                { class: 'what' },
                h(
                    'span',
                    { class: 'line' },
                    h('bdi', { class: 'title' }, model.title(key)),
                    time && h('time', {}, listTime(time)),
                ),
                h(
                    'span',
                    { class: 'line' },
                    this.#snippet(key, info, last),
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
        if (model.typingIn(key).length) return h('span', { class: 'snippet typing' }, 'typing…');
        const frame = waiting ? { ...waiting.frame, from: model.user } : info?.last;
        if (!frame) return h('span', { class: 'snippet' }, 'No messages yet');
        const text = snippet(frame, (user) => model.name(user));
        const who =
            frame.from === model.user
                ? 'You: '
                : info?.kind === 'room' && frame.from
                  ? `${model.name(frame.from)}: `
                  : '';
        return h('bdi', { class: 'snippet' }, who + text);
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
