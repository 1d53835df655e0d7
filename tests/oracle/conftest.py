"""Fixtures of the comparisons: the running io_probe."""

import pytest

from probe import Probe


@pytest.fixture(scope="session")
def probe():
    instance = Probe()
    yield instance
    code, text = instance.close()
    assert code == 0, text  # a leak, under the address sanitizer
