import { attempt, openDialog } from './dialog.js';
import { h } from './dom.js';
import { findPeople, personLine } from './find_people.js';
import { go } from './go.js';

const PARTS = [
    ['incoming', 'Contact requests'],
    ['mutual', 'Contacts'],
    ['requested', 'Asked, not answered yet'],
];

/** Contacts, requests and blocks. */
export function openPeople(model) {
    let quiet = [];
    return openDialog('People', (body, close) => {
        const lists = h('div');
        const told = h('p', { class: 'told bad', role: 'status' });
        const act = personActions(model, told, close);
        const search = findPeople(model, 'Find people (username)', act);
        const draw = () =>
            lists.replaceChildren(
                ...[
                    ...PARTS.map(([state, title]) =>
                        part(
                            model,
                            title,
                            (model.contacts ?? []).filter((contact) => contact.state === state),
                            act,
                        ),
                    ),
                    part(model, 'Blocked', model.blocks, act),
                ].filter(Boolean),
            );
        quiet = [
            model.on('people', () => {
                draw();
                search.look();
            }),
            model.on('list', draw),
        ];
        draw();
        model.loadPeople().catch((problem) => {
            told.textContent = problem.message;
        });
        body.append(search.element, told, lists);
    }).then(() => quiet.forEach((stop) => stop()));
}

function part(model, title, people, act) {
    return (
        people.length > 0 &&
        h(
            'section',
            {},
            h('h3', {}, title),
            h(
                'ul',
                {},
                people.map((person) => personLine(model, person, act(person))),
            ),
        )
    );
}

/** The buttons that fit what is between us and a person. */
export function personActions(model, told, close) {
    const button = (text, name, work, kind) =>
        h('button', { class: kind, 'aria-label': `${text} ${name}`, onclick: attempt(told, work) }, text);
    return ({ username, display_name }) => {
        const name = display_name ?? username;
        const at = encodeURIComponent(username);
        const change = (method, what) => () => model.changePeople(method, `/api/${what}/${at}`);
        const state = model.contacts?.find((contact) => contact.username === username)?.state;
        if (model.isBlocked(username))
            return h('span', { class: 'actions' }, button('Unblock', name, change('DELETE', 'blocks')));
        return h(
            'span',
            { class: 'actions' },
            close &&
                button('Message', name, () => {
                    close();
                    go(model.keyFor(username));
                }),
            !state && button('Add', name, change('PUT', 'contacts')),
            state === 'incoming' && button('Accept', name, change('PUT', 'contacts'), 'primary'),
            state &&
                button(
                    state === 'incoming' ? 'Decline' : state === 'requested' ? 'Take back' : 'Remove',
                    name,
                    change('DELETE', 'contacts'),
                ),
            button('Block', name, change('PUT', 'blocks'), 'danger'),
        );
    };
}
