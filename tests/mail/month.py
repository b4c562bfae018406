"""A month's report, published over the API and read from the mailbox: by .ci/mail, in a folder of its own."""

import email
import email.policy
import json
import logging
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

FOLDER = Path(sys.argv[1])
KEEP = os.environ.get("KEEP")
USER, PASSWORD = "prodops@example.com", "hünter2 & a / slash"
PLATFORM = "/api/v1/products/platform"
LATER = 90  # seconds
logging.getLogger("mail.log").setLevel(logging.ERROR)  # It complains of a part of itself.


def free_port():
    with socket.socket() as there:
        there.bind(("127.0.0.1", 0))
        return there.getsockname()[1]


class Mailbox:
    """Takes letters in over TLS from who signed in; refuses the first one to some."""

    def __init__(self):
        self.letters, self.refused, self.refuse = [], [], {"refused@example.com"}

    async def handle_DATA(self, server, session, envelope):
        assert session.ssl is not None and session.authenticated, "in the clear, or from anybody"
        assert envelope.mail_from == "reports@prodops.example.com", envelope.mail_from
        (whom,) = envelope.rcpt_tos
        letter = whom, envelope.original_content
        if whom in self.refuse:
            self.refuse.remove(whom)
            self.refused.append(letter)
            link = re.search(rb"http://\S+/r/[^\s\"=]+", letter[1])
            return f"554 5.7.1 blocked: {link[0].decode() if link else 'no link'} by \x1b[31m{PASSWORD}"
        self.letters.append(letter)
        return "250 2.0.0 taken"


def let_in(server, session, envelope, mechanism, data):
    known = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=known)


def serve_mail(mailbox):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(FOLDER / "authority.pem")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    controller = Controller(
        mailbox, hostname="127.0.0.1", port=free_port(), tls_context=context, require_starttls=True,
        authenticator=let_in, auth_required=True,
    )
    controller.start()
    return controller


class Program:
    def __init__(self, mail_port):
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        quoted = [urllib.parse.quote(part, safe="") for part in (USER, PASSWORD)]
        self.environment = os.environ | {
            "DATABASE_URL": f"sqlite://{FOLDER}/prodops.db",
            "PRODOPS_DATA_DIR": str(FOLDER),
            "PRODOPS_LISTEN": f"127.0.0.1:{port}",
            "PRODOPS_LOG": "trace",
            "PRODOPS_SMTP_URL": f"smtp://{quoted[0]}:{quoted[1]}@localhost:{mail_port}?tls=required",
            "PRODOPS_MAIL_FROM": '"prodops, the platform\'s" <reports@prodops.example.com>',
            "PRODOPS_PUBLIC_URL": self.url,
            "SSL_CERT_FILE": str(FOLDER / "authority.pem"),
        }
        self.log = open(FOLDER / "log", "wb")
        command = [os.environ["PRODOPS_PROGRAM"], "demo"]
        self.process = subprocess.Popen(command, env=self.environment, stdout=subprocess.DEVNULL, stderr=self.log)
        until("the server is ready", lambda: self.get("/health/ready", token=None) and True)
        lines = [line.split() for line in (FOLDER / "logins.txt").read_text().splitlines()]
        self.logins = {role: (address, password) for role, address, password in lines}
        self.token = self.sign_in("owner")

    def sign_in(self, role):
        address, password = self.logins[role]
        return self.send("POST", "/api/v1/auth/login", {"email": address, "password": password}, token=None)[0]["access_token"]

    def send(self, method, path, body=None, token="", **headers):
        data = None if body is None else json.dumps(body).encode()
        if data:
            headers["Content-Type"] = "application/json"
        if token is not None:
            headers["Authorization"] = f"Bearer {token or self.token}"
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            text = answer.read().decode()
            plain = "json" in answer.headers["Content-Type"]
            return json.loads(text) if plain else text, answer.headers.get("ETag")

    def get(self, path, token=""):
        return self.send("GET", path, token=token)[0]

    def check(self):
        """What `prodops check` says."""
        told = subprocess.run([os.environ["PRODOPS_PROGRAM"], "check"], env=self.environment, capture_output=True)
        assert told.returncode == 0, told
        return told.stdout.decode()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        ended = self.process.wait(15)
        self.log.close()
        return ended


def until(what, condition):
    end = time.monotonic() + LATER
    while time.monotonic() < end:
        try:
            if answer := condition():
                return answer
        except (urllib.error.URLError, ConnectionError):
            pass
        time.sleep(0.2)
    raise AssertionError(f"not within {LATER} s: {what}")


def parsed(letter):
    """The letter, its text and its HTML, without any fault that the parser knows."""
    message = email.message_from_bytes(letter, policy=email.policy.default)
    parts = list(message.walk())
    assert [part.get_content_type() for part in parts] == ["multipart/alternative", "text/plain", "text/html"], parts
    for part in parts:
        assert not part.defects and not any(value.defects for value in part.values()), part.defects
    assert all(len(line) <= 998 for line in letter.split(b"\r\n")), "a line too long (RFC 5321)"
    text, html = (part.get_content().replace("\r\n", "\n") for part in parts[1:])
    return message, text, html


def shown(view):
    """The figures of the headline and of what is for the reader, as the report writes them."""
    def facts(value):
        if isinstance(value, dict):
            if "fact" in value:
                yield value["fact"]["shown"]
            yield from (fact for inner in value.values() for fact in facts(inner))
        elif isinstance(value, list):
            yield from (fact for inner in value for fact in facts(inner))

    return [fact for section in view["sections"] if section["key"] in ("headline", "for_you") for fact in facts(section)]


mailbox = Mailbox()
server = serve_mail(mailbox)
program = Program(server.port)
told = program.check()
assert "localhost" in told and USER in told and PASSWORD not in told and "%20" not in told, told

people = {row["name"]: row for row in program.get(f"{PLATFORM}/stakeholders")["items"]}
viewer = program.get("/api/v1/me", token=program.sign_in("viewer"))
for name, patch in {
    "Konrad Pfeiffer": {"email": "konrad@example.com"},
    "Magnus Falkenrath": {"email": "refused@example.com"},
    "Ingrid Vestergaard": {"email": "ingrid@example.com", "user": viewer["id"]},
}.items():
    row = people[name]
    program.send("PATCH", f"{PLATFORM}/stakeholders/{row['id']}", patch, **{"If-Match": f'"{row["version"]}"'})

month = program.get(PLATFORM)["published_through"]
draft, seen = program.send("POST", f"{PLATFORM}/reports", {"month": month})
report = f"{PLATFORM}/reports/{draft['id']}"
words = "# A heading\n\n**Two** nights <b>long</b> the team [looked](https://example.com/review) for it. ![](https://example.com/x.png)"
program.send("PUT", f"{report}/commentary/headline", {"text": words}, **{"If-None-Match": "*"})
seen = program.send("GET", report)[1]
program.send("POST", f"{report}/publish", {"reason": "A bill came late."}, **{"If-Match": seen})

until("two letters arrive", lambda: len(mailbox.letters) == 2 and mailbox.refused)
deliveries = f"{report}/deliveries"
listed = until("one has failed", lambda: program.get(f"{deliveries}?state=failed")["items"])
(failed,) = listed
problem = failed["problem"]
assert problem.startswith("554 5.7.1 blocked: ") and PASSWORD not in problem and "\x1b" not in problem, problem

# Sent again, it is the same letter to whoever sorts letters: the same name, the same link.
program.send("POST", f"{deliveries}/{failed['id']}/retry", **{"If-Match": f'"{failed["version"]}"'})
until("the third arrives", lambda: len(mailbox.letters) == 3)
letters = dict(mailbox.letters)
first, again = parsed(mailbox.refused[0][1]), parsed(letters["refused@example.com"])
assert first[0]["Message-ID"] == again[0]["Message-ID"] and first[1:] == again[1:]

tokens = []
for address, name in [("konrad@example.com", "Konrad Pfeiffer"), ("refused@example.com", "Magnus Falkenrath"),
                      ("ingrid@example.com", "Ingrid Vestergaard")]:
    message, text, html = parsed(letters[address])
    if KEEP:
        Path(KEEP, f"{address}.eml").write_bytes(letters[address])
        Path(KEEP, f"{address}.html").write_text(html)
        Path(KEEP, f"{address}.txt").write_text(text)
    (to,), (sender,) = message["To"].addresses, message["From"].addresses
    assert (to.display_name, to.addr_spec) == (name, address), message["To"]
    assert (sender.display_name, sender.addr_spec) == ("prodops, the platform's", "reports@prodops.example.com")
    assert message["Subject"].endswith(", corrected"), message["Subject"]
    assert message["Auto-Submitted"] == "auto-generated" and message["Date"].datetime is not None
    assert re.fullmatch(r"<[0-9a-f-]{36}@127\.0\.0\.1>", message["Message-ID"]), message["Message-ID"]
    assert "A bill came late." in text and "<strong>Two</strong>" in html and "&lt;b&gt;" in html
    assert not re.search(r"<(script|img|link|style|svg|iframe|form)|\s(src|on\w+)=", html), html
    (link,) = re.findall(rf"^{re.escape(program.url)}\S+$", text, re.M)
    assert f'href="{link}"' in html
    path = link.removeprefix(program.url)
    if name == "Ingrid Vestergaard":
        page = program.get(path, token=program.sign_in("viewer"))
    else:
        tokens.append(path.removeprefix("/r/"))
        page = program.get(path, token=None)
    assert f"for {name}" in page, page
    figures = shown(program.get(f"{report}.json?for={people[name]['id']}"))
    assert len(figures) > 10, figures
    for figure in figures:
        assert figure in text and figure.replace("&", "&amp;") in html and figure in page, figure

states = {row["address"]: (row["state"], row["attempts"]) for row in program.get(deliveries)["items"]}
assert states == dict.fromkeys(letters, ("sent", 1)), states
answers = json.dumps([program.get(path) for path in (deliveries, f"{report}/share-links", f"{PLATFORM}/audit-events?limit=200")])
assert program.stop() == 0, "the program did not end well"
server.stop()
log = (FOLDER / "log").read_text()
assert "listening" in log and "panicked" not in log
for secret in [PASSWORD, urllib.parse.quote(PASSWORD, safe=""), *tokens]:
    assert secret not in log, "a secret in the log"
    assert secret not in answers, "a secret in an answer"
print(f"{len(letters)} letters of {month}, {len(tokens)} links, one of them sent twice")
