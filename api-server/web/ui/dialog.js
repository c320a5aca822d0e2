import { h, iconButton } from './dom.js';

/** A modal dialog with a title; resolves when it is closed. `fill(body, close)` puts something into it. */
export function openDialog(title, fill) {
    const body = h('div', { class: 'dialog-body' });
    const close = () => dialog.close();
    const dialog = h(
        'dialog',
        { 'aria-label': title, onclick: (event) => event.target === dialog && close() },
        h('header', { class: 'dialog-head' }, h('h2', {}, title), iconButton('close', 'Close', close)),
        body,
    );
    document.body.append(dialog);
    fill(body, close);
    dialog.showModal();
    return new Promise((resolve) =>
        dialog.addEventListener('close', () => {
            dialog.remove();
            resolve();
        }),
    );
}

/** Yes or no. */
export function confirmed(question, yes) {
    let answer = false;
    return openDialog(question, (body, close) => {
        body.append(
            h(
                'div',
                { class: 'actions' },
                h('button', { onclick: close }, 'Cancel'),
                h(
                    'button',
                    {
                        class: 'danger',
                        onclick: () => {
                            answer = true;
                            close();
                        },
                    },
                    yes,
                ),
            ),
        );
    }).then(() => answer);
}

let fields = 0;

/** A labelled input: {element, input}. */
export function field(label, properties = {}, tag = 'input', ...children) {
    const id = `field-${++fields}`;
    const input = h(tag, { id, dir: 'auto', ...properties }, ...children);
    return { element: h('div', { class: 'field' }, h('label', { for: id }, label), input), input };
}

/** A form that does `submit(say)`, with its button disabled meanwhile, and tells what went wrong where it did: under
 * `fields[problem.field]`, else at its end. `say(text)` tells that something went well. */
export function form(fields_, button, submit, properties = {}) {
    const told = h('p', { class: 'told', role: 'status' });
    const send = h('button', { type: 'submit', class: 'primary' }, button);
    const element = h(
        'form',
        { novalidate: true, ...properties },
        ...Object.values(fields_).map((f) => f.element),
        told,
        h('div', { class: 'actions' }, send),
    );
    const say = (text, bad = false) => {
        told.textContent = text;
        told.classList.toggle('bad', bad);
    };
    element.addEventListener('submit', async (event) => {
        event.preventDefault();
        if (send.disabled) return;
        send.disabled = true;
        say('');
        for (const { input } of Object.values(fields_)) input.removeAttribute('aria-invalid');
        try {
            await submit(say);
        } catch (problem) {
            say(problem.message, true);
            const { input } = fields_[problem.field] ?? {};
            input?.setAttribute('aria-invalid', 'true');
            input?.focus();
        } finally {
            send.disabled = false;
        }
    });
    return element;
}

/** A line that says what went wrong with a button's work. */
export function attempt(told, work) {
    return async (event) => {
        told.textContent = '';
        try {
            await work(event);
        } catch (problem) {
            told.textContent = problem.message;
        }
    };
}
