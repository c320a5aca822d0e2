import { h, icon, iconButton, Part } from './dom.js';
import { snippet } from './format.js';

const TEXT_MAX = 16 * 1024; // bytes
const SAVE_MS = 300;
const EMOJI = [...'😀😂😊😍😘😎🤔😅😭😡👍👎👏🙏🤝💪👋✌🎉🎂❤💔🔥✨⭐☀☔🌱🌻🐈🐕🍕🍎☕🍺🚲🏡📷🎵💡✅❌❓❗⏰'].map(
    (char) => (char.length === 1 ? `${char}\uFE0F` : char), // some of these are plain signs else
);

/** Where one writes: Enter sends, Shift+Enter is a new line; on a touch screen the other way round. What is not sent is
 * kept for the next time. Fires `sent`. */
class MessageComposer extends Part {
    #reply; // {seq, from} of the message that is answered
    #loaded = false; // until then what was kept is not known, and stays
    #blocked = false;

    connectedCallback() {
        this.text = h('textarea', {
            rows: 1,
            dir: 'auto',
            placeholder: 'Write a message',
            'aria-label': 'Write a message',
            enterkeyhint: 'send',
            autocomplete: 'off',
            oninput: () => this.#changed(),
            onkeydown: (event) => this.#key(event),
        });
        this.quoted = h('div');
        this.quote = h(
            'div',
            { class: 'quoting', hidden: true },
            this.quoted,
            iconButton('close', 'Do not reply', () => this.#noReply()),
        );
        this.emoji = h(
            'div',
            { class: 'emoji-list', role: 'group', 'aria-label': 'Emoji', hidden: true },
            EMOJI.map((char) => h('button', { 'aria-label': char, onclick: () => this.#insert(char) }, char)),
        );
        this.emoji.addEventListener('keydown', (event) => event.key === 'Escape' && this.#showEmoji(false));
        this.smile = iconButton('smile', 'Emoji', () => this.#showEmoji(this.emoji.hidden), {
            'aria-expanded': 'false',
        });
        this.told = h('p', { class: 'told bad', role: 'status' });
        this.button = h(
            'button',
            { type: 'submit', class: 'icon-button send', 'aria-label': 'Send', title: 'Send' },
            icon('send'),
        );
        this.append(
            this.emoji,
            this.quote,
            this.told,
            h(
                'form',
                { class: 'compose', onsubmit: (event) => this.#submit(event) },
                this.smile,
                this.text,
                this.button,
            ),
        );
        this.listen(this.model, 'log', ({ key }) => key === this.key && this.update());
        this.#load();
    }

    /* What is kept already is not kept again: it may be gone since, with the account. */
    disconnectedCallback() {
        super.disconnectedCallback();
        if (this.saving) this.#keep();
    }

    set blocked(blocked) {
        if (this.#blocked === blocked) return;
        this.#blocked = blocked;
        this.text.disabled = this.button.disabled = blocked;
        this.text.placeholder = blocked ? 'You have blocked this person' : 'Write a message';
    }

    replyTo(frame) {
        this.#showReply(frame);
        this.#keep();
        this.text.focus();
    }

    draw() {
        if (this.#reply) this.#showReply(this.#reply);
    }

    /* Kept are seq and author alone. What others wrote is shown as long as it is here. */
    #showReply({ seq, from }) {
        this.#reply = { seq, from };
        const name = from === this.model.user ? 'yourself' : this.model.name(from);
        const frame = this.model.log(this.key).at(seq);
        const text = frame && snippet(frame, (user) => this.model.name(user));
        this.quoted.replaceChildren(
            h('b', { dir: 'auto' }, `Reply to ${name}`),
            text ? h('span', { dir: 'auto' }, text) : '',
        );
        this.quote.hidden = false;
    }

    #noReply() {
        this.#reply = undefined;
        this.quote.hidden = true;
        this.#keep();
        this.text.focus();
    }

    async #load() {
        const draft = await this.model.draft(this.key);
        const kept = typeof draft === 'string' ? { text: draft } : draft; // by an older app
        const early = this.text.value !== '' || this.#reply;
        this.text.value ||= kept?.text ?? '';
        if (!this.#reply && kept?.reply) this.#showReply(kept.reply);
        this.#loaded = true;
        if (early) this.#keep();
        this.#fit();
        if (matchMedia('(pointer: fine)').matches && !this.#blocked) this.text.focus({ preventScroll: true });
    }

    #keep() {
        clearTimeout(this.saving);
        this.saving = undefined;
        if (!this.#loaded) return;
        const [text, reply] = [this.text.value, this.#reply];
        this.model.keepDraft(this.key, text || reply ? { text, reply } : undefined);
    }

    #changed() {
        this.saving ??= setTimeout(() => this.#keep(), SAVE_MS);
        if (!this.key.startsWith('@')) this.model.chat.typing(this.key, this.text.value !== '');
        this.#fit();
    }

    #fit() {
        this.text.style.height = 'auto';
        this.text.style.height = `${this.text.scrollHeight + 2}px`;
        const over = new TextEncoder().encode(this.text.value).length - TEXT_MAX;
        this.told.textContent = over > 0 ? `Too long for one message, by ${over} bytes` : '';
        this.button.disabled = over > 0 || this.#blocked;
    }

    #key(event) {
        if (event.key === 'Escape' && this.#reply) this.#noReply();
        if (event.key !== 'Enter' || event.isComposing || event.shiftKey || matchMedia('(pointer: coarse)').matches)
            return;
        this.#submit(event);
    }

    #submit(event) {
        event.preventDefault();
        const text = this.text.value.replace(/^\s*\n|\s+$/g, '');
        if (text === '' || this.button.disabled) return;
        this.model.send(this.key, { text, ...(this.#reply && { reply_to: this.#reply.seq }) });
        this.text.value = '';
        this.#noReply();
        this.#showEmoji(false, false);
        this.#fit();
        this.dispatchEvent(new CustomEvent('sent'));
    }

    #showEmoji(shown, focus = true) {
        this.emoji.hidden = !shown;
        this.smile.setAttribute('aria-expanded', String(shown));
        if (focus) (shown ? this.emoji.firstChild : this.text).focus();
    }

    #insert(char) {
        this.text.setRangeText(char, this.text.selectionStart, this.text.selectionEnd, 'end');
        this.#changed();
        this.#showEmoji(false);
    }
}

customElements.define('message-composer', MessageComposer);
