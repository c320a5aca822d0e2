// How the app looks, and whether everybody can use it: axe-core, the keyboard alone, small and large, light and dark.
import assert from 'node:assert/strict';
import axe from 'axe-core';
import { after, before, test } from 'node:test';
import { startDaemons } from '../interop/server.mjs';
import { message, open, openBrowser, picture, talkTo, write } from './browser.mjs';
import { importedBy, source, weightOfCode } from './code.mjs';
import { PASSWORD, allLeave, join, until, uniqueName } from './people.mjs';

const PHONE = { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };
const FIRST_VIEW_MAX = 300 * 1024;
const CODE_MAX = 59_500; // of 60,000, compressed

let server;
let browser;

before(async () => {
    server = await startDaemons(['api-server', '--rate-signup=0'], 'chat-server');
    browser = await openBrowser(server);
});

after(async () => {
    await allLeave();
    await browser?.close();
    await server?.stop();
});

async function assertAccessible(page, what) {
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
    const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 150)).join(' | ')}`);
    assert.deepEqual(told, [], what);
}

/** Whether a finger hits what can be pressed. Links within texts are as high as their line. */
async function assertTouchable(page, what) {
    const small = await page.evaluate(() =>
        [...document.querySelectorAll('button, a, input, select, textarea')]
            .filter((element) => element.checkVisibility() && !element.matches('.text *, .why *, .quote'))
            .map((element) => {
                const { width, height } = element.getBoundingClientRect();
                return [Math.round(width), Math.round(height), element.outerHTML.slice(0, 150)];
            })
            .filter(([width, height]) => width < 44 || height < 44)
            .map(([width, height, html]) => `${width} × ${height}: ${html}`),
    );
    assert.deepEqual(small, [], what);
}

/** Somebody with a page's worth to see: a room, a friend who writes right to left, unread messages. */
async function scene(options) {
    const page = await browser.join('Ann Blake', options);
    const friends = [];
    for (const [name, display_name] of [
        ['dana', 'דנה כהן'],
        ['bob', 'Bob Stone'],
        ['cat', 'Catherine Featherstonehaugh-Cholmondeley of the Garden Society'],
    ]) {
        const friend = await join(server, name);
        await friend.call('PATCH', '/api/profile', { display_name });
        friends.push(friend);
    }
    const [dana, bob, cat] = friends;
    const members = [page.username, cat.user];
    const {
        conversation: { id },
    } = await bob.call('POST', '/api/conversations', { name: 'Garden', members });
    const say = async (who, text, where = { conversation: id }) => {
        await who.chat.send({ ...where, text });
        await until('acked', () => who.chat.outbox.length === 0);
    };
    await say(bob, 'Who waters the tomatoes this week?');
    await say(cat, 'I can, from Wednesday on. Until then somebody else would have to. The can is behind the shed.');
    await say(cat, '🍅🍅');
    await say(dana, 'שלום! מה שלומך היום?', { to: page.username });
    await say(dana, 'See https://chat.example/plan (in English)', { to: page.username });
    await open(page, 'Garden');
    await message(page, 'I can, from').waitFor();
    await page.getByRole('button', { name: 'Reply' }).nth(1).dispatchEvent('click');
    await write(page, 'Then I do Monday and Tuesday.\nAnd I bring new gloves.');
    await until('they have it', () =>
        [bob, cat].every((one) => one.texts(id).some((text) => text.startsWith('Then I'))),
    );
    const seq = bob.frames[id].at(-1).seq;
    for (const one of [bob, cat]) one.chat.read(id, seq);
    await page.getByRole('img', { name: 'read by 2 of 2' }).waitFor();
    await say(bob, 'Perfect, thank you both 🌻');
    bob.chat.typing(id, true);
    await page.getByText('Bob Stone is typing…').waitFor();
    return { page };
}

for (const colorScheme of ['light', 'dark']) {
    test(`desktop, ${colorScheme}: without violations, and a picture`, async () => {
        const { page } = await scene({ colorScheme, viewport: { width: 1280, height: 800 } });
        await picture(page, `desktop-${colorScheme}`);
        await assertAccessible(page, 'a room');
        await open(page, 'דנה כהן');
        assert.equal(
            await message(page, 'שלום')
                .locator('.text')
                .evaluate((p) => getComputedStyle(p).direction),
            'rtl',
        );
        await picture(page, `right-to-left-${colorScheme}`);
        await assertAccessible(page, 'a direct conversation');
        for (const name of ['New conversation', 'People', 'Settings', 'Details']) {
            await page.getByRole('button', { name }).click();
            await page
                .getByRole('dialog')
                .getByRole(name === 'Details' ? 'button' : 'textbox', { name: /./ })
                .or(page.getByRole('dialog').getByRole('searchbox'))
                .first()
                .waitFor();
            await picture(page, `${name.toLowerCase().replace(' ', '-')}-${colorScheme}`);
            await assertAccessible(page, name);
            await page.keyboard.press('Escape');
        }
    });

    test(`phone, ${colorScheme}: without violations, and pictures`, async () => {
        const { page } = await scene({ colorScheme, ...PHONE });
        await picture(page, `phone-${colorScheme}`);
        await assertAccessible(page, 'a room');
        await assertTouchable(page, 'a room');
        for (const element of ['html', '.scroller'])
            assert.ok(
                await page.locator(element).evaluate((it) => it.scrollWidth <= it.clientWidth),
                `${element} scrolls sideways`,
            );
        await page.getByRole('button', { name: 'Emoji' }).click();
        await assertTouchable(page, 'emoji');
        await page.getByRole('button', { name: 'Emoji' }).click();
        await page.getByRole('button', { name: 'Details' }).click();
        await page.getByText('Leave the room').waitFor();
        await assertTouchable(page, 'details');
        await picture(page, `phone-details-${colorScheme}`);
        await page.keyboard.press('Escape');
        await page.getByRole('button', { name: 'Back to the conversations' }).click();
        await page.getByRole('link', { name: 'דנה כהן' }).waitFor();
        await picture(page, `phone-list-${colorScheme}`);
        await assertAccessible(page, 'the list');
        await assertTouchable(page, 'the list');
        await page.getByRole('button', { name: 'Settings' }).click();
        await page.getByText('This browser').waitFor();
        await assertTouchable(page, 'settings');
        await picture(page, `phone-settings-${colorScheme}`);
    });

    test(`signing in, ${colorScheme}: without violations`, async () => {
        const page = await browser.tab({ colorScheme });
        await assertAccessible(page, 'log in');
        await picture(page, `log-in-${colorScheme}`);
        await page.getByRole('button', { name: 'New here?' }).click();
        await assertAccessible(page, 'sign up');
    });
}

test('everything with the keyboard alone', async () => {
    const bob = await browser.join('Bob Stone');
    const page = await browser.tab();
    const type = (text) => page.keyboard.type(text);
    const press = async (...keys) => {
        for (const key of keys) await page.keyboard.press(key);
    };
    /* Tab until what has the focus is called so. */
    const tabTo = async (name) => {
        for (let i = 0; i < 40; i++) {
            await press('Tab');
            const called = await page.evaluate(() => {
                const at = document.activeElement;
                return at.getAttribute('aria-label') ?? at.labels?.[0]?.textContent ?? at.textContent;
            });
            if (called.includes(name)) return;
        }
        assert.fail(`${name} cannot be reached`);
    };
    await page.getByLabel('Username').waitFor();
    await tabTo('New here?');
    await press('Enter');
    await type(uniqueName('ann'));
    await press('Tab');
    await type('Ann Blake');
    await press('Tab');
    await type(PASSWORD);
    await press('Enter');
    await page.getByText('Choose a conversation').waitFor();
    await tabTo('New conversation');
    await press('Enter');
    await page.getByRole('dialog').waitFor();
    await tabTo('Talk to');
    await type(bob.username);
    await page.getByRole('button', { name: 'Message Bob Stone' }).waitFor();
    await tabTo('Message Bob Stone');
    await press('Enter');
    await page.getByRole('textbox', { name: 'Write a message' }).waitFor();
    await until('the focus is where one writes', () =>
        page.evaluate(() => document.activeElement.tagName === 'TEXTAREA'),
    );
    await type('first line');
    await press('Shift+Enter');
    await type('second line');
    await press('Enter');
    await message(page, 'first line').getByRole('img', { name: 'delivered' }).waitFor();
    await open(bob, 'Ann Blake');
    await write(bob, 'answer me');
    await message(page, 'answer me').waitFor();
    await press('Shift+Tab', 'Shift+Tab', 'ArrowUp');
    assert.match(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), /^Bob Stone/);
    await press('r');
    await type('here you are');
    await press('Enter');
    await message(bob, 'here you are').getByText('answer me').waitFor();
    await tabTo('Emoji').catch(() => {});
    await page.getByRole('button', { name: 'Emoji' }).focus();
    await press('Enter', 'Tab', 'Enter');
    assert.match(
        await page.getByRole('textbox', { name: 'Write a message' }).inputValue(),
        /\p{Extended_Pictographic}/u,
    );
    await press('Enter');
    await message(bob, /\p{Extended_Pictographic}/u)
        .first()
        .waitFor();
});

test('nothing moves for those who do not want that', async () => {
    const page = await browser.join('Ann Blake', { reducedMotion: 'reduce' });
    await page.getByRole('button', { name: 'New conversation' }).click();
    await page.getByRole('button', { name: 'Notes to myself' }).click();
    await write(page, 'a note');
    await message(page, 'a note').waitFor();
    assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
});

test('the first view is small, and asks for all its modules at once', async () => {
    const context = (await browser.tab()).context();
    const page = await context.newPage();
    let bytes = 0;
    const asked = [];
    page.on('requestfinished', async (request) => {
        asked.push(new URL(request.url()).pathname);
        const { responseBodySize, responseHeadersSize } = await request.sizes();
        bytes += responseBodySize + responseHeadersSize;
    });
    await page.goto(server.urls['api-server']);
    await page.getByLabel('Username').waitFor();
    await until('sizes', () => bytes > 10_000);
    assert.ok(bytes < FIRST_VIEW_MAX, `${bytes} bytes`);
    const preloaded = [...source('index.html').matchAll(/modulepreload" href="\/(.+?)"/g)].map(([, path]) => path);
    assert.deepEqual(preloaded.sort(), [...importedBy('app.js')].sort());
    assert.ok(preloaded.every((path) => asked.includes(`/${path}`)));
    assert.deepEqual(
        asked.filter((path) => /_dialog/.test(path)),
        [],
    );
});

test('all of its code is small, as it goes over the wire', async () => {
    const sum = await weightOfCode(server.urls['api-server']);
    assert.ok(sum > 10_000 && sum < CODE_MAX, `${sum} bytes`);
});

test('no page did what it should not', () => {
    assert.deepEqual(browser.wrong, []);
});
