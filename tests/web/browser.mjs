// A real Chromium for the app's stories. $CHATAPP_CHROMIUM names it, $CHATAPP_SCREENSHOTS the folder for pictures.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { PASSWORD, uniqueName, until } from './people.mjs';

const FLAGS = [
    '--no-sandbox',
    '--headless',
    '--disable-gpu',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
];
const PATIENCE_MS = 60_000;

/** Tabs of the app at `server`, each of a person of its own; close() ends all. What a page should not do (errors,
 * requests to others) is in `wrong`. */
export async function openBrowser(server) {
    const browser = await chromium.launch({
        executablePath: process.env.CHATAPP_CHROMIUM ?? '/usr/bin/chromium',
        args: FLAGS,
    });
    const wrong = [];

    async function tab(options = {}) {
        const context = await browser.newContext({ locale: 'en-GB', timezoneId: 'Europe/Berlin', ...options });
        context.setDefaultTimeout(PATIENCE_MS);
        return tabIn(context);
    }

    async function tabIn(context, path = '/') {
        const page = await context.newPage();
        page.on('pageerror', (error) => wrong.push(`error: ${error.message}`));
        page.on('console', (message) => {
            if (/Content Security Policy|TrustedHTML/.test(message.text())) wrong.push(message.text());
        });
        page.on('request', (request) => {
            if (!request.url().startsWith(server.urls['api-server']) && !/^(data|blob):/.test(request.url()))
                wrong.push(`asks ${request.url()}`);
        });
        await page.goto(server.urls['api-server'] + path, { waitUntil: 'commit' });
        await page.locator('sign-in main, chat-app').first().waitFor();
        return page;
    }

    /** Somebody new in a tab of their own. */
    const join = async (name, options) => signUp(await tab(options), name);
    const joinIn = async (context, name) => signUp(await tabIn(context), name);

    async function signUp(page, name) {
        const username = uniqueName(name.toLowerCase().replace(/[^a-z]/g, '') || 'user');
        await page.getByRole('button', { name: 'New here?' }).click();
        await page.getByLabel('Username').fill(username);
        await page.getByLabel('Name that others see').fill(name);
        await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
        await page.getByRole('button', { name: 'Create account' }).click();
        await page.getByRole('button', { name: 'New conversation' }).waitFor();
        return Object.assign(page, { username });
    }

    return { tab, tabIn, join, joinIn, wrong, close: () => browser.close() };
}

/** Begins a conversation with somebody, by their username. */
export async function talkTo(page, username) {
    await page.getByRole('button', { name: 'New conversation' }).click();
    await page.getByLabel('Talk to (username)').fill(username);
    await page
        .getByRole('button', { name: /^Message / })
        .first()
        .click();
    await page.getByRole('textbox', { name: 'Write a message' }).waitFor();
}

/** By the button: on a phone Enter is a new line. */
export async function write(page, text) {
    await page.getByRole('textbox', { name: 'Write a message' }).fill(text);
    await page.getByRole('button', { name: 'Send' }).click();
}

/** What is in the page's IndexedDB, where it outlives the page, under keys that begin so: [key, value] each. */
export function kept(page, prefix) {
    return page.evaluate(async (begin) => {
        const { BrowserStore } = await import('/client/store.js');
        return (await BrowserStore.open()).list(begin);
    }, prefix);
}

/** Puts something there, as if it had been kept before. */
export function keep(page, key, value) {
    return page.evaluate(
        async (entry) => {
            const { BrowserStore } = await import('/client/store.js');
            await (await BrowserStore.open()).update(entry.key, () => entry.value);
        },
        { key, value },
    );
}

/** Until so many messages that are not acked are kept. */
export function untilKept(page, count) {
    return until(`${count} messages are kept`, async () => (await kept(page, 'outbox ')).length === count);
}

/** Opens the conversation of the list that is called so. */
export async function open(page, title) {
    await page.locator('side-bar').getByRole('link', { name: title }).first().click();
}

export const message = (page, text) => page.locator('.message').filter({ hasText: text });

/** The texts of the messages in the page, from the first to the last. */
export const texts = (page) => page.locator('.message .text').allTextContents();

export async function picture(page, name) {
    const folder = process.env.CHATAPP_SCREENSHOTS;
    assert.ok(folder, 'CHATAPP_SCREENSHOTS must name a folder');
    mkdirSync(folder, { recursive: true });
    await page.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled' });
}
