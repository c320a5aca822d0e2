// The app while servers are killed, tokens expire and pages are reloaded: nothing is lost, nothing comes twice.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startDaemons } from '../interop/server.mjs';
import { message, open, openBrowser, picture, talkTo, texts, untilKept, write } from './browser.mjs';
import { allLeave, join, until, writeMany } from './people.mjs';

let server;
let browser;

before(async () => {
    server = await startDaemons(
        ['api-server', '--access-token-s=4', '--rate-signup=0'],
        ['chat-server', '--rate-send=0', '--max-connections-per-user=3'],
    );
    browser = await openBrowser(server);
});

after(async () => {
    await allLeave();
    await browser?.close();
    await server?.stop();
});

async function two() {
    const [ann, bob] = [await browser.join('Ann Blake'), await browser.join('Bob Stone')];
    await talkTo(ann, bob.username);
    await write(ann, 'hello');
    await open(bob, 'Ann Blake');
    await message(bob, 'hello').waitFor();
    return [ann, bob];
}

/** Both show the same, in the same order, and of each writer everything once and in order. */
async function assertSame(pages, written) {
    await until('all are shown', async () =>
        (await Promise.all(pages.map(texts))).every((t) => t.length === 1 + written.flat().length),
    );
    const shown = await texts(pages[0]);
    for (const page of pages) assert.deepEqual(await texts(page), shown);
    for (const list of written)
        assert.deepEqual(
            shown.filter((text) => list.includes(text)),
            list,
        );
}

for (const victim of ['chat-server', 'redis']) {
    test(`${victim} killed and started again while both write`, async () => {
        const pages = await two();
        const written = [[], []];
        const say = async (which, text) => {
            written[which].push(text);
            await write(pages[which], text);
        };
        for (let i = 0; i < 3; i++) for (const which of [0, 1]) await say(which, `before ${i} of ${which}`);
        await server.kill(victim);
        for (let i = 0; i < 3; i++) for (const which of [0, 1]) await say(which, `meanwhile ${i} of ${which}`);
        await message(pages[0], 'meanwhile 2 of 0').getByRole('img', { name: 'waiting to be sent' }).waitFor();
        if (victim === 'chat-server') {
            await pages[0].getByText('What you write is sent as soon as possible').waitFor();
            await picture(pages[0], 'server-away');
        }
        await server.start(victim);
        for (let i = 0; i < 3; i++) for (const which of [0, 1]) await say(which, `after ${i} of ${which}`);
        await assertSame(pages, written);
        for (const page of pages)
            await page.getByRole('img', { name: 'waiting to be sent' }).first().waitFor({ state: 'detached' });
        await pages[0].getByText('What you write').waitFor({ state: 'hidden' });
    });
}

test('what was written while the server was away outlives a reload of the page', async () => {
    const [ann, bob] = await two();
    await server.kill('chat-server');
    for (const text of ['one', 'two']) await write(ann, text);
    try {
        await untilKept(ann, 2);
        await ann.reload();
        await message(ann, 'two').getByRole('img', { name: 'waiting to be sent' }).waitFor();
    } finally {
        await server.start('chat-server');
    }
    await message(bob, 'two').waitFor();
    assert.deepEqual(await texts(bob), ['hello', 'one', 'two']);
    await message(ann, 'two').getByRole('img', { name: 'read' }).waitFor();
    assert.deepEqual(await texts(ann), ['hello', 'one', 'two']);
});

test('tokens expire, and nobody notices', async () => {
    const [ann, bob] = await two();
    const renewed = [];
    await ann.route('**/api/token', async (route) => {
        renewed.push(await route.fetch());
        /* One answer is lost on its way. */
        await (renewed.length === 1 ? route.abort('failed') : route.fulfill({ response: renewed.at(-1) }));
    });
    for (let round = 1; round <= 3; round++) {
        await until('a token is over', async () => {
            await ann.getByRole('button', { name: 'Details' }).click();
            await ann.getByRole('dialog').getByText(`@${bob.username}`).waitFor();
            await ann.keyboard.press('Escape');
            return renewed.length >= round;
        });
    }
    await server.kill('chat-server');
    await server.start('chat-server');
    await write(ann, 'still here');
    await message(bob, 'still here').waitFor();
    assert.equal(await ann.getByRole('button', { name: 'Log in' }).count(), 0);
});

/* What the settings need, the last of what comes when nobody waits for anything. */
const untilLoadedAhead = (page) =>
    until('all is loaded', () =>
        page.evaluate(
            (names) => names.every((name) => performance.getEntriesByName(`${location.origin}/ui/${name}.js`).length),
            ['settings_dialog', 'push'],
        ),
    );

test('without a network the app says so, and goes on when there is one', async () => {
    const [ann, bob] = await two();
    await untilLoadedAhead(ann);
    await ann.context().setOffline(true);
    await ann.getByText('You are offline').waitFor();
    await write(ann, 'from a tunnel');
    await message(ann, 'from a tunnel').waitFor();
    await picture(ann, 'offline');
    await ann.getByRole('button', { name: 'Settings' }).click();
    await ann.getByLabel('Name that others see').waitFor();
    await ann.keyboard.press('Escape');
    await ann.context().setOffline(false);
    await ann.getByText('You are offline').waitFor({ state: 'hidden' });
    await message(bob, 'from a tunnel').waitFor();
    await message(ann, 'from a tunnel').getByRole('img', { name: 'read' }).waitFor();
});

test('two tabs of one account write at once, and both show all of it', async () => {
    const [ann, bob] = await two();
    const twin = await browser.tabIn(ann.context());
    await open(twin, 'Bob Stone');
    await message(twin, 'hello').waitFor();
    const written = [[], []];
    const say = async (page, list, name) => {
        for (let i = 0; i < 5; i++) {
            list.push(`${name} ${i}`);
            await write(page, list.at(-1));
        }
    };
    await Promise.all([say(ann, written[0], 'first'), say(twin, written[1], 'second')]);
    await assertSame([ann, twin, bob], written);
});

test('with too many windows the app says so, and tries again when it is asked to', async () => {
    const [ann] = await two();
    const tabs = [];
    for (let i = 0; i < 2; i++) {
        tabs.push(await browser.tabIn(ann.context()));
        await tabs[i].getByRole('link', { name: 'Bob Stone' }).waitFor(); // it is connected
    }
    const last = await browser.tabIn(ann.context());
    await last.getByText('Too many windows of this account are open').waitFor();
    await tabs[0].close();
    await until('it is let in', async () => {
        if (!(await last.getByText('Too many windows').isVisible())) return true;
        await last
            .getByRole('button', { name: 'Try again' })
            .click({ timeout: 1000 })
            .catch(() => {});
        return false;
    });
    await open(last, 'Bob Stone');
    await message(last, 'hello').waitFor();
});

test('a conversation is chosen though a message comes while the button is down', async () => {
    const [ann, bob] = [await browser.join('Ann Blake'), await join(server, 'bob')];
    await bob.chat.send({ to: ann.username, text: 'first' });
    const link = ann.locator('side-bar').getByRole('link', { name: bob.user });
    await link.getByText('first').hover();
    await ann.mouse.down();
    await bob.chat.send({ to: ann.username, text: 'second' });
    await link.getByText('second').waitFor();
    await ann.mouse.up();
    await message(ann, 'second').waitFor();
    await bob.stop();
});

test('ten thousand messages are scrolled through with few of them in the page', async () => {
    const [ann, bob] = [await browser.join('Ann Blake'), await join(server, 'bob')];
    const COUNT = 10_000;
    await writeMany(bob, ann.username, 'n', COUNT);
    await bob.stop();
    await open(ann, bob.user);
    await ann.getByRole('button', { name: 'Jump to the newest message' }).click();
    await message(ann, `n ${COUNT}`).waitFor();
    const scroller = ann.getByRole('log');
    const { most, first } = await scroller.evaluate(async (list) => {
        const number = () => Number(list.querySelector('.message .text').textContent.split(' ')[1]);
        let count = 0;
        for (let i = 0; i < 4000 && number() > 1; i++) {
            list.scrollTop = 0;
            await new Promise((resolve) => requestAnimationFrame(resolve));
            count = Math.max(count, list.querySelectorAll('*').length);
        }
        return { most: count, first: number() };
    });
    assert.equal(first, 1);
    assert.ok(most < 2000, `${most} elements in the page`);
    await scroller.focus();
    await ann.keyboard.press('End');
    await message(ann, `n ${COUNT}`).waitFor();
});

test('a page some of whose files do not arrive is loaded again', async () => {
    const context = (await browser.tab()).context();
    let failed = 0;
    await context.route('**/model.js', (route) => (failed++ < 2 ? route.abort('failed') : route.fallback()));
    const page = await browser.tabIn(context);
    await page.getByLabel('Username').waitFor();
    assert.ok(failed > 2);
});

test('a part that did not arrive is there when the page is loaded again, and one can log out without it', async () => {
    const context = (await browser.tab()).context();
    const arrives = { yes: false };
    await context.route('**/ui/settings_dialog.js', (route) =>
        arrives.yes ? route.fallback() : route.abort('failed'),
    );
    const page = await browser.joinIn(context, 'Ann Blake');
    const notLoaded = page.getByRole('dialog', { name: 'Not loaded' });
    const settings = page.getByRole('button', { name: 'Settings' });
    await settings.click();
    await notLoaded.getByRole('button', { name: 'Log out' }).waitFor();
    arrives.yes = true;
    await notLoaded.getByRole('button', { name: 'Load the page again' }).click();
    await notLoaded.waitFor({ state: 'detached' });
    await settings.click();
    await page.getByLabel('Name that others see').waitFor();

    arrives.yes = false;
    await page.reload();
    await settings.click();
    await notLoaded.getByRole('button', { name: 'Log out' }).click();
    await page.getByRole('button', { name: 'Log in', exact: true }).waitFor();
    assert.equal(await page.getByRole('alert').count(), 0);
});

test('who is connected is not told to be offline, whatever the browser says', async () => {
    const [ann, bob] = await two();
    await ann.evaluate(() => Object.defineProperty(navigator, 'onLine', { value: false }));
    await server.kill('chat-server');
    await ann.getByText('You are offline').waitFor();
    await server.start('chat-server');
    await ann.getByText('You are offline').waitFor({ state: 'hidden' });
    await write(ann, 'still here');
    await message(bob, 'still here').waitFor();
});

test('no page did what it should not', () => {
    assert.deepEqual(browser.wrong, []);
});
