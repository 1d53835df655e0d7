"""Whom HTTPS downloads trust: the certificates that SSL_CERT_FILE and SSL_CERT_DIR name, and a message that says which were asked."""
import os
import shutil
import subprocess

import pytest
from https_server import bare_environment, https_server, make_certificate, needs_openssl
from small_campaign import DOWNLOAD_FAILED, run

pytestmark = needs_openssl


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="module")
def address(certificate):
    with https_server(certificate) as address:
        yield address


def download(address, folder, **variables):
    done = run("download", "CIFAR10", "--to", folder, "--url", address, env=bare_environment(**variables), timeout=120)
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
