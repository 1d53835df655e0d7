"""The command line: `python -m tf_injector [ARGS]`, and the console script `tf_injector`."""

import sys

from . import _core


def main() -> int:
    """Runs the program with the arguments of this process and returns its exit code."""
    return _core.run_program(["tf_injector", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
