"""What is missing on this machine is named in one go when the project is configured, with the command that installs it."""
import os
import shutil
import subprocess

from small_campaign import ROOT


def configure(build, *definitions, **variables):
    """The error of a configuration that fails."""
    words = ["cmake", "-S", ROOT, "-B", build, "-DTFI_BUILD_TESTS=OFF", *definitions]
    done = subprocess.run(words, capture_output=True, text=True, env={**os.environ, **variables})
    assert done.returncode != 0
    assert done.stderr.count("CMake Error") == 1, done.stderr
    return done.stderr


def test_all_at_once(tmp_path):
    error = configure(tmp_path, PKG_CONFIG_LIBDIR="/nonexistent")
    text = " ".join(error.split())
    for name in ("libzip (libzip-dev)", "libarchive (libarchive-dev)", "Highway (libhwy-dev)"):
        assert name in text
    assert "zlib1g-dev" not in text and "scripts/setup" in text
    assert "    sudo apt-get install libzip-dev libarchive-dev libhwy-dev\n" in error


def test_without_pkg_config_what_it_would_find_is_named_as_well(tmp_path):
    error = configure(tmp_path, "-DPKG_CONFIG_EXECUTABLE=/nonexistent/pkg-config")
    assert "sudo apt-get install pkg-config libzip-dev libarchive-dev libhwy-dev\n" in error


def test_no_compiler(tmp_path):
    error = configure(tmp_path, CXX="nonexistent-c++ -m64")
    assert "'nonexistent-c++'" in " ".join(error.split()) and "sudo apt-get install g++\n" in error
    none = configure(tmp_path / "none", PATH=os.fspath(path_with_cmake_only(tmp_path)), CXX="")
    assert "no C++ compiler is found" in " ".join(none.split())


def path_with_cmake_only(folder):
    """A folder for PATH with CMake and what builds with it, and no compiler."""
    tools = folder / "tools"
    tools.mkdir()
    for name in ("cmake", "ninja", "make"):
        if place := shutil.which(name):
            (tools / name).symlink_to(place)
    return tools
