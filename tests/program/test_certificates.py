"""Whom HTTPS downloads trust: the certificates that SSL_CERT_FILE and SSL_CERT_DIR name, and a message that says which were asked."""
import http.server
import os
import shutil
import ssl
import subprocess
import threading

import pytest
from small_campaign import DOWNLOAD_FAILED, run

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl, which makes the certificate, is not installed")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for 127.0.0.1 that is its own authority, and its key."""
    folder = tmp_path_factory.mktemp("certificate")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=127.0.0.1",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2", "-keyout", folder / "key.pem", "-out", folder / "own.pem"],
                   check=True, capture_output=True, stdin=subprocess.DEVNULL)
    return folder / "own.pem"


@pytest.fixture(scope="module")
def address(certificate):
    """Of an HTTPS server that has no file."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"https://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()
    thread.join()


def download(address, folder, **variables):
    environment = {name: value for name, value in os.environ.items()
                   if name not in ("SSL_CERT_FILE", "SSL_CERT_DIR") and not name.lower().endswith("_proxy")}
    environment.update({name: os.fspath(value) for name, value in variables.items()})
    done = run("download", "CIFAR10", "--to", folder, "--url", address, env=environment, timeout=120)
    assert done.returncode == DOWNLOAD_FAILED, done.stderr
    return done.stderr


def test_a_server_without_a_known_certificate_is_refused(address, tmp_path):
    for variables in ({}, {"SSL_CERT_FILE": tmp_path / "missing.pem"}, {"SSL_CERT_DIR": tmp_path}):
        message = download(address, tmp_path / "set", **variables)
        assert "SSL_CERT_FILE" in message and "server answers" not in message, message
        assert all(os.fspath(place) in message for place in variables.values()), message


def test_ssl_cert_file_is_trusted(address, certificate, tmp_path):
    assert "the server answers 501" in download(address, tmp_path / "set", SSL_CERT_FILE=certificate)


def test_ssl_cert_dir_is_trusted(address, certificate, tmp_path):
    folder = tmp_path / "hashed"
    folder.mkdir()
    number = subprocess.run(["openssl", "x509", "-hash", "-noout", "-in", certificate], check=True, capture_output=True, text=True).stdout
    shutil.copy(certificate, folder / f"{number.strip()}.0")
    assert "the server answers 501" in download(address, tmp_path / "set", SSL_CERT_DIR=folder)
