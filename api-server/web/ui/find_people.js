import { avatar } from './avatar.js';
import { field } from './dialog.js';
import { h } from './dom.js';

const PAUSE_MS = 200;

/** A search for users by the beginning of their name, or among `known` as long as nothing is typed. `actions(user)` gives
 * the buttons of a line. */
export function findPeople(model, label, actions, known = []) {
    const search = field(label, { type: 'search', autocapitalize: 'none', autocomplete: 'off', spellcheck: 'false' });
    const list = h('ul', {});
    const told = h('p', { class: 'hint', role: 'status' });
    let pause;
    let asked = 0;
    async function look() {
        const round = ++asked;
        const wanted = search.input.value.trim();
        if (wanted === '') {
            list.replaceChildren(...known.map((user) => personLine(model, user, actions(user))));
            told.textContent = '';
            return;
        }
        try {
            const { users } = await model.client.call('GET', `/api/users?limit=20&q=${encodeURIComponent(wanted)}`);
            if (round !== asked) return;
            const others = users.filter(({ username }) => username !== model.user);
            for (const user of others) model.learnName(user.username, user.display_name);
            list.replaceChildren(...others.map((user) => personLine(model, user, actions(user))));
            told.textContent = others.length === 0 ? 'Nobody has a username that begins like this.' : '';
        } catch (problem) {
            told.textContent = problem.message;
        }
    }
    search.input.addEventListener('input', () => {
        clearTimeout(pause);
        pause = setTimeout(look, PAUSE_MS);
    });
    look();
    return { element: h('div', {}, search.element, told, list), input: search.input, look };
}

/** Contacts, both of whom have added each other. */
export const friends = (model) => (model.contacts ?? []).filter(({ state }) => state === 'mutual');

export function personLine(model, { username, display_name }, actions, about) {
    return h(
        'li',
        { class: 'person' },
        avatar(username, display_name ?? username, model.presence(username)),
        h(
            'span',
            { class: 'who' },
            h('bdi', {}, display_name ?? username),
            h('small', {}, `@${username}`, about && ` · ${about}`),
        ),
        actions,
    );
}
