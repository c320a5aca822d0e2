# A mail server for tests (aiosmtpd): STARTTLS, then a password, then mails, each printed as a line of JSON. Mailboxes whose
# name begins with "gone" do not exist.
#
#     mail_server.py CERTIFICATE KEY USER PASSWORD      prints {"port"} first
import asyncio
import email
import email.policy
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith('gone'):
            return '550 5.1.1 no such mailbox'
        envelope.rcpt_tos.append(address)
        return '250 2.1.5 OK'

    async def handle_DATA(self, server, session, envelope):
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        say({'from': envelope.mail_from, 'to': envelope.rcpt_tos, 'tls': session.ssl is not None,
             'authenticated': session.authenticated, 'subject': mail['subject'], 'id': mail['message-id'],
             'body': mail.get_content()})
        return '250 2.0.0 OK'


def say(value):
    print(json.dumps(value), flush=True)


def is_known(user, password):
    def check(server, session, envelope, mechanism, data):
        good = (data.login.decode(), data.password.decode()) == (user, password)
        return AuthResult(success=good)
    return check


async def main(certificate, key, user, password):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(Handler(), tls_context=context, require_starttls=True, auth_required=True,
                     authenticator=is_known(user, password), enable_SMTPUTF8=True),
        '127.0.0.1', 0)
    say({'port': server.sockets[0].getsockname()[1]})
    await server.serve_forever()


asyncio.run(main(*sys.argv[1:]))
