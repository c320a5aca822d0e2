import { avatar } from './avatar.js';
import { h, icon } from './dom.js';
import { clockTime, fullTime, isEmoji, linked, memberText, snippet } from './format.js';

const LONG_CHARS = 1800;
const LONG_LINES = 24;

const MARKS = {
    waiting: ['◷', 'waiting to be sent'],
    sent: ['✓', 'sent'],
    delivered: ['✓✓', 'delivered'],
    read: ['✓✓', 'read'],
};

function textBody(text) {
    if (isEmoji(text)) return h('p', { class: 'text emoji', dir: 'auto' }, text);
    const body = h('p', { class: 'text', dir: 'auto' });
    const lines = text.split('\n', LONG_LINES + 1);
    const isLong = text.length > LONG_CHARS || lines.length > LONG_LINES;
    if (!isLong) {
        body.append(...linked(text));
        return body;
    }
    const begin = lines
        .slice(0, LONG_LINES)
        .join('\n')
        .slice(0, LONG_CHARS)
        .replace(/[\uD800-\uDBFF]$/, '');
    const more = h('button', { class: 'link', onclick: () => body.replaceChildren(...linked(text)) }, 'Show all of it');
    body.append(...linked(begin), '… ', more);
    return body;
}

function content({ text, data }) {
    if (text !== undefined) return textBody(text);
    return h('p', { class: 'text data', dir: 'auto' }, JSON.stringify(data));
}

/** A message of ours or another's. `it`: {frame, mine, follows (one of the same person just before), mark, error,
 * quoted (the frame that it answers, if that is here), name, onreply, onquote, onretry, ondiscard}. */
export function messageItem(it) {
    const { frame, mine, follows, mark, name } = it;
    const [sign, meaning] = MARKS[mark?.state] ?? [];
    const quote =
        frame.reply_to !== undefined &&
        h(
            'button',
            { class: 'quote', tabindex: -1, onclick: it.onquote },
            h('b', { dir: 'auto' }, it.quoted?.from ? name(it.quoted.from) : 'An earlier message'),
            it.quoted && h('span', { dir: 'auto' }, snippet(it.quoted, name)),
        );
    return h(
        'article',
        {
            class: `message${mine ? ' mine' : ''}${follows ? ' follows' : ''}${it.error ? ' failed' : ''}`,
            tabindex: -1,
            'aria-label': `${mine ? 'You' : name(frame.from)}, ${clockTime(frame.time)}`,
        },
        !mine && !it.direct && (follows ? h('span', { class: 'avatar-gap' }) : avatar(frame.from, name(frame.from))),
        h(
            'div',
            { class: 'bubble' },
            !mine && !it.direct && !follows && h('bdi', { class: 'author' }, name(frame.from)),
            quote,
            content(frame),
            h(
                'footer',
                {},
                h(
                    'time',
                    { datetime: new Date(frame.time).toISOString(), title: fullTime(frame.time) },
                    clockTime(frame.time),
                ),
                sign &&
                    h(
                        'span',
                        {
                            class: `mark ${mark.state}`,
                            role: 'img',
                            'aria-label': mark.title ?? meaning,
                            title: mark.title ?? meaning,
                        },
                        sign,
                    ),
            ),
            it.error &&
                h(
                    'p',
                    { class: 'why' },
                    h('span', {}, `Not sent: ${it.error.message} `),
                    h('button', { class: 'link', onclick: it.onretry }, 'Try again'),
                    ' ',
                    h('button', { class: 'link', onclick: it.ondiscard }, 'Delete'),
                ),
        ),
        it.onreply &&
            h(
                'button',
                {
                    class: 'icon-button react',
                    tabindex: -1,
                    'aria-label': 'Reply',
                    title: 'Reply (R)',
                    onclick: it.onreply,
                },
                icon('reply'),
            ),
    );
}

export function memberItem(frame, name) {
    return h('p', { class: 'note event', dir: 'auto', title: fullTime(frame.time) }, memberText(frame, name));
}
