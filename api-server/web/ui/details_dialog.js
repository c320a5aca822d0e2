import { attempt, confirmed, field, form, openDialog } from './dialog.js';
import { h } from './dom.js';
import { findPeople, personLine } from './find_people.js';
import { fullTime } from './format.js';
import { go } from './go.js';
import { personActions } from './people_dialog.js';

const HOUR_MS = 3_600_000;
const MUTES = [
    ['For an hour', HOUR_MS],
    ['For a day', 24 * HOUR_MS],
    ['For ever', 87_600 * HOUR_MS],
];
const ROLES = ['member', 'admin', 'owner'];

/** About one conversation: the person, or the room with its members; muting; leaving. */
export function openDetails(model, key) {
    const peer = model.peerOf(key);
    let quiet = () => {};
    return openDialog(peer ? 'Details' : 'Room', (body, close) => {
        const told = h('p', { class: 'told bad', role: 'status' });
        const draw = attempt(told, async () => {
            const parts = peer ? await person(model, peer, told) : await room(model, key, told, draw);
            body.replaceChildren(
                ...parts,
                !key.startsWith('@') ? mute(model, key, told, draw) : '',
                peer ? '' : leave(model, key, told, close),
                told,
            );
        });
        quiet = model.on('people', draw);
        body.append(h('p', { class: 'hint' }, 'Loading…'), told);
        draw();
    }).then(() => quiet());
}

async function person(model, peer, told) {
    const user = await model.client.call('GET', `/api/users/${encodeURIComponent(peer)}`);
    return [
        h('ul', {}, personLine(model, user, peer !== model.user && personActions(model, told)(user))),
        user.about ? h('p', { class: 'about-text', dir: 'auto' }, user.about) : '',
    ];
}

async function room(model, key, told, draw) {
    const { conversation } = await model.client.call('GET', `/api/conversations/${key}`);
    const { role, members, name, created } = conversation;
    const rules = role === 'owner' || role === 'admin';
    for (const { username, display_name } of members) model.learnName(username, display_name);
    return [
        rules ? rename(model, key, name) : h('p', {}, h('b', { dir: 'auto' }, name)),
        h('p', { class: 'hint' }, `Made on ${fullTime(created)}`),
        h('h3', {}, `${members.length} ${members.length === 1 ? 'member' : 'members'}`),
        h(
            'ul',
            {},
            members.map((member) =>
                personLine(
                    model,
                    member,
                    memberActions(model, key, role, member, told, draw),
                    member.role === 'member' ? '' : member.role,
                ),
            ),
        ),
        rules ? addMember(model, key, members, told, draw) : '',
    ];
}

function leave(model, key, told, close) {
    return h(
        'div',
        { class: 'actions' },
        h(
            'button',
            {
                class: 'danger',
                onclick: attempt(told, async () => {
                    if (!(await confirmed(`Leave ${model.title(key)}?`, 'Leave'))) return;
                    await model.client.call('DELETE', `/api/conversations/${key}/members/${model.user}`);
                    close();
                    go('');
                }),
            },
            'Leave the room',
        ),
    );
}

function rename(model, key, name) {
    const input = field('Name', { value: name });
    return form(
        { name: input },
        'Rename',
        async (say) => {
            await model.client.call('PATCH', `/api/conversations/${key}`, { name: input.input.value.trim() });
            say('Renamed.');
        },
        { class: 'inline' },
    );
}

function memberActions(model, key, role, member, told, draw) {
    const path = `/api/conversations/${key}/members/${encodeURIComponent(member.username)}`;
    const name = member.display_name ?? member.username;
    const change = (method, body) =>
        attempt(told, async () => {
            try {
                await model.client.call(method, path, body);
            } finally {
                await draw();
            }
        });
    const select =
        role === 'owner' &&
        h(
            'select',
            { 'aria-label': `Role of ${name}`, onchange: ({ target }) => change('PUT', { role: target.value })() },
            ROLES.map((one) => h('option', { value: one, selected: one === member.role }, one)),
        );
    const removable =
        member.username !== model.user && (role === 'owner' || (role === 'admin' && member.role === 'member'));
    return h(
        'span',
        { class: 'actions' },
        select,
        removable &&
            h('button', { class: 'danger', 'aria-label': `Remove ${name}`, onclick: change('DELETE') }, 'Remove'),
    );
}

function addMember(model, key, members, told, draw) {
    const there = new Set(members.map(({ username }) => username));
    return findPeople(model, 'Add somebody (username)', ({ username, display_name }) =>
        there.has(username)
            ? h('small', {}, 'is here')
            : h(
                  'button',
                  {
                      'aria-label': `Add ${display_name}`,
                      onclick: attempt(told, async () => {
                          await model.client.call(
                              'PUT',
                              `/api/conversations/${key}/members/${encodeURIComponent(username)}`,
                              {},
                          );
                          await draw();
                      }),
                  },
                  'Add',
              ),
    ).element;
}

function mute(model, key, told, draw) {
    const until = model.conversation(key)?.muted_until ?? 0;
    const set = (ms) =>
        attempt(told, async () => {
            await model.client.call('PUT', `/api/conversations/${key}/mute`, { until: ms });
            const info = model.conversation(key);
            if (info) info.muted_until = ms;
            model.emit('list');
            await draw();
        });
    const button = (text, ms) => h('button', { onclick: set(ms) }, text);
    return h(
        'section',
        {},
        h('h3', {}, 'Notifications'),
        until > Date.now()
            ? h('div', { class: 'actions start' }, h('span', {}, 'Muted.'), button('Unmute', 0))
            : h(
                  'div',
                  { class: 'actions start', role: 'group', 'aria-label': 'Mute' },
                  h('span', {}, 'Mute'),
                  MUTES.map(([text, ms]) => button(text, Date.now() + ms)),
              ),
    );
}
