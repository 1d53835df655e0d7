"""Libraries that are missing are named in one go when the project is configured."""
import os
import subprocess

from small_campaign import ROOT


def test_all_at_once(tmp_path):
    words = ["cmake", "-S", ROOT, "-B", tmp_path, "-DTFI_BUILD_TESTS=OFF"]
    done = subprocess.run(words, capture_output=True, text=True, env={**os.environ, "PKG_CONFIG_LIBDIR": "/nonexistent"})
    assert done.returncode != 0
    text = " ".join(done.stderr.split())
    assert text.count("CMake Error") == 1
    for name in ("libzip (libzip-dev)", "libarchive (libarchive-dev)", "HDF5 (libhdf5-dev)", "Highway (libhwy-dev)"):
        assert name in text
    assert "zlib1g-dev" not in text and "scripts/setup" in text
