"""An HTTPS server on this machine, and the certificate that it shows."""
import contextlib
import http.server
import os
import shutil
import ssl
import subprocess
import threading

import pytest

needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl, which makes the certificate, is not installed")


def make_certificate(folder):
    """A certificate for 127.0.0.1 that is its own authority; its key beside it."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=127.0.0.1",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2", "-keyout", folder / "key.pem", "-out", folder / "own.pem"],
                   check=True, capture_output=True, stdin=subprocess.DEVNULL)
    return folder / "own.pem"


@contextlib.contextmanager
def https_server(certificate):
    """The address of a server that has no file: it answers 501."""
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


def bare_environment(**variables):
    """The environment without certificates and proxies, and with these variables."""
    environment = {name: value for name, value in os.environ.items()
                   if name not in ("SSL_CERT_FILE", "SSL_CERT_DIR") and not name.lower().endswith("_proxy")}
    environment.update({name: os.fspath(value) for name, value in variables.items()})
    return environment
