// The app as people use it, each in a browser of their own.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Client } from '../../api-server/web/client.js';
import { startDaemons } from '../interop/server.mjs';
import { keep, kept, message, open, openBrowser, picture, talkTo, texts, write } from './browser.mjs';
import { PASSWORD, allLeave, join, optionsFor, until, writeMany } from './people.mjs';

let server;
let browser;

before(async () => {
    server = await startDaemons(
        ['api-server', '--rate-signup=0', '--rate-login=0'],
        ['chat-server', '--rate-send=0'],
        ['presence-server', '--offline-grace=1'],
        'notification-server',
    );
    browser = await openBrowser(server);
});

after(async () => {
    await allLeave();
    await browser?.close();
    await server?.stop();
});

test('signing up says what is wrong, where it is wrong', async () => {
    const page = await browser.tab();
    await page.getByRole('button', { name: 'New here?' }).click();
    const [name, password] = [page.getByLabel('Username'), page.getByLabel('Password', { exact: true })];
    const submit = page.getByRole('button', { name: 'Create account' });
    await name.fill('x');
    await password.fill(PASSWORD);
    await submit.click();
    await page
        .getByRole('status')
        .filter({ hasText: /username/ })
        .waitFor();
    assert.equal(await name.getAttribute('aria-invalid'), 'true');
    await name.fill('somebody.new');
    await password.fill('password1');
    await page.getByText('Easy to guess').waitFor();
    await submit.click();
    await page
        .getByRole('status')
        .filter({ hasText: /password/ })
        .waitFor();
    assert.equal(await password.getAttribute('aria-invalid'), 'true');
    await picture(page, 'sign-up');
    await password.fill('three words and a Fish 7');
    await page.getByText('Strong').waitFor();
    await submit.click();
    await page.getByText('Choose a conversation').waitFor();
    const other = await browser.tab();
    await other.getByLabel('Username').fill('somebody.new');
    await other.getByLabel('Password').fill('not the password');
    await other.getByRole('button', { name: 'Log in', exact: true }).click();
    await other
        .getByRole('status')
        .filter({ hasText: /wrong|password/i })
        .waitFor();
});

test('two people become contacts and talk, with marks and badges', async () => {
    const [ann, bob] = [await browser.join('Ann Blake'), await browser.join('Bob Stone')];
    await ann.getByRole('button', { name: 'People' }).click();
    await ann.getByLabel('Find people (username)').fill(bob.username);
    await ann.getByRole('button', { name: 'Add Bob Stone' }).click();
    await ann.getByRole('heading', { name: 'Asked, not answered yet' }).waitFor();
    await ann.keyboard.press('Escape');
    await bob.getByRole('button', { name: /People/ }).click();
    await bob.getByRole('button', { name: 'Accept Ann Blake' }).click();
    await bob.getByRole('heading', { name: 'Contacts', exact: true }).waitFor();
    await bob.keyboard.press('Escape');

    await talkTo(ann, bob.username);
    await write(ann, 'Hello Bob!');
    await message(ann, 'Hello Bob!').getByRole('img', { name: 'delivered' }).waitFor();
    await bob.getByRole('link', { name: 'Ann Blake' }).getByText('1 unread').waitFor();
    await until('the number in the title', async () => (await bob.title()) === '(1) ChatApp');
    await open(bob, 'Ann Blake');
    await message(bob, 'Hello Bob!').waitFor();
    await message(ann, 'Hello Bob!').getByRole('img', { name: 'read' }).waitFor();
    await until('no number in the title', async () => (await bob.title()) === 'ChatApp');
    await bob.getByRole('textbox', { name: 'Write a message' }).pressSequentially('Hi');
    await ann.getByText('Bob Stone is typing…').waitFor();
    await write(bob, 'Hi Ann, see https://chat.example/a?b=c.\nTwo lines, and an emoji:');
    await write(bob, '🌻');
    await message(ann, '🌻').waitFor();
    await ann
        .getByText('Bob Stone is typing…')
        .waitFor({ state: 'detached' })
        .catch(() => {});
    assert.equal(await message(ann, 'Hi Ann').getByRole('link').getAttribute('href'), 'https://chat.example/a?b=c');
    await message(ann, 'Hi Ann').hover();
    await message(ann, 'Hi Ann').getByRole('button', { name: 'Reply' }).click();
    await write(ann, 'Lovely');
    await message(bob, 'Lovely').getByText('Hi Ann, see').waitFor();
    assert.deepEqual(await texts(ann), await texts(bob));
});

test('contacts see each other come, go, and be busy; a request comes by itself', async () => {
    const [ann, bob] = [await browser.join('Ann Blake'), await browser.join('Bob Stone')];
    await ann.getByRole('button', { name: 'People' }).click();
    await ann.getByLabel('Find people (username)').fill(bob.username);
    await ann.getByRole('button', { name: 'Add Bob Stone' }).click();
    await bob.getByRole('button', { name: 'People' }).getByText('1 contact request').waitFor();
    await bob.getByRole('button', { name: 'People' }).click();
    await bob.getByRole('button', { name: 'Accept Ann Blake' }).click();
    const person = ann.getByRole('dialog').getByRole('listitem').filter({ hasText: 'Bob Stone' }).first();
    await person.getByRole('img', { name: 'online' }).waitFor();
    await bob.keyboard.press('Escape');
    await ann.keyboard.press('Escape');
    await ann.getByRole('button', { name: 'New conversation' }).click(); // which offers the contacts
    await ann.getByRole('button', { name: 'Message Bob Stone' }).click();
    const about = ann.locator('conversation-view .about');
    await until('online', async () => (await about.textContent()) === 'online');
    await bob.getByRole('button', { name: 'Settings' }).click();
    await bob.getByLabel('Others see me as').selectOption('busy');
    await until('busy', async () => (await about.textContent()) === 'busy');
    await bob.reload();
    await bob.getByRole('button', { name: 'Settings' }).click();
    assert.equal(await bob.getByLabel('Others see me as').inputValue(), 'busy');
    await bob.getByLabel('Others see me as').selectOption('invisible');
    await until('not there', async () => (await about.textContent()).startsWith('last here'));
    await bob.getByLabel('Others see me as').selectOption('online');
    await until('there again', async () => (await about.textContent()) === 'online');
    await bob.close();
    await until('gone', async () => (await about.textContent()).startsWith('last here'));
});

test('a room: made, joined, talked in, managed, left', async () => {
    const people = [await browser.join('Ann Blake'), await browser.join('Bob Stone'), await browser.join('Cat Jones')];
    const [ann, bob, cat] = people;
    await ann.getByRole('button', { name: 'New conversation' }).click();
    await ann.getByLabel('Name of the room').fill('Garden');
    await ann.getByLabel('Members (username)').fill(bob.username);
    await ann.getByRole('dialog').getByRole('button', { name: 'Add Bob Stone' }).click();
    await ann.getByRole('button', { name: 'Make the room' }).click();
    await ann.getByText('2 members').waitFor();
    await ann.getByRole('button', { name: 'Details' }).click();
    await ann.getByLabel('Add somebody (username)').fill(cat.username);
    await ann.getByRole('button', { name: 'Add Cat Jones' }).click();
    await ann.getByRole('combobox', { name: 'Role of Cat Jones' }).selectOption('admin');
    await ann.getByRole('dialog').getByText('· admin').waitFor();
    await picture(ann, 'room-details');
    await ann.keyboard.press('Escape');
    for (const page of [bob, cat]) await open(page, 'Garden');
    await cat.getByText('Ann added you').or(cat.getByText('Ann Blake added you')).first().waitFor();
    for (const page of people) await page.getByText('3 members').first().waitFor();
    for (const page of people) await write(page, `hello from ${page.username}`);
    for (const page of people)
        for (const { username } of people) await message(page, `hello from ${username}`).waitFor();
    await message(ann, `hello from ${ann.username}`).getByRole('img', { name: 'read by 2 of 2' }).waitFor();
    await cat.getByText('Ann Blake made you an admin').waitFor();
    await ann.getByText('You added Bob Stone').waitFor();
    await cat.getByRole('button', { name: 'Details' }).click();
    await cat.getByRole('textbox', { name: 'Name', exact: true }).fill('Greenhouse');
    await cat.getByRole('button', { name: 'Rename' }).click();
    await bob.getByRole('heading', { name: 'Greenhouse' }).waitFor();
    await cat.getByRole('button', { name: 'For an hour' }).click();
    await cat.getByText('Muted.').waitFor();
    await cat.getByRole('button', { name: 'Leave the room' }).click();
    await cat.getByRole('button', { name: 'Leave', exact: true }).click();
    await cat.getByText('Choose a conversation').waitFor();
    await ann.getByText('Cat Jones left').first().waitFor();
    await ann.getByText('2 members').waitFor();
});

test('addresses that lead nowhere say so, and an empty list how to begin', async () => {
    const ann = await browser.join('Ann Blake');
    await ann.getByText('No conversations yet').waitFor();
    await ann.goto(`${server.urls['api-server']}/#/c/rnosuchconversation`);
    await ann.getByText('There is no such conversation.').waitFor();
    await ann.goto(`${server.urls['api-server']}/#/c/%E0%A4%A`); // cut short
    await ann.getByText('Choose a conversation').waitFor();
    await ann.goto(`${server.urls['api-server']}/#/c/@nobody.of.this.name`);
    await write(ann, 'anybody?');
    await message(ann, 'anybody?').getByText('Not sent').waitFor();
    await ann.locator('side-bar').getByText('Not sent: anybody?').waitFor();
    await message(ann, 'anybody?').getByRole('button', { name: 'Delete' }).click();
    await ann.getByText('No conversations yet').waitFor();
    await ann.getByLabel('Find a conversation').fill('x');
    await ann.getByText('No conversation is called like this').waitFor();
});

test('history comes while one scrolls up, in a bounded page that does not jump', async () => {
    const [ann, bob] = [await browser.join('Ann Blake'), await join(server, 'bob')];
    const COUNT = 700;
    await writeMany(bob, ann.username, 'message', COUNT);
    await bob.stop();
    await ann.reload();
    await open(ann, bob.user);
    await ann.getByText('New messages').waitFor();
    await ann.getByRole('button', { name: 'Jump to the newest message' }).click();
    await message(ann, `message ${COUNT}`).waitFor();
    const scroller = ann.getByRole('log');
    const most = [];
    for (let first = COUNT; first > 1;) {
        /* The topmost message in sight stays where it is while others come above it. */
        const moved = await scroller.evaluate(async (list) => {
            const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
            list.scrollTop = 300;
            const top = list.getBoundingClientRect().top;
            const seen = [...list.querySelectorAll('.message')].find((m) => m.getBoundingClientRect().top >= top);
            const before = seen.getBoundingClientRect().top;
            for (let i = 0; i < 12; i++) await frame();
            return seen.isConnected ? Math.abs(seen.getBoundingClientRect().top - before) : 0;
        });
        assert.ok(moved < 3, `what was in sight has moved by ${moved} pixels`);
        const shown = await texts(ann);
        most.push(shown.length);
        const numbers = shown.map((text) => Number(text.split(' ')[1]));
        assert.ok(
            numbers.every((n, i) => n === numbers[0] + i),
            'the messages in the page are not in order',
        );
        first = numbers[0];
    }
    assert.ok(Math.max(...most) <= 160, `${Math.max(...most)} messages in the page`);
    assert.ok(Math.max(...most) > 100);
    await ann.getByText('The beginning of the conversation').waitFor();
    await ann.getByRole('button', { name: 'Jump to the newest message' }).click();
    await message(ann, `message ${COUNT}`).waitFor();
    assert.ok(await scroller.evaluate((list) => list.scrollHeight - list.scrollTop - list.clientHeight < 2));
});

test('markup stays text, wherever it is written', async () => {
    const MARKUP = '<img src=x onerror="document.title=1"><b>&amp;';
    const [ann, bob] = [await browser.join('<i>Ann</i>'), await browser.join('Bob Stone')];
    await talkTo(ann, bob.username);
    await write(ann, MARKUP);
    await open(bob, '<i>Ann</i>');
    await message(bob, MARKUP).waitFor();
    await bob.getByRole('heading', { name: '<i>Ann</i>' }).waitFor();
    await ann.getByRole('button', { name: 'New conversation' }).click();
    await ann.getByLabel('Name of the room').fill('<script>1</script>');
    await ann.getByRole('button', { name: 'Make the room' }).click();
    await ann.getByRole('heading', { name: '<script>1</script>' }).waitFor();
    for (const page of [ann, bob]) {
        assert.equal(await page.locator('.message :is(img, b, i, script):not(.quote b)').count(), 0);
        assert.match(await page.title(), /ChatApp$/);
    }
    assert.equal(
        await ann.evaluate(() => {
            try {
                document.body.insertAdjacentHTML('beforeend', '<p>x</p>');
                return 'made';
            } catch {
                return 'refused';
            }
        }),
        'refused',
    );
    browser.wrong.splice(0); // what we have just tried
});

test('profile, password, sessions, and the end of an account', async () => {
    const ann = await browser.join('Ann Blake');
    await ann.getByRole('button', { name: 'Settings' }).click();
    await ann.getByLabel('Name that others see').fill('Anna Blake');
    await ann.getByRole('button', { name: 'Save' }).click();
    await ann.getByText('Saved.').waitFor();
    await picture(ann, 'settings');
    await ann.getByLabel('Present password').fill('wrong password 1');
    await ann.getByLabel('New password').fill('another-Staple-41-x');
    await ann.getByRole('button', { name: 'Change password' }).click();
    await ann
        .getByRole('status')
        .filter({ hasText: /password/i })
        .waitFor();
    await ann.getByLabel('Present password').fill(PASSWORD);
    await ann.getByRole('button', { name: 'Change password' }).click();
    await ann.getByText('Changed. All other sessions have ended.').waitFor();
    const phone = await browser.tab();
    await phone.getByLabel('Username').fill(ann.username);
    await phone.getByLabel('Password').fill('another-Staple-41-x');
    await phone.getByRole('button', { name: 'Log in', exact: true }).click();
    await phone.getByText('Anna Blake').first().waitFor();
    await ann.keyboard.press('Escape');
    await ann.getByRole('button', { name: 'Settings' }).click();
    await ann.getByRole('button', { name: /^End the session/ }).click();
    await phone.getByRole('alert').getByText('you are not signed in any more').waitFor();
    assert.equal(await phone.getByLabel('Username').inputValue(), ann.username);
    await keep(ann, `draft ${ann.username} @bob`, { text: 'not sent' });
    await ann.getByRole('button', { name: 'Erase my account' }).click();
    await ann.getByLabel('Password', { exact: true }).fill('another-Staple-41-x');
    await ann.getByRole('button', { name: 'Erase it' }).click();
    await ann.getByRole('button', { name: 'Log in', exact: true }).waitFor();
    await until('nothing is kept', async () => (await kept(ann, 'draft ')).length === 0);
    await ann.getByLabel('Username').fill(ann.username);
    await ann.getByLabel('Password').fill('another-Staple-41-x');
    await ann.getByRole('button', { name: 'Log in', exact: true }).click();
    await ann.getByRole('status').filter({ hasText: /./ }).waitFor();
});

test('each tab has its account; logging out in one ends that account in all', async () => {
    const ann = await browser.join('Ann Blake');
    const other = await browser.tabIn(ann.context(), '/#/login');
    await other.getByRole('button', { name: `Continue as ${ann.username}` }).waitFor();
    await other.getByRole('button', { name: 'New here?' }).click();
    const name = `${ann.username}-2`;
    await other.getByLabel('Username').fill(name);
    await other.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await other.getByRole('button', { name: 'Create account' }).click();
    await other.getByText(name).first().waitFor();
    await ann.reload();
    await ann.getByText('Ann Blake').first().waitFor();
    const twin = await browser.tabIn(ann.context(), '/#/login');
    await twin.getByRole('button', { name: `Continue as ${ann.username}`, exact: true }).click();
    await twin.getByText('Ann Blake').first().waitFor();
    await ann.getByRole('button', { name: 'Settings' }).click();
    await ann.getByRole('button', { name: 'Log out' }).click();
    for (const page of [ann, twin]) await page.getByRole('button', { name: 'Log in', exact: true }).waitFor();
    assert.equal(await ann.getByRole('alert').count(), 0); // who asked for it need not be told
    await other.getByRole('button', { name: 'New conversation' }).waitFor();
});

test('who is blocked is not written to, until that ends', async () => {
    const [ann, bob] = [await browser.join('Ann Blake'), await browser.join('Bob Stone')];
    await talkTo(ann, bob.username);
    await write(ann, 'one');
    await open(bob, 'Ann Blake');
    await message(bob, 'one').waitFor();
    await bob.getByRole('button', { name: 'Details' }).click();
    await bob.getByRole('button', { name: 'Block Ann Blake' }).click();
    await bob.getByRole('button', { name: 'Unblock Ann Blake' }).waitFor();
    await bob.keyboard.press('Escape');
    assert.ok(await bob.getByRole('textbox', { name: 'Write a message' }).isDisabled());
    await write(ann, 'two');
    await message(ann, 'two').getByText('Not sent').waitFor();
    await bob.getByRole('button', { name: 'Details' }).click();
    await bob.getByRole('button', { name: 'Unblock Ann Blake' }).click();
    await bob.keyboard.press('Escape');
    await message(ann, 'two').getByRole('button', { name: 'Try again' }).click();
    await message(bob, 'two').waitFor();
    await message(ann, 'two').getByRole('img', { name: 'read' }).waitFor();
});

test('what is not sent is kept as a draft, and very long texts are folded', async () => {
    const [ann, bob] = [await browser.join('Ann Blake'), await browser.join('Bob Stone')];
    await talkTo(ann, bob.username);
    const long = Array.from({ length: 60 }, (_, i) => `line ${i} of a long text`).join('\n');
    await write(ann, long);
    await message(ann, 'line 0 of').getByRole('button', { name: 'Show all of it' }).click();
    assert.equal(await message(ann, 'line 0 of').locator('.text').textContent(), long);
    const box = ann.getByRole('textbox', { name: 'Write a message' });
    await box.fill('é'.repeat(8193));
    await ann.getByText('Too long for one message, by 2 bytes').waitFor();
    assert.ok(await ann.getByRole('button', { name: 'Send' }).isDisabled());
    await box.fill('to be continued');
    await message(ann, 'line 0 of').hover();
    await message(ann, 'line 0 of').getByRole('button', { name: 'Reply' }).click();
    await ann.goto(`${server.urls['api-server']}/#/`);
    await ann.getByText('Choose a conversation').waitFor();
    await ann.reload();
    await open(ann, 'Bob Stone');
    await until('the draft', async () => (await box.inputValue()) === 'to be continued');
    await ann.getByText('Reply to yourself').waitFor();
    await ann.getByRole('button', { name: 'Send' }).click();
    await message(ann, 'to be continued').locator('.quote').getByText('line 0 of').waitFor();
    await open(bob, 'Ann Blake');
    await message(bob, 'to be continued').locator('.quote').getByText('line 0 of').waitFor();
});

test('drafts: those of an older app, a reply begun early, and nothing of others', async () => {
    const [ann, bob] = [await browser.join('Ann Blake'), await browser.join('Bob Stone')];
    await talkTo(bob, ann.username);
    await write(bob, 'my secret');
    await open(ann, 'Bob Stone');
    await message(ann, 'my secret').waitFor();
    const key = decodeURIComponent(new URL(ann.url()).hash.slice('#/c/'.length));
    const draft = `draft ${ann.username} ${key}`;
    const box = ann.getByRole('textbox', { name: 'Write a message' });

    await keep(ann, draft, 'a plain text');
    await ann.reload();
    await until('the old draft', async () => (await box.inputValue()) === 'a plain text');

    /* The store is slow: she answers before it has said what she had begun to write. */
    await ann.goto(`${server.urls['api-server']}/#/`);
    await ann.getByText('Choose a conversation').waitFor();
    await ann.evaluate(() => {
        const { model } = document.querySelector('chat-app');
        const read = model.draft.bind(model);
        model.draft = async (of) => {
            await new Promise((go) => (globalThis.storeAnswers = go));
            return read(of);
        };
    });
    await open(ann, 'Bob Stone');
    await message(ann, 'my secret').hover();
    await message(ann, 'my secret').getByRole('button', { name: 'Reply' }).click();
    await ann.locator('.quoting').getByText('my secret').waitFor();
    await ann.evaluate(() => globalThis.storeAnswers());
    await until('the draft', async () => (await box.inputValue()) === 'a plain text');
    const both = [[draft, { text: 'a plain text', reply: { seq: 1, from: bob.username } }]];
    await until('it is kept', async () => JSON.stringify(await kept(ann, 'draft ')) === JSON.stringify(both));

    await ann.reload();
    await until('the draft', async () => (await box.inputValue()) === 'a plain text');
    await ann.locator('.quoting').getByText('my secret').waitFor(); // from the history
    await box.press('End');
    await box.pressSequentially(', and more'); // is not kept yet
    await ann.getByRole('button', { name: 'Settings' }).click();
    await ann.getByRole('button', { name: 'Log out' }).click();
    await ann.getByRole('button', { name: 'Log in', exact: true }).waitFor();
    await until('nothing is kept', async () => (await kept(ann, 'draft ')).length === 0);
});

test('new messages are announced to those who look elsewhere, but not when they are muted', async () => {
    const [ann, bob] = [await browser.join('Ann Blake'), await browser.join('Bob Stone')];
    await talkTo(ann, bob.username);
    await write(ann, 'one');
    await bob.getByRole('link', { name: 'Ann Blake' }).waitFor();
    await bob.evaluate(() => {
        globalThis.announced = [];
        globalThis.Notification = class {
            static permission = 'granted';
            constructor(title, { body }) {
                globalThis.announced.push(`${title}: ${body}`);
            }
        };
        document.hasFocus = () => false;
    });
    const announced = () => bob.evaluate(() => globalThis.announced);
    await write(ann, 'two');
    await until('the announcement', async () => (await announced()).length === 1);
    await open(bob, 'Ann Blake');
    await bob.getByRole('button', { name: 'Details' }).click();
    await bob.getByRole('button', { name: 'For an hour' }).click();
    await bob.getByText('Muted.').waitFor();
    await bob.keyboard.press('Escape');
    await write(ann, 'three');
    await message(bob, 'three').waitFor();
    assert.deepEqual(await announced(), ['Ann Blake: two']);
    await message(ann, 'three').getByRole('img', { name: 'delivered' }).waitFor(); // not read by somebody who looks elsewhere
});

test('pushes: the browser is registered as a device, shows what is pushed, and is none after logging out', async () => {
    const ann = await browser.join('Ann Blake');
    await ann.context().grantPermissions(['notifications']);
    const keys = {
        p256dh: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
        auth: 'BTBZMqHH6r4Tts7J_aSIgg',
    };
    await ann.evaluate((its) => {
        const subscription = {
            toJSON: () => ({ endpoint: 'https://push.example/ann', keys: its }),
            unsubscribe: async () => true,
        };
        PushManager.prototype.subscribe = async () => subscription;
        PushManager.prototype.getSubscription = async () => subscription;
    }, keys);
    await ann.getByRole('button', { name: 'Settings' }).click();
    await ann.getByRole('button', { name: 'Also when ChatApp is closed' }).click();
    await ann.getByRole('button', { name: 'Not when ChatApp is closed' }).waitFor();
    const other = await Client.logIn(optionsFor(server), { username: ann.username, password: PASSWORD });
    const channels = async () => (await other.call('GET', '/api/devices')).devices.map(({ channel }) => channel);
    assert.deepEqual(await channels(), ['webpush']);

    const cdp = await ann.context().newCDPSession(ann);
    const registered = new Promise((resolve) =>
        cdp.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => resolve(registrations[0])),
    );
    await cdp.send('ServiceWorker.enable');
    const { registrationId } = await registered;
    await ann.goto('about:blank');
    const data = JSON.stringify({ title: 'Bob Stone', body: 'Hello', collapse: 'd1', data: { conversation: 'd1' } });
    await cdp.send('ServiceWorker.deliverPushMessage', { origin: server.urls['api-server'], registrationId, data });
    await ann.goto(server.urls['api-server']);
    const shown = () =>
        ann.evaluate(async () => {
            const registration = await navigator.serviceWorker.ready;
            return (await registration.getNotifications()).map(({ title, body, tag }) => ({ title, body, tag }));
        });
    await until('the notification', async () => (await shown()).length === 1);
    assert.deepEqual(await shown(), [{ title: 'Bob Stone', body: 'Hello', tag: 'd1' }]);
    await ann.getByRole('button', { name: 'Settings' }).click();
    await ann.getByRole('button', { name: 'Log out' }).click();
    await ann.getByRole('button', { name: 'Log in', exact: true }).waitFor();
    assert.deepEqual(await channels(), []);
    await other.logOut();
});

test('no page did what it should not: errors, other hosts, refusals of the policy', () => {
    assert.deepEqual(browser.wrong, []);
});
