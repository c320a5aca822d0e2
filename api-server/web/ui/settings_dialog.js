import { attempt, field, form, openDialog } from './dialog.js';
import { h } from './dom.js';
import { ago } from './format.js';
import { canNotify, notifyAllowed } from './notifier.js';
import { pushState, subscribe, unsubscribe } from './push.js';
import { applyTheme, theme } from './theme.js';

/** Profile, appearance, notifications, password, sessions, and the ways out. */
export function openSettings(model) {
    return openDialog('Settings', (body, close) => {
        const told = h('p', { class: 'told bad', role: 'status' });
        const sessions = h('ul', {});
        const notifications = h('div');
        body.append(
            section('Profile', profile(model)),
            section('Status', status(model)),
            section('Appearance', appearance()),
            section('Notifications', notifications),
            section('Password', password(model)),
            section('Signed in', sessions),
            section('Account', told, ways(model, told, close)),
        );
        showNotifications(model, notifications);
        showSessions(model, sessions, told);
    });
}

function section(title, ...children) {
    return h('section', {}, h('h3', {}, title), ...children);
}

function profile(model) {
    const fields = {
        display_name: field('Name that others see', { value: model.me?.display_name ?? '' }),
        about: field('About me', { rows: 2 }, 'textarea', model.me?.about ?? ''),
    };
    return form(fields, 'Save', async (say) => {
        const body = { display_name: fields.display_name.input.value.trim(), about: fields.about.input.value };
        await model.client.call('PATCH', '/api/profile', body);
        await model.loadMe();
        say('Saved.');
    });
}

function choice(label, options, chosen, onchange) {
    const { element, input } = field(
        label,
        { onchange: () => onchange(input.value) },
        'select',
        ...options.map(([value, text]) => h('option', { value, selected: value === chosen }, text)),
    );
    return element;
}

const STATUSES = [
    ['online', 'Online'],
    ['away', 'Away'],
    ['busy', 'Busy'],
    ['invisible', 'Invisible'],
];

function status(model) {
    return choice('Others see me as', STATUSES, model.status, (value) => model.setStatus(value));
}

function appearance() {
    return choice(
        'Colours',
        [
            ['', 'As the system has them'],
            ['light', 'Light'],
            ['dark', 'Dark'],
        ],
        theme(),
        applyTheme,
    );
}

async function showNotifications(model, place) {
    const told = h('p', { class: 'told bad', role: 'status' });
    const again = () => showNotifications(model, place);
    const toggle = (text, work) =>
        h(
            'button',
            {
                onclick: attempt(told, async () => {
                    await work();
                    await again();
                }),
            },
            text,
        );
    const push = await pushState(model).catch(() => 'none');
    place.replaceChildren(
        told,
        h(
            'div',
            { class: 'actions start' },
            !canNotify()
                ? h('p', { class: 'hint' }, 'This browser shows no notifications for this address.')
                : notifyAllowed()
                  ? h('p', { class: 'hint' }, 'New messages are announced while ChatApp is open.')
                  : toggle('Announce new messages', () => Notification.requestPermission()),
            push === 'off' && toggle('Also when ChatApp is closed', () => subscribe(model)),
            push === 'on' && toggle('Not when ChatApp is closed', () => unsubscribe(model)),
        ),
    );
}

function password(model) {
    const fields = {
        current_password: field('Present password', { type: 'password', autocomplete: 'current-password' }),
        new_password: field('New password', { type: 'password', autocomplete: 'new-password' }),
    };
    const element = form(fields, 'Change password', async (say) => {
        await model.client.call('PUT', '/api/profile/password', {
            current_password: fields.current_password.input.value,
            new_password: fields.new_password.input.value,
        });
        element.reset();
        say('Changed. All other sessions have ended.');
    });
    return element;
}

async function showSessions(model, list, told) {
    try {
        const { sessions } = await model.client.call('GET', '/api/sessions');
        list.replaceChildren(
            ...sessions.map(({ id, device, last_used, current }) =>
                h(
                    'li',
                    { class: 'person' },
                    h(
                        'span',
                        { class: 'who' },
                        h('bdi', {}, device || (current ? 'This browser' : 'Unknown device')),
                        h('small', {}, current ? 'this one' : ago(last_used)),
                    ),
                    !current &&
                        h(
                            'button',
                            {
                                'aria-label': `End the session on ${device || 'an unknown device'}`,
                                onclick: attempt(told, async () => {
                                    await model.client.call('DELETE', `/api/sessions/${id}`);
                                    await showSessions(model, list, told);
                                }),
                            },
                            'End',
                        ),
                ),
            ),
        );
    } catch (problem) {
        told.textContent = problem.message;
    }
}

function ways(model, told, close) {
    return h(
        'div',
        { class: 'actions start' },
        h(
            'a',
            { class: 'button', href: '/#/login', target: '_blank', rel: 'noopener' },
            'Another account, in a new tab',
        ),
        h('button', { onclick: attempt(told, () => exportAll(model)) }, 'Export my data'),
        h('button', { class: 'danger', onclick: () => erase(model) }, 'Erase my account'),
        h(
            'button',
            {
                onclick: async () => {
                    close();
                    await unsubscribe(model).catch(() => {}); // pushes end with the session, as far as that can be reached
                    await model.logOut();
                },
            },
            'Log out',
        ),
    );
}

async function exportAll(model) {
    const all = await model.client.call('GET', '/api/profile/export');
    const href = URL.createObjectURL(new Blob([JSON.stringify(all, null, 2)], { type: 'application/json' }));
    h('a', { href, download: `chatapp-${model.user}.json` }).click();
    setTimeout(() => URL.revokeObjectURL(href), 60_000);
}

function erase(model) {
    return openDialog('Erase my account', (body) => {
        const fields = { password: field('Password', { type: 'password', autocomplete: 'current-password' }) };
        body.append(
            h(
                'p',
                {},
                'Your profile, contacts and sessions are erased at once, for good. Messages to others stay theirs.',
            ),
            form(fields, 'Erase it', () => model.erase(fields.password.input.value)), // the dialogs go with the account
        );
    });
}
