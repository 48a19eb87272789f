"""A real mail server for tests: STARTTLS with AUTH, implicit TLS, or plain.

Arguments: mode (starttls, implicit, plain), folder, certificate, key. It prints its port, keeps every mail it takes as
FOLDER/N.eml with its envelope in FOLDER/N.json, and ends when its standard input does. A file FOLDER/busy makes every
mailbox busy.
"""

import asyncio
import json
import os
import ssl
import sys
import threading

from aiosmtpd.smtp import SMTP, AuthResult

MODE, FOLDER, CERTIFICATE, KEY = sys.argv[1:5]


class Handler:
    taken = 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        name = address.split("@")[0]
        if name == "reject":
            return "550 5.1.1 nobody of that name here"
        if name == "busy" or os.path.exists(os.path.join(FOLDER, "busy")):
            return "451 4.3.2 busy, try again later"
        if name == "hang":
            await asyncio.sleep(3600)
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 that one is here"

    async def handle_DATA(self, server, session, envelope):
        self.taken += 1
        path = os.path.join(FOLDER, str(self.taken))
        about = {"from": envelope.mail_from, "to": envelope.rcpt_tos, "tls": MODE != "plain"}
        with open(path + ".json", "w") as file:
            json.dump(about, file)
        with open(path + ".part", "wb") as file:
            file.write(envelope.content)
        os.rename(path + ".part", path + ".eml")
        return f"250 2.0.0 taken as number {self.taken}"


def known(server, session, envelope, mechanism, data):
    right = data.login == b"landfall" and data.password == b"open sesame"
    return AuthResult(success=right, handled=False)


def conversation():
    if MODE == "plain":
        return SMTP(handler)
    own = {"require_starttls": True, "tls_context": tls} if MODE == "starttls" else {"auth_require_tls": False}
    return SMTP(handler, authenticator=known, auth_required=True, **own)


async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(conversation, "127.0.0.1", 0, ssl=tls if MODE == "implicit" else None)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


handler = Handler()
tls = None
if MODE != "plain":
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(CERTIFICATE, KEY)
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
asyncio.run(main())
