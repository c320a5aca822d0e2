// The mail that the channel email builds, as Python's own parser (RFC 5322, 2045, 2047) reads it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { NOW, NOTIFICATION, build, channelTool } from './channels.mjs';

const flags = ['--smtp-url=smtp://mail.example:587', '--smtp-from=chat@example.org'];

const READ = `
import email, email.policy, json, sys
m = email.message_from_binary_file(sys.stdin.buffer, policy=email.policy.default)
print(json.dumps({
    'headers': [[k.lower(), str(v)] for k, v in m.items()],
    'body': m.get_content(), 'type': m.get_content_type(), 'charset': m.get_content_charset(),
    'time': m['date'].datetime.timestamp(), 'defects': [repr(d) for d in m.defects],
    'header_defects': [repr(d) for v in m.values() for d in v.defects]}))
`;

function read(body) {
    const mail = JSON.parse(execFileSync('python3', ['-c', READ], { input: body, encoding: 'utf8' }));
    assert.deepEqual([mail.defects, mail.header_defects], [[], []]);
    const headers = Object.fromEntries(mail.headers);
    assert.equal(Object.keys(headers).length, mail.headers.length, 'a header comes twice');
    return { ...mail, headers };
}

function mailOf(notification, address = 'ann@mail.example') {
    const built = build('email', { address }, { flags, notification });
    return { ...built, mail: read(built.body) };
}

test('it is a mail with the text in it', () => {
    const { from, to, mail, url } = mailOf({});
    assert.deepEqual([from, to, url], ['chat@example.org', 'ann@mail.example', 'smtp://mail.example:587']);
    assert.equal(mail.headers.subject, 'Böb');
    assert.equal(mail.headers.from, 'chat@example.org');
    assert.equal(mail.headers.to, 'ann@mail.example');
    assert.equal(mail.headers['message-id'], `<${NOTIFICATION.id}.daaaaaaaaaaaaaaaaaaaaaaa@example.org>`);
    assert.equal(mail.headers['auto-submitted'], 'auto-generated');
    assert.deepEqual([mail.type, mail.charset, mail.body], ['text/plain', 'utf-8', NOTIFICATION.body]);
    assert.equal(mail.time * 1000, NOW);
});

test('no text can add a header or a recipient', () => {
    const { mail } = mailOf({ title: 'hi\r\nBcc: eve@mail.example\r\n\r\nbody', body: '.\r\nQUIT\r\n' });
    assert.equal(mail.headers.bcc, undefined);
    assert.equal(mail.headers.subject, 'hi  Bcc: eve@mail.example    body');
    assert.equal(mail.body.replaceAll('\r\n', '\n'), '.\nQUIT\n');
    for (const address of ['a@b.example\r\nRCPT TO:<eve@c.example>', 'a@b.example>', '<a@b.example', 'a b@c.example',
        '"a"@b.example', 'a@b.example,c@d.example', '@b.example', 'a@', 'a@-b.example', 'a..b@c.example']) {
        const built = channelTool({ channel: 'email', device: { address }, notification: NOTIFICATION }, flags);
        assert.equal(built.err, 'invalid', address);
    }
});

test('any text comes through, and no line is too long', () => {
    const titles = ['plain', '=?UTF-8?B?aGk=?=', 'x'.repeat(150), '🌻'.repeat(40), `${'a'.repeat(44)}é${'b'.repeat(60)}`,
        'tabs\tand\u0001controls\u001b'];
    for (const title of titles) {
        const body = `${title}\nsecond line\r\nthird\n${'é'.repeat(500)}`;
        const { mail, body: bytes } = mailOf({ title, body });
        assert.equal(mail.headers.subject, title.replace(/[\u0000-\u001f]/g, ' '));
        assert.equal(mail.body.replaceAll('\r\n', '\n'), body.replaceAll('\r\n', '\n'));
        for (const line of bytes.toString().split('\r\n')) assert.ok(line.length <= 78 && !/[\r\n]/.test(line), line);
    }
});

test('without a title the first line of the text is the subject, cut between characters', () => {
    assert.equal(mailOf({ title: '', body: 'first\nsecond' }).mail.headers.subject, 'first');
    const { subject } = mailOf({ title: '🌻'.repeat(100) }).mail.headers;
    assert.ok(Buffer.byteLength(subject) <= 200);
    assert.match(subject, /^(🌻)+…$/u);
});

test('an address beyond ASCII stays as it is (RFC 6531)', () => {
    const { to } = build('email', { address: 'jürgen@bücher.example' }, { flags });
    assert.equal(to, 'jürgen@bücher.example');
});
