"""A real nginx in front of a desk, with the configuration of the documentation and a certificate that lasts a day."""

import http.client
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "desk.example.org"
CONFIGURATION = Path(__file__).parent.parent / "docs" / "nginx.conf"
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
needed = pytest.mark.skipif(NGINX is None, reason="nginx is not installed: apt-get install nginx-light")
AROUND = """daemon off; master_process off; worker_processes 1; error_log stderr warn; pid {folder}/nginx.pid;
events {{ worker_connections 64; }}
http {{
access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
{server}
}}
"""
"""What a system's own nginx.conf has around a server, for one process in a folder of its own."""
PATIENCE = 30.0


class Answer(NamedTuple):
    """What came back: status, headers with small names, and the body."""

    status: int
    headers: Mapping[str, str]
    body: str


def certificate(folder: Path) -> None:
    """Write a key and a certificate of the desk's name, signed by itself."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(hours=1))
    made = made.not_valid_after(now + timedelta(days=1))
    signed = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False).sign(
        key, hashes.SHA256()
    )
    (folder / "desk.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    plain = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "desk.key").write_bytes(plain)


class Proxy:
    """A running nginx; each client comes from an address of its own."""

    def __init__(self, folder: Path, port: int) -> None:
        self.port = port
        self._context = ssl.create_default_context(cafile=str(folder / "desk.pem"))

    def connection(self, source: str) -> http.client.HTTPConnection:
        """Connect over TLS from an address; the name of the desk is the certificate's."""
        plain = socket.create_connection(("127.0.0.1", self.port), PATIENCE, (source, 0))
        found = http.client.HTTPConnection(HOST)
        found.sock = self._context.wrap_socket(plain, server_hostname=HOST)
        return found

    def ask(self, path: str, body: bytes | None = None, *, source: str = "127.0.0.2", **headers: str) -> Answer:
        """Ask once; underscores of header names stand for hyphens."""
        with closing(self.connection(source)) as connection:
            said = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request("GET" if body is None else "POST", path, body, said)
            return read(connection.getresponse())


def read(answer: http.client.HTTPResponse) -> Answer:
    """Read an answer to its end."""
    headers = {name.lower(): value for name, value in answer.getheaders()}
    return Answer(answer.status, headers, answer.read().decode())


@contextmanager
def in_front_of(address: str, folder: Path) -> Iterator[Proxy]:
    """Run nginx in front of a desk."""
    certificate(folder)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = CONFIGURATION.read_text(encoding="utf-8")
    for documented, here in {
        "443 ssl": f"127.0.0.1:{port} ssl",
        f"/etc/ssl/{HOST}.pem": f"{folder}/desk.pem",
        f"/etc/ssl/{HOST}.key": f"{folder}/desk.key",
        "http://127.0.0.1:8000": address.rstrip("/"),
    }.items():
        assert server.count(documented) == 1, documented
        server = server.replace(documented, here)
    (folder / "nginx.conf").write_text(AROUND.format(folder=folder, server=server), encoding="utf-8")
    assert NGINX is not None
    with (folder / "nginx.log").open("wb") as log:
        process = subprocess.Popen([NGINX, "-p", folder, "-c", folder / "nginx.conf"], stdout=log, stderr=log)
    try:
        proxy = Proxy(folder, port)
        wait_for(proxy, process, folder / "nginx.log")
        yield proxy
    finally:
        process.terminate()
        process.wait(PATIENCE)


def wait_for(proxy: Proxy, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until the desk answers through it."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            assert proxy.ask("/healthz").status == 200
        except OSError:
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(log.read_text(encoding="utf-8")) from None
            time.sleep(0.02)
        else:
            return
