"""The exports of the demo company, read by tools that know nothing of us: by .ci/tools, in a folder of its own."""

import base64
import csv
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pandas

FOLDER = Path(sys.argv[1])
DATASET = "cost_entries"
# Those that may have LibreOffice's bridge: the one of the machine, and the first that is found.
BRIDGED = ["/usr/bin/python3", "python3"]
EXPORT = f"/api/v1/products/platform/exports/{DATASET}.csv"


def free_port():
    with socket.socket() as there:
        there.bind(("127.0.0.1", 0))
        return there.getsockname()[1]


class Program:
    """The demo company, served; and the command line of the same database beside it."""

    def __init__(self):
        self.place = f"127.0.0.1:{free_port()}"
        self.url = f"http://{self.place}"
        self.env = {**os.environ, "DATABASE_URL": f"sqlite://{FOLDER}/prodops.db", "PRODOPS_DATA_DIR": str(FOLDER)}
        self.log = (FOLDER / "server.log").open("w")
        self.process = subprocess.Popen(
            [os.environ["PRODOPS_PROGRAM"], "demo", "--listen", self.place],
            env={**self.env, "PRODOPS_LOG": "trace"}, stdout=self.log, stderr=self.log,
        )
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{self.url}/health/ready")
                return
            except OSError:
                assert self.process.poll() is None, "it has ended"
                time.sleep(0.2)
        raise AssertionError("it does not begin")

    def command(self, *arguments):
        done = subprocess.run(
            [os.environ["PRODOPS_PROGRAM"], *arguments], env=self.env, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def post(self, path, body, token):
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        asked = urllib.request.Request(f"{self.url}{path}", json.dumps(body).encode(), headers)
        return json.load(urllib.request.urlopen(asked))

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=30)
        self.log.close()


def refused(read):
    try:
        read()
    except urllib.error.HTTPError as error:
        return error.code
    raise AssertionError("it is not refused")


def login(program):
    lines = [line.split() for line in (FOLDER / "logins.txt").read_text().splitlines()]
    email, password = next((words[1], words[2]) for words in lines if words and words[0] == "exporter")
    made = program.post("/api/v1/auth/login", {"email": email, "password": password}, "")
    return email, made["access_token"]


def curl(program, token, rows):
    def read(*arguments):
        done = subprocess.run(["curl", "-sS", "--fail-with-body", *arguments], capture_output=True, check=False)
        return done.returncode, done.stdout.decode()

    address = program.url + EXPORT
    netrc = FOLDER / "netrc"
    netrc.write_text(f"machine 127.0.0.1 login tool password {token}\n")
    ways = [
        ("-u", f"tool:{token}", address),
        ("-u", f":{token}", address),
        # Asks without first, and then sends what the refusal says it takes.
        ("--anyauth", "-u", f"tool:{token}", address),
        ("--netrc-file", str(netrc), address),
        ("-H", f"X-API-Key: {token}", address),
        ("-G", "--data-urlencode", f"api_key={token}", address),
    ]
    for way in ways:
        code, text = read(*way)
        assert code == 0 and list(csv.DictReader(io.StringIO(text))) == rows, way[0]
    code, text = read("-u", "tool:pdo_guess", address)
    assert code == 22 and json.loads(text)["status"] == 401, text
    return "curl: -u, --anyauth, --netrc, X-API-Key, api_key"


def read_by_pandas(program, token, signed, rows):
    address = program.url + EXPORT
    basic = "Basic " + base64.b64encode(f"tool:{token}".encode()).decode()
    manager = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    manager.add_password(None, program.url, "tool", token)
    frames = [
        pandas.read_csv(address, storage_options={"Authorization": basic}),
        pandas.read_csv(address, storage_options={"X-API-Key": token}),
        pandas.read_csv(f"{address}?api_key={token}"),
        pandas.read_csv(program.url + signed),
    ]
    assert refused(lambda: pandas.read_csv(address)) == 401
    # Python's own way: asks without first, and then sends what the refusal says it takes.
    urllib.request.install_opener(urllib.request.build_opener(urllib.request.HTTPBasicAuthHandler(manager)))
    frames.append(pandas.read_csv(address))
    urllib.request.install_opener(urllib.request.build_opener())
    for frame in frames:
        assert len(frame) == len(rows) and list(frame.columns) == list(rows[0]), frame
        assert round(float(frame["amount"].sum()), 2) == round(sum(float(row["amount"]) for row in rows), 2)
    return f"pandas {pandas.__version__}: Basic by header and by challenge, X-API-Key, api_key, a signed address"


def read_by_spreadsheet(program, token, signed, rows):
    if shutil.which("soffice") is None:
        return "LibreOffice: is not there, left out"
    ways = {
        "address": f"{program.url}{EXPORT}?api_key={token}",
        "signed": program.url + signed,
    }
    for name, address in ways.items():
        out = FOLDER / name
        subprocess.run(
            ["soffice", f"-env:UserInstallation=file://{FOLDER}/office", "--headless",
             "--infilter=Text - txt - csv (StarCalc):44,34,76,1", "--convert-to", "fods", "--outdir", str(out), address],
            check=True, capture_output=True, timeout=120,
        )
        (made,) = out.iterdir()
        text = made.read_text()
        assert all(row["id"] in text for row in rows), name
    python = next((python for python in BRIDGED if has_bridge(python)), None)
    if python is None:
        return "LibreOffice: api_key, a signed address; Basic left out: no python has its bridge"
    office = subprocess.Popen(
        ["soffice", f"-env:UserInstallation=file://{FOLDER}/office", "--headless", "--norestore",
         f"--accept=pipe,name={FOLDER.name};urp;"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    try:
        sign_in = [python, Path(__file__).with_name("sign_in.py"), FOLDER.name, program.url + EXPORT, "tool", token]
        done = subprocess.run(sign_in, check=True, capture_output=True, text=True, timeout=120)
    finally:
        office.terminate()
    heading, *lines = json.loads(done.stdout)
    assert [line[heading.index("id")] for line in lines] == [row["id"] for row in rows]
    return "LibreOffice: api_key, a signed address, Basic when it asks"


def has_bridge(python):
    """Whether it can speak to LibreOffice."""
    return shutil.which(python) and subprocess.run([python, "-c", "import uno"], capture_output=True).returncode == 0


def main():
    program = Program()
    try:
        email, access = login(program)
        asked = urllib.request.Request(program.url + EXPORT, headers={"Authorization": f"Bearer {access}"})
        rows = list(csv.DictReader(io.StringIO(urllib.request.urlopen(asked).read().decode())))
        assert len(rows) > 20, len(rows)
        token = program.command(
            "token", "create", "--user", email, "--product", "platform", "--role", "exporter", "--name", "tools"
        )
        made = program.post(
            "/api/v1/products/platform/exports/signed-urls", {"dataset": DATASET, "expires_in": 3600}, access
        )
        done = [
            curl(program, token, rows),
            read_by_pandas(program, token, made["url"], rows),
            read_by_spreadsheet(program, token, made["url"], rows),
        ]
        # Another process revokes it: the next request is refused.
        program.command("token", "revoke", program.command("token", "list").split()[0])
        basic = "Basic " + base64.b64encode(f"tool:{token}".encode()).decode()
        again = urllib.request.Request(program.url + EXPORT, headers={"Authorization": basic})
        assert refused(lambda: urllib.request.urlopen(again)) == 401
    finally:
        program.end()
    said = (FOLDER / "server.log").read_text()
    secrets = [token, made["url"].removeprefix("/e/"), base64.b64encode(f"tool:{token}".encode()).decode(), access]
    assert not any(secret in said for secret in secrets), "a secret is in the log"
    print("\n".join(done))


main()
