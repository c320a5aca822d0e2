import { h } from './dom.js';

const HUES = 8;

function hueOf(text) {
    let sum = 0;
    for (const char of text) sum = (sum * 31 + char.codePointAt(0)) % 9973;
    return sum % HUES;
}

/** Initials in a colour that follows from `key`; no picture is ever fetched from anywhere. With a dot for presence. */
export function avatar(key, name, presence = '') {
    const initials = [...new Intl.Segmenter().segment(name.trim())].map(({ segment }) => segment);
    const second = name.trim().search(/\s\S+$/);
    const text = initials[0] + (second > 0 ? [...name.trim().slice(second + 1)][0] : '');
    return h(
        'span',
        { class: `avatar hue-${hueOf(key)}` },
        h('span', { 'aria-hidden': 'true' }, text.toUpperCase()),
        presence && h('span', { class: `dot ${presence}`, role: 'img', 'aria-label': presence }),
    );
}
