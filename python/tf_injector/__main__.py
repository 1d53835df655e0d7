"""The command line: `python -m tf_injector [ARGS]`, and the console script `tf_injector`."""

import os
import sys

from . import _certificates, _core


def main() -> int:
    """Runs the program with the arguments of this process and returns its exit code.

    `check` is of the package alone: the program knows no Keras.
    """
    if sys.argv[1:2] == ["check"]:
        from ._check import main as check

        return check(sys.argv[2:])
    _certificates.provide()
    return _core.run_program([b"tf_injector", *map(os.fsencode, sys.argv[1:])])


if __name__ == "__main__":
    sys.exit(main())
