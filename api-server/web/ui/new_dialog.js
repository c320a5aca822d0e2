import { field, form, openDialog } from './dialog.js';
import { h } from './dom.js';
import { findPeople, friends } from './find_people.js';
import { go } from './go.js';

/** A new conversation: with somebody, or a room. */
export function openNew(model) {
    return openDialog('New conversation', (body, close) => {
        const open = (key) => {
            close();
            go(key);
        };
        const people = findPeople(
            model,
            'Talk to (username)',
            ({ username, display_name }) =>
                h(
                    'button',
                    { 'aria-label': `Message ${display_name}`, onclick: () => open(model.keyFor(username)) },
                    'Message',
                ),
            friends(model),
        );
        body.append(
            people.element,
            h('button', { class: 'link', onclick: () => open(model.keyFor(model.user)) }, 'Notes to myself'),
            h('h3', {}, 'Or make a room'),
            roomForm(model, open),
        );
    });
}

function roomForm(model, open) {
    const members = new Map();
    const chosen = h('ul', { class: 'chips', 'aria-label': 'Members' });
    const name = field('Name of the room', { required: true });
    const show = () =>
        chosen.replaceChildren(
            ...[...members.values()].map((user) =>
                h(
                    'li',
                    {},
                    h(
                        'button',
                        {
                            'aria-label': `Without ${user.display_name}`,
                            onclick: () => {
                                members.delete(user.username);
                                show();
                            },
                        },
                        h('bdi', {}, user.display_name),
                        ' ✕',
                    ),
                ),
            ),
        );
    const people = findPeople(
        model,
        'Members (username)',
        (user) =>
            h(
                'button',
                {
                    'aria-label': `Add ${user.display_name}`,
                    onclick: () => {
                        members.set(user.username, user);
                        people.input.value = '';
                        people.look();
                        people.input.focus();
                        show();
                    },
                },
                'Add',
            ),
        friends(model),
    );
    return form(
        { name, members: { element: h('div', {}, people.element, chosen), input: people.input } },
        'Make the room',
        async () => {
            const body = { name: name.input.value.trim(), members: [...members.keys()] };
            const { conversation } = await model.client.call('POST', '/api/conversations', body);
            open(conversation.id);
        },
    );
}
