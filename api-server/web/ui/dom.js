/** An element. `on…` properties are listeners, all others attributes; children are nodes or text, never HTML. A button
 * submits nothing unless it says so. */
export function h(tag, properties = {}, ...children) {
    const element = document.createElement(tag);
    if (tag === 'button') element.type = 'button';
    for (const [name, value] of Object.entries(properties)) {
        if (value === undefined || value === null || value === false) continue;
        if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
        else element.setAttribute(name, value === true ? '' : value);
    }
    element.append(...children.flat().filter((child) => child !== undefined && child !== null && child !== false));
    return element;
}

/** Makes `wanted` the children of `parent`, and touches only what differs: focus and scrolling stay. */
export function arrange(parent, wanted) {
    const keep = new Set(wanted);
    for (const child of [...parent.childNodes]) if (!keep.has(child)) child.remove();
    let at = parent.firstChild;
    for (const child of wanted) {
        if (child === at) at = at.nextSibling;
        else parent.insertBefore(child, at);
    }
}

/** What the elements of the app have in common: they draw when something they listen to happens, once a frame, and
 * listen no longer when they are taken out of the page. */
export class Part extends HTMLElement {
    #quiet = [];
    #due = 0;

    listen(emitter, type, listener = () => this.update()) {
        this.#quiet.push(emitter.on(type, listener));
    }

    update() {
        this.#due ||= requestAnimationFrame(() => {
            this.#due = 0;
            if (this.isConnected) this.draw();
        });
    }

    disconnectedCallback() {
        cancelAnimationFrame(this.#due);
        this.#due = 0;
        for (const quiet of this.#quiet.splice(0)) quiet();
    }
}

const PATHS = {
    add: 'M12 5v14M5 12h14',
    people: 'M9 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM2 21a7 7 0 0 1 14 0M16 3.500a4 4 0 0 1 0 7M18.500 15a7 7 0 0 1 3.500 6',
    settings: 'M4 7h9M19 7h1M4 17h1M11 17h9M16 4.500v5M8 14.500v5',
    back: 'M15 5l-7 7 7 7',
    send: 'M5 12h13M12 5l7 7-7 7',
    reply: 'M9 7l-5 5 5 5M4 12h10a6 6 0 0 1 6 6v1',
    smile: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM8.500 14a4.500 4.500 0 0 0 7 0M9 9.500v.01M15 9.500v.01',
    down: 'M6 9l6 6 6-6',
    close: 'M6 6l12 12M18 6L6 18',
    mute: 'M6 17h12l-2-3v-4a4 4 0 0 0-8 0v4zM10 20a2 2 0 0 0 4 0M4 4l16 16',
    info: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 11v5M12 8v.01',
};

export function icon(name) {
    const make = (tag, attributes) => {
        const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
        for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
        return element;
    };
    const svg = make('svg', { viewBox: '0 0 24 24', class: 'icon', 'aria-hidden': 'true' });
    svg.append(make('path', { d: PATHS[name] }));
    return svg;
}

/** A button that is only an icon, with a name for those who do not see it. */
export function iconButton(name, label, onclick, properties = {}) {
    return h('button', { class: 'icon-button', 'aria-label': label, title: label, onclick, ...properties }, icon(name));
}
