import './message_composer.js';
import './message_list.js';
import { avatar } from './avatar.js';
import { h, iconButton, Part } from './dom.js';
import { ago } from './format.js';
import { go } from './go.js';
import { open } from './later.js';

/** One conversation: who it is with, its messages, and where one writes. */
class ConversationView extends Part {
    connectedCallback() {
        const { model, key } = this;
        this.heading = h('h2', {});
        this.about = h('p', { class: 'about' });
        this.face = h('span');
        this.typing = h('p', { class: 'typing-line', 'aria-live': 'polite' });
        this.composer = Object.assign(h('message-composer'), { model, key });
        this.messages = Object.assign(h('message-list'), {
            model,
            key,
            reply: (frame) => this.composer.replyTo(frame),
        });
        this.append(
            h(
                'div',
                { class: 'bar' },
                iconButton('back', 'Back to the conversations', () => go(''), { class: 'icon-button back' }),
                this.face,
                h('div', { class: 'who' }, this.heading, this.about),
                iconButton('info', 'Details', () => open('openDetails', model, this.key)),
            ),
            this.messages,
            this.typing,
            this.composer,
        );
        for (const type of ['list', 'people', 'typing']) this.listen(model, type);
        this.composer.addEventListener('sent', () => this.messages.toEnd());
        this.draw();
    }

    /** What was @somebody has become a conversation. */
    become(key) {
        this.key = this.composer.key = key;
        this.messages.become(key);
        this.update();
    }

    draw() {
        const { model, key } = this;
        const peer = model.peerOf(key);
        const title = model.title(key);
        this.heading.replaceChildren(h('bdi', {}, title));
        this.face.replaceChildren(avatar(peer ?? key, title, model.presence(peer)));
        this.about.textContent = this.#about(peer);
        const typing = model.typingIn(key).map((user) => model.name(user));
        this.typing.textContent =
            typing.length === 0
                ? ''
                : typing.length === 1
                  ? `${typing[0]} is typing…`
                  : typing.length < 4
                    ? `${typing.slice(0, -1).join(', ')} and ${typing.at(-1)} are typing…`
                    : 'Several people are typing…';
        this.composer.blocked = peer !== undefined && model.isBlocked(peer);
    }

    #about(peer) {
        const { model } = this;
        if (!peer) {
            const { members_count } = model.conversation(this.key) ?? {};
            return members_count === undefined ? '' : `${members_count} ${members_count === 1 ? 'member' : 'members'}`;
        }
        const presence = model.client.presence.of(peer);
        if (!presence) return `@${peer}`;
        if (presence.status === 'offline')
            return presence.last_seen ? `last here ${ago(presence.last_seen)}` : 'not here';
        return presence.text ? `${presence.status}: ${presence.text}` : presence.status;
    }
}

customElements.define('conversation-view', ConversationView);
