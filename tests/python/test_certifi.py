"""Where the system has no certificates, downloads trust those of certifi; what SSL_CERT_FILE names goes first."""
import os
import subprocess
import sys

import pytest
from https_server import bare_environment, https_server, make_certificate, needs_openssl
from small_campaign import DOWNLOAD_FAILED

import tf_injector as fi
from tf_injector import _certificates, _core

# The command line on a machine where certificates are found or not, whatever this one has.
PROGRAM = """
import sys
from tf_injector import __main__, _core
found = sys.argv.pop(1) == "found"
_core.has_certificates = lambda: found
sys.exit(__main__.main())
"""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="module")
def address(certificate):
    with https_server(certificate) as address:
        yield address


def download(address, folder, system, certifi, **variables):
    """What is said by a download that fails; `certifi`: the text of a module of this name."""
    (folder / "certifi.py").write_text(certifi)
    variables["PYTHONPATH"] = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])
    words = [sys.executable, "-c", PROGRAM, system, "download", "CIFAR10", "--to", folder / "set", "--url", address]
    done = subprocess.run(words, env=bare_environment(**variables), capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120)
    assert done.returncode == DOWNLOAD_FAILED, done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    return done.stderr


def bundle_at(path):
    return f"def where():\n    return {str(path)!r}\n"


@needs_openssl
def test_certifi_is_trusted_where_the_system_has_none(address, certificate, tmp_path):
    assert "the server answers 501" in download(address, tmp_path, "none", bundle_at(certificate))


@needs_openssl
def test_the_system_goes_first(address, certificate, tmp_path):
    assert "the server answers" not in download(address, tmp_path, "found", bundle_at(certificate))


@needs_openssl
def test_ssl_cert_file_goes_first(address, certificate, tmp_path):
    other = tmp_path / "other.pem"
    assert str(other) in download(address, tmp_path, "none", bundle_at(certificate), SSL_CERT_FILE=other)
    assert "the server answers 501" in download(address, tmp_path, "none", bundle_at(other), SSL_CERT_FILE=certificate)


@needs_openssl
@pytest.mark.parametrize("certifi", ["raise ImportError('none')", bundle_at("/nonexistent/cacert.pem")])
def test_without_certifi_the_message_is_the_programs(address, tmp_path, certifi):
    message = download(address, tmp_path, "none", certifi)
    assert "SSL_CERT_FILE" in message and "/nonexistent" not in message


def test_data_sets_provide_for_a_download(tmp_path, monkeypatch):
    """Named sets are fetched from Python too."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    provided = []
    monkeypatch.setattr(_certificates, "provide", lambda: provided.append(True))
    for read in (fi.Dataset.cifar10, fi.Dataset.cifar100, fi.Dataset.gtsrb):
        with pytest.raises(fi.DatasetError):
            read(download=False)
        assert not provided
        with pytest.raises(fi.DatasetError):
            read(tmp_path / "missing")
        assert provided.pop()


def test_variables_count_as_certificates(monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", "/nonexistent/own.pem")
    assert _core.has_certificates()
