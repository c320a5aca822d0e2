// A module that could not be loaded (the network changed just then) leaves the page empty: loaded again, a few times.
// No module itself: it is there before them.
addEventListener(
    'error',
    ({ target }) => {
        if (target.tagName !== 'SCRIPT') return;
        const times = Number(sessionStorage.getItem('retries'));
        sessionStorage.setItem('retries', times + 1);
        if (times < 5) setTimeout(() => location.reload(), 500 * 2 ** times);
        else document.body.textContent = 'ChatApp could not be loaded. Is there a network? Then load this page again.';
    },
    true,
);
