import { Client } from '../client.js';
import { field, form } from './dialog.js';
import { h } from './dom.js';

const USERNAME = { autocomplete: 'username', autocapitalize: 'none', spellcheck: 'false', required: true };
const WORDS = ['Too short', 'Easy to guess', 'Could be better', 'Good', 'Strong'];

/** A hint only, from 0 to 4: the server decides, and knows more words than we do. */
export function strength(password, username) {
    if (new TextEncoder().encode(password).length < 8) return 0;
    const kinds = [/\p{Ll}/u, /\p{Lu}/u, /\d/, /[^\p{L}\d]/u].filter((kind) => kind.test(password)).length;
    const plain = password.toLowerCase();
    const guessable =
        /^(?:password|qwert|12345|letmein|welcome)/.test(plain) || (username && plain.includes(username.toLowerCase()));
    const score = Math.floor(new Set(plain).size / 4) + (kinds > 2) + (password.length > 15);
    return guessable ? 1 : Math.max(1, Math.min(4, score));
}

/** Signing up and logging in. Fires `signed-in` with a Client. */
class SignIn extends HTMLElement {
    async connectedCallback() {
        const users = await Client.users(this.options);
        this.append(
            h(
                'main',
                { class: 'sign-in' },
                h('img', { src: '/icon.svg', alt: '', width: 56, height: 56 }),
                h('h1', {}, 'ChatApp'),
                this.ended &&
                    h(
                        'section',
                        { role: 'alert' },
                        h('b', { dir: 'auto' }, `${this.ended}, you are not signed in any more. `),
                        'Your session was ended, or not used for long. Log in again: what you wrote and did not send is kept.',
                    ),
                users.length > 0 && this.#sessions(users),
                (this.body = h('div')),
            ),
        );
        this.#show('login');
    }

    #sessions(users) {
        return h(
            'section',
            { 'aria-labelledby': 'known' },
            h('h2', { id: 'known' }, 'Signed in on this device'),
            h(
                'ul',
                {},
                users.map((user) =>
                    h(
                        'li',
                        {},
                        h(
                            'button',
                            { class: 'wide', onclick: () => this.#resume(user) },
                            'Continue as ',
                            h('bdi', {}, user),
                        ),
                    ),
                ),
            ),
        );
    }

    async #resume(user) {
        const client = await Client.resume(this.options, user);
        if (client) this.#done(client);
    }

    #done(client) {
        this.dispatchEvent(new CustomEvent('signed-in', { detail: client }));
    }

    #show(which) {
        const [title, other, question] =
            which === 'login'
                ? ['Log in', 'signup', 'New here? Create an account']
                : ['Create an account', 'login', 'Have an account? Log in'];
        const view = which === 'login' ? this.#logIn() : this.#signUp();
        this.body.replaceChildren(
            h('h2', {}, title),
            view,
            h('button', { class: 'link', onclick: () => this.#show(other) }, question),
        );
        [...this.body.querySelectorAll('input')].find(({ value }) => value === '').focus();
    }

    #logIn() {
        const fields = {
            username: field('Username', { ...USERNAME, value: this.ended }),
            password: field('Password', { type: 'password', autocomplete: 'current-password', required: true }),
        };
        return form(fields, 'Log in', async () =>
            this.#done(
                await Client.logIn(this.options, {
                    username: fields.username.input.value.trim(),
                    password: fields.password.input.value,
                    device: deviceName(),
                }),
            ),
        );
    }

    #signUp() {
        const fields = {
            username: field('Username', {
                ...USERNAME,
                'aria-describedby': 'username-rule',
            }),
            display_name: field('Name that others see (optional)', { autocomplete: 'name' }),
            password: field('Password', {
                type: 'password',
                autocomplete: 'new-password',
                'aria-describedby': 'strength',
                required: true,
            }),
        };
        const { username, display_name, password } = fields;
        username.element.append(
            h('p', { class: 'hint', id: 'username-rule' }, '3 to 32 letters, digits, dots, dashes or underscores'),
        );
        const meter = h('meter', {
            min: 0,
            max: 4,
            low: 2,
            high: 3,
            optimum: 4,
            'aria-label': 'Strength of the password',
        });
        const word = h('span', {}, 'At least 8 characters; several words are best');
        password.element.append(h('p', { class: 'hint strength', id: 'strength' }, meter, word));
        password.input.addEventListener('input', () => {
            meter.value = strength(password.input.value, username.input.value);
            word.textContent = WORDS[meter.value];
        });
        return form(fields, 'Create account', async () =>
            this.#done(
                await Client.signUp(this.options, {
                    username: username.input.value.trim(),
                    display_name: display_name.input.value.trim() || undefined,
                    password: password.input.value,
                }),
            ),
        );
    }
}

/** What the list of sessions shows. */
function deviceName() {
    const agent = navigator.userAgent;
    const browser = ['Firefox', 'Edg', 'Chrome', 'Safari'].find((name) => agent.includes(`${name}/`)) ?? 'Browser';
    const system =
        ['Android', 'iPhone', 'iPad', 'Windows', 'Mac', 'Linux'].find((name) => agent.includes(name)) ?? 'computer';
    return `${browser.replace('Edg', 'Edge')} on ${system}`;
}

customElements.define('sign-in', SignIn);
