import { arrange, h, iconButton, Part } from './dom.js';
import { dayName, dayOf, snippet } from './format.js';
import { memberItem, messageItem } from './message_item.js';

const SHOWN_MAX = 150; // messages in the page at once, however many there are
const STEP = 50; // how many more at either end, when that comes near
const NEAR_PX = 900;
const END_PX = 60;
const TOGETHER_MS = 300_000; // messages of one person within that stand together
const SEARCH_PAGES = 30; // of history, for a message that somebody quotes

/**
 * A window of the conversation's messages, #from to #to, that moves with the scrolling. What is in sight stays where it
 * is, whatever comes above or below it; at the end new messages push the old ones up.
 */
class MessageList extends Part {
    #from = 0;
    #to = 0;
    #items = new Map(); // name → {element, shown}
    #follow = true; // the end is in sight
    #newAfter = null; // seq behind which "New" stands
    #begun = false;
    #looking = 0;

    connectedCallback() {
        const { model } = this;
        this.scroller = h('div', {
            class: 'scroller',
            role: 'log',
            tabindex: 0,
            'aria-label': 'Messages',
            'aria-live': 'off',
        });
        this.jump = h(
            'div',
            { class: 'jump', hidden: true },
            (this.count = h('span', { class: 'badge' })),
            iconButton('down', 'Jump to the newest message', () => this.toEnd()),
        );
        this.news = h('p', { class: 'unseen', 'aria-live': 'polite' });
        this.append(this.scroller, this.jump, this.news);
        this.scroller.addEventListener('scroll', () => this.#look(), { passive: true });
        this.scroller.addEventListener('keydown', (event) => this.#key(event));
        this.resized = new ResizeObserver(() => this.#follow && this.#showEnd());
        this.resized.observe(this.scroller);
        this.listen(model, 'log', ({ key }) => key === this.key && this.update());
        this.listen(model, 'state');
        this.listen(model, 'incoming', (came) => came.key === this.key && this.#incoming(came.frame));
        this.seen = () => this.#markRead();
        addEventListener('focus', this.seen);
        document.addEventListener('visibilitychange', this.seen);
        this.draw();
    }

    disconnectedCallback() {
        super.disconnectedCallback();
        this.resized.disconnect();
        removeEventListener('focus', this.seen);
        document.removeEventListener('visibilitychange', this.seen);
    }

    become(key) {
        this.key = key;
        this.#begun = false;
        this.update();
    }

    /** To the newest message, and stay there. */
    toEnd() {
        this.#follow = true;
        this.#newAfter = null;
        this.#from = 0;
        this.draw();
    }

    draw() {
        const log = this.model.log(this.key);
        if (log.state === 'empty') this.#open();
        if (log.state !== 'loaded') return;
        if (!this.#begun) this.#begin(log);
        this.#moveWindow(log);
        const anchor = this.#anchor();
        arrange(this.scroller, this.#children(log));
        if (this.#follow) this.#showEnd();
        else if (anchor?.element.isConnected)
            this.scroller.scrollTop += anchor.element.getBoundingClientRect().top - anchor.top;
        this.#markRead();
        this.#showJump();
    }

    async #open() {
        try {
            await this.model.open(this.key);
        } catch (problem) {
            this.scroller.replaceChildren(
                h(
                    'p',
                    { class: 'note' },
                    problem.code === 'not_found' ? 'There is no such conversation.' : `${problem.message} `,
                    problem.retry && h('button', { class: 'link', onclick: () => this.draw() }, 'Try again'),
                ),
            );
        }
    }

    #begin(log) {
        const { unread = 0, read = 0 } = this.model.conversation(this.key) ?? {};
        this.#begun = true;
        this.#from = 0;
        this.#follow = true;
        this.#newAfter = unread > 0 ? read : null;
        const first = log.frames.find(
            ({ seq, from }) => this.#newAfter !== null && seq > read && from !== this.model.user,
        );
        if (!first) return;
        this.#from = Math.max(log.first, first.seq - STEP);
        this.#to = Math.min(log.last, this.#from + SHOWN_MAX - 1);
        arrange(this.scroller, this.#children(log));
        const top = this.#items.get('new').element.offsetTop - this.scroller.clientHeight / 3;
        this.#follow = top + this.scroller.clientHeight >= this.scroller.scrollHeight - END_PX && this.#to === log.last;
        this.scroller.scrollTop = top;
    }

    #moveWindow(log) {
        const wasEnd = this.#to >= log.last - 1;
        if (this.#follow || (wasEnd && this.#to - this.#from < SHOWN_MAX)) this.#to = log.last;
        if (this.#from === 0) this.#from = this.#to - 2 * STEP;
        if (this.#follow) this.#from = Math.max(this.#from, this.#to - SHOWN_MAX + 1);
        this.#from = Math.max(log.first, Math.min(this.#from, this.#to));
        this.#to = Math.min(this.#to, log.last);
    }

    // --- what is shown

    #children(log) {
        const empty = log.frames.length === 0 && this.model.waiting(this.key).length === 0;
        const whole = log.atStart && this.#from === log.first;
        const children = [
            this.#item('top', [whole, empty], () =>
                h(
                    'p',
                    { class: 'note' },
                    !whole ? 'Loading…' : empty ? 'No messages yet. Say hello!' : 'The beginning of the conversation',
                ),
            ),
        ];
        const kept = new Set(['top']);
        const put = (name, shown, make) => {
            kept.add(name);
            children.push(this.#item(name, shown, make));
        };
        let before;
        for (let seq = this.#from; log.frames.length > 0 && seq <= this.#to; seq++) {
            const frame = log.at(seq);
            before = this.#separate(frame, before, put);
            if (frame.type === 'message') this.#putMessage(`m${seq}`, frame, before, log, put);
            else put(`m${seq}`, [this.#name(frame.user), this.#name(frame.by)], () => memberItem(frame, this.#name));
            before = frame;
        }
        if (this.#to === log.last) {
            for (const { id, frame, time, error } of this.model.waiting(this.key)) {
                const echo = { ...frame, type: 'message', from: this.model.user, time };
                before = this.#separate(echo, before, put);
                this.#putMessage(`o${id}`, echo, before, log, put, { id, error });
                before = echo;
            }
        }
        for (const name of this.#items.keys()) if (!kept.has(name)) this.#items.delete(name);
        return children;
    }

    /* The same element as long as it would look the same. */
    #item(name, shown, make) {
        const key = JSON.stringify(shown);
        const old = this.#items.get(name);
        if (old?.shown === key) return old.element;
        const element = make();
        this.#items.set(name, { element, shown: key });
        if (old?.element.contains(document.activeElement)) queueMicrotask(() => element.focus());
        return element;
    }

    /* A new day, and where it begins to be new. Gives `before`, or nothing when something stands between. */
    #separate(frame, before, put) {
        const day = dayOf(frame.time);
        const isDay = !before || dayOf(before.time) !== day;
        const isNew =
            this.#newAfter !== null &&
            frame.seq > this.#newAfter &&
            frame.from !== this.model.user &&
            (!before || before.seq <= this.#newAfter || !this.#markedNew);
        if (!before) this.#markedNew = false;
        if (isDay) put(`d${day}`, dayName(day), () => h('p', { class: 'day' }, h('span', {}, dayName(day))));
        if (isNew && !this.#markedNew) {
            this.#markedNew = true;
            put('new', 0, () => h('p', { class: 'new' }, h('span', {}, 'New messages')));
            return undefined;
        }
        return isDay ? undefined : before;
    }

    #markedNew = false;

    #putMessage(name, frame, before, log, put, waiting) {
        const { model } = this;
        const mine = frame.from === model.user;
        const follows =
            before?.type === 'message' && before.from === frame.from && frame.time - before.time < TOGETHER_MS;
        const mark = !mine ? undefined : waiting ? { state: waiting.error ? '' : 'waiting' } : this.#mark(frame.seq);
        const quoted = frame.reply_to === undefined ? undefined : this.#find(log, frame.reply_to);
        const direct = model.peerOf(this.key) !== undefined;
        const shown = [
            follows,
            mark,
            waiting?.error,
            quoted?.seq,
            quoted?.from && this.#name(quoted.from),
            !mine && this.#name(frame.from),
        ];
        put(name, shown, () =>
            messageItem({
                frame,
                mine,
                follows,
                direct,
                mark,
                quoted,
                error: waiting?.error,
                name: this.#name,
                onreply: waiting ? undefined : () => this.reply(frame),
                onquote: () => this.#goTo(frame.reply_to),
                onretry: () => model.chat.retry(waiting.id),
                ondiscard: () => model.chat.discard(waiting.id),
            }),
        );
    }

    #name = (user) => (user === this.model.user ? 'You' : this.model.name(user));

    #mark(seq) {
        const { state, read } = this.model.progress(this.key, seq);
        const others = (this.model.conversation(this.key)?.members_count ?? 2) - 1;
        return { state, title: state === 'read' && others > 1 ? `read by ${read} of ${others}` : undefined };
    }

    #find(log, which) {
        return typeof which === 'number' ? log.at(which) : log.frames.find(({ id }) => id === which);
    }

    // --- scrolling

    /* The first one in sight. Not a day: that goes along with what comes above it. */
    #anchor() {
        const { top } = this.scroller.getBoundingClientRect();
        for (const element of this.scroller.querySelectorAll('.message, .event')) {
            const box = element.getBoundingClientRect();
            if (box.bottom > top) return { element, top: box.top };
        }
        return null;
    }

    #showEnd() {
        this.scroller.scrollTop = this.scroller.scrollHeight;
    }

    #look() {
        this.#looking ||= requestAnimationFrame(() => this.#scrolled());
    }

    #scrolled() {
        this.#looking = 0;
        const log = this.model.log(this.key);
        if (log.state !== 'loaded') return;
        const { scrollTop, scrollHeight, clientHeight } = this.scroller;
        const below = scrollHeight - scrollTop - clientHeight;
        this.#follow = below < END_PX && this.#to === log.last;
        if (scrollTop < NEAR_PX) this.#widenUp(log);
        else if (below < NEAR_PX && this.#to < log.last) this.#widenDown(log);
        this.#markRead();
        this.#showJump();
    }

    async #widenUp(log) {
        if (this.#from === log.first) {
            if (log.atStart || log.loading) return;
            try {
                await this.model.loadOlder(this.key);
            } catch {
                return; // when it is scrolled again
            }
        }
        if (this.#from === log.first) return;
        this.#from = Math.max(log.first, this.#from - STEP);
        if (!this.#follow) this.#to = Math.min(this.#to, this.#from + SHOWN_MAX - 1);
        this.draw();
        this.#look(); // is that enough?
    }

    #widenDown(log) {
        this.#to = Math.min(log.last, this.#to + STEP);
        this.#from = Math.max(this.#from, this.#to - SHOWN_MAX + 1);
        this.draw();
    }

    async #goTo(which) {
        const log = this.model.log(this.key);
        for (let i = 0; !this.#find(log, which) && !log.atStart && i < SEARCH_PAGES; i++) {
            try {
                await this.model.loadOlder(this.key);
            } catch {
                return;
            }
        }
        const seq = this.#find(log, which)?.seq;
        if (seq === undefined) return;
        this.#follow = false;
        this.#from = Math.max(log.first, seq - STEP);
        this.#to = Math.min(log.last, this.#from + SHOWN_MAX - 1);
        this.draw();
        const { element } = this.#items.get(`m${seq}`);
        element.scrollIntoView({ block: 'center' });
        element.focus({ preventScroll: true });
    }

    #showJump() {
        const unread = this.model.conversation(this.key)?.unread ?? 0;
        this.jump.hidden = this.#follow;
        this.count.hidden = unread === 0;
        this.count.textContent = unread > 99 ? '99+' : String(unread);
    }

    // --- reading

    #incoming(frame) {
        this.news.textContent = `${this.model.name(frame.from)}: ${snippet(frame, this.#name)}`;
        const info = this.model.conversation(this.key);
        if (!isLookedAt() && info.unread <= 1) this.#newAfter = frame.seq - 1;
    }

    #markRead() {
        const log = this.model.log(this.key);
        if (!isLookedAt() || log.state !== 'loaded' || log.frames.length === 0) return;
        this.model.chat.read(this.key, this.#follow ? log.last : this.#lastInSight());
    }

    #lastInSight() {
        const { bottom } = this.scroller.getBoundingClientRect();
        for (let seq = this.#to; seq >= this.#from; seq--) {
            const element = this.#items.get(`m${seq}`)?.element;
            if (element?.isConnected && element.getBoundingClientRect().bottom <= bottom + 4) return seq;
        }
        return 0;
    }

    // --- the keyboard

    #key(event) {
        const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
        const messages = [...this.scroller.querySelectorAll('.message')];
        const at = messages.indexOf(event.target.closest('.message'));
        if (step && (at >= 0 || step < 0)) {
            event.preventDefault();
            (at < 0 ? messages.at(-1) : (messages[at + step] ?? this.scroller)).focus();
        } else if (event.key === 'End') {
            this.toEnd();
        } else if (event.key === 'r' && at >= 0 && !event.ctrlKey && !event.metaKey && !event.altKey) {
            event.preventDefault();
            messages[at].querySelector('.react')?.click();
        }
    }
}

function isLookedAt() {
    return document.visibilityState === 'visible' && document.hasFocus();
}

customElements.define('message-list', MessageList);
