"""receivers.py FOLDER PASSWORD: an SMTP server with STARTTLS and a login, one without either, and a webhook receiver, on free ports of the loopback
address. FOLDER has cert.pem and key.pem. Prints the three ports when ready, writes mails to FOLDER/mail-N and what the receiver got to
FOLDER/http.jsonl. Ends when its standard input does.

Mail: to busy@ 451 the first time, to nobody@ 550. HTTP: POST /fail answers 500, /busy 429 with Retry-After: 1 the first time, /stall never, all else 200.
"""
import asyncio
import http.server
import json
import ssl
import sys
import threading

from aiosmtpd.smtp import SMTP, AuthResult

folder, password = sys.argv[1:3]
stopping = threading.Event()
lock = threading.Lock()
seen = {"mails": 0, "busy": 0, "too fast": 0}


class Mails:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            return "550 no such user"
        if address.startswith("busy@") and seen["busy"] == 0:
            seen["busy"] = 1
            return "451 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        with lock:
            seen["mails"] += 1
            name = f"{folder}/mail-{seen['mails']}"
        with open(name, "wb") as file:
            file.write(f"X-From: {envelope.mail_from}\nX-To: {' '.join(envelope.rcpt_tos)}\nX-TLS: {session.ssl is not None}\n".encode())
            file.write(envelope.content)
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    return AuthResult(success=mechanism in ("PLAIN", "LOGIN") and data.password == password.encode(), handled=False)


class Hooks(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        with lock, open(f"{folder}/http.jsonl", "a") as file:
            file.write(json.dumps({"path": self.path, "headers": dict(self.headers), "body": body}) + "\n")
        if self.path == "/stall":
            stopping.wait()
            return
        code = 500 if self.path == "/fail" else 200
        if self.path == "/busy" and seen["too fast"] == 0:
            seen["too fast"], code = 1, 429
        self.send_response(code)
        if code == 429:
            self.send_header("Retry-After", "1")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


async def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{folder}/cert.pem", f"{folder}/key.pem")
    loop = asyncio.get_running_loop()
    guarded = await loop.create_server(
        lambda: SMTP(Mails(), loop=loop, tls_context=context, require_starttls=True, auth_required=True, authenticator=authenticate), "127.0.0.1", 0)
    plain = await loop.create_server(lambda: SMTP(Mails(), loop=loop), "127.0.0.1", 0)
    hooks = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hooks)
    hooks.daemon_threads = True
    threading.Thread(target=hooks.serve_forever, daemon=True).start()
    print(guarded.sockets[0].getsockname()[1], plain.sockets[0].getsockname()[1], hooks.server_address[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    stopping.set()


asyncio.run(main())
