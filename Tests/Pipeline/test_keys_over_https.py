"""The public keys of a project's tokens come from an https address: of whom the process trusts, under its own name, and from nowhere else."""
import http.client, http.server, json, signal, ssl, subprocess, threading, time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from stack import Stack, until

READER = "00000000-0000-4000-8000-000000000001"
KEY = ec.generate_private_key(ec.SECP256R1())
KEYS = {"keys": [{**json.loads(jwt.get_algorithm_by_name("ES256").to_jwk(KEY.public_key())), "kid": "first", "use": "sig", "alg": "ES256"}]}
TOKEN = jwt.encode({"sub": READER, "exp": int(time.time()) + 3600}, KEY, "ES256", headers={"kid": "first"})


class Authority:
    """A certificate authority of the test's own, which no system knows."""

    def __init__(self, folder):
        self.folder, self.certificate = folder, folder / "authority.pem"
        self.openssl("req", "-x509", "-subj", "/CN=authority of the test", "-keyout", folder / "authority.key", "-out", self.certificate)

    def openssl(self, *arguments):
        new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        subprocess.run(["openssl", *arguments, *new, "-days", "2"], check=True, capture_output=True)

    def context(self, address):
        """For a server with this IP address."""
        key, certificate = self.folder / f"{address}.key", self.folder / f"{address}.pem"
        self.openssl(
            "req", "-x509", "-CA", self.certificate, "-CAkey", self.folder / "authority.key", "-subj", "/CN=server", "-addext",
            f"subjectAltName=IP:{address}", "-addext", "basicConstraints=critical,CA:FALSE", "-keyout", key, "-out", certificate)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        return context


class Project:
    """An https server on 127.0.0.1 with a key set, and an address that points to it."""

    def __init__(self, context):
        self.asked = asked = []
        project = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.path)
                body = json.dumps(KEYS).encode()
                self.send_response(302 if self.path == "/moved.json" else 200)
                self.send_header("Location", f"{project.url}/jwks.json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, *_):
                pass  # a client that does not trust us goes away

        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"https://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture(scope="module")
def authority(stack):
    with stack.cluster.connect() as connection:
        connection.execute("create database aaltohub")
    stack.ctl("migrate", "--user", "postgres")
    with stack.cluster.connect("aaltohub") as connection:
        connection.execute("alter role aaltohub_supervisor login; alter role aaltohub_ctl login")
    stack.ctl("admin", "add", READER)
    return Authority(stack.folder)


@pytest.fixture
def ask(stack, authority):
    """Starts the supervisor with a key set's address; the status that the token gets from it, as long as it runs."""
    def begin(address, *, trusts):
        stack.environment |= {"AALTOHUB_SUPABASE_JWKS": address}
        stack.environment.pop("SSL_CERT_FILE", None)
        if trusts:
            stack.environment["SSL_CERT_FILE"] = str(trusts)
        before = len(log(stack))
        stack.start("supervisor")

        def status():
            connection = http.client.HTTPConnection("127.0.0.1", stack.http_port, timeout=20)
            connection.request("GET", "/admin/session", headers={"Authorization": f"Bearer {TOKEN}"})
            found = connection.getresponse().status
            connection.close()
            return found

        # What it has said of the keys since.
        status.said = lambda: log(stack)[before:]
        return status

    yield begin
    assert stack.kill("supervisor", signal.SIGTERM) == 0


def log(stack):
    return [line["message"] for line in map(json.loads, stack.log("supervisor").splitlines()) if "supabase.jwks" in line["message"]]


def test_whom_the_environment_trusts_gives_the_keys(authority, ask):
    project = Project(authority.context("127.0.0.1"))
    try:
        status = ask(f"{project.url}/jwks.json", trusts=authority.certificate)
        until(lambda: status() == 200, 20, "a token that is known")
        assert project.asked == ["/jwks.json"] and status.said() == []
    finally:
        project.close()


def refused(status, why):
    """The keys are asked for in vain, and that is said."""
    (said,) = until(status.said, 20, "a warning")
    assert why in said
    assert status() in (401, 429)


def test_a_redirect_is_not_followed(authority, ask):
    project = Project(authority.context("127.0.0.1"))
    try:
        refused(ask(f"{project.url}/moved.json", trusts=authority.certificate), "it answers 302")
        assert set(project.asked) == {"/moved.json"}
    finally:
        project.close()


@pytest.mark.parametrize("name, is_trusted, why", [("127.0.0.1", False, "SSL_CERT_FILE"), ("127.0.0.2", True, "for another name")])
def test_who_is_not_vouched_for_is_not_heard(authority, ask, name, is_trusted, why):
    project = Project(authority.context(name))
    try:
        refused(ask(f"{project.url}/jwks.json", trusts=authority.certificate if is_trusted else None), why)
        assert project.asked == []
    finally:
        project.close()
