// What somebody waits for who opens the web client, in a real Chromium: figures for scripts/bench, a name and a value a line.
//
//     node first_view.mjs API_URL CHAT_URL
//
// `cold_…`: nothing is cached and nobody signed in. `list_…`: nothing is cached, and there are 100 conversations to show.
// `again_…`: the same, everything in the cache. Each is the median of some views; times are from the navigation on.
import { openBrowser } from './browser.mjs';
import { weightOfCode } from './code.mjs';
import { allLeave, join, until } from './people.mjs';

const VIEWS = 7;
const CONVERSATIONS = 100;
const [api, chat] = process.argv.slice(2);

/* In the page: when what is looked for can be used first, and when something was painted. */
function watch(selector) {
    const look = () => {
        if (document.querySelector(selector)) requestAnimationFrame(() => (globalThis.usableAt = performance.now()));
        else requestAnimationFrame(look);
    };
    look();
}

async function view(page, cached) {
    const cdp = await page.context().newCDPSession(page);
    let bytes = 0;
    let requests = 0;
    await cdp.send('Network.enable');
    cdp.on('Network.responseReceived', () => requests++);
    cdp.on('Network.loadingFinished', ({ encodedDataLength }) => (bytes += encodedDataLength));
    if (!cached) await cdp.send('Network.clearBrowserCache');
    await page.goto('about:blank');
    await page.goto(api);
    const seen = () =>
        page.evaluate(() => {
            const [paint] = performance.getEntriesByName('first-contentful-paint');
            return paint && globalThis.usableAt && [paint.startTime, globalThis.usableAt];
        });
    const [paint_ms, usable_ms] = await until('the first view', seen);
    await page.waitForLoadState('networkidle');
    await cdp.detach();
    return { paint_ms, usable_ms, kb: bytes / 1000, requests };
}

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

async function tell(name, page, selector) {
    const views = [];
    await page.addInitScript(watch, selector);
    for (let i = 0; i < VIEWS; i++) views.push(await view(page, name === 'again'));
    for (const figure of Object.keys(views[0]))
        console.log(`${name}_${figure} ${median(views.map((one) => one[figure])).toFixed(1)}`);
}

const browser = await openBrowser({ urls: { 'api-server': api } });
try {
    console.log(`code_kb ${((await weightOfCode(api)) / 1000).toFixed(1)}`);
    await tell('cold', await browser.tab(), 'sign-in input');
    const page = await browser.join('Ann Blake');
    const bob = await join({ urls: { 'api-server': api, 'chat-server': chat } }, 'bob');
    for (let i = 1; i <= CONVERSATIONS; i++)
        await bob.call('POST', '/api/conversations', { name: `Room ${i}`, members: [page.username] });
    await tell('list', page, `side-bar li:nth-child(${CONVERSATIONS})`);
    await tell('again', page, `side-bar li:nth-child(${CONVERSATIONS})`);
} finally {
    await allLeave();
    await browser.close();
}
