const KEY = 'chatapp theme';

/** 'light', 'dark', or '' for what the system says. */
export function theme() {
    try {
        return localStorage.getItem(KEY) ?? '';
    } catch {
        return '';
    }
}

export function applyTheme(which = theme()) {
    document.documentElement.dataset.theme = which;
    try {
        localStorage.setItem(KEY, which);
    } catch {
        /* until the page is left */
    }
}
