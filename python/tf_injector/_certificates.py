"""Certificates for HTTPS downloads where the system has none."""

import os

from . import _core


def provide() -> None:
    """Downloads check servers against certifi's bundle where certifi is installed and the system has no certificates.

    Those that SSL_CERT_FILE or SSL_CERT_DIR name, and the system's own, go first.
    """
    if _core.has_certificates():
        return
    try:
        import certifi
    except ImportError:
        return
    bundle = certifi.where()
    if os.path.isfile(bundle):
        _core.use_certificates(bundle)
