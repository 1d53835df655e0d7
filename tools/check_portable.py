"""Does a program or a Python module run wherever glibc 2.28 or a later one is?

    python3 tools/check_portable.py FILE...      prints a line per file, or what is wrong with it; exit code 1 then

1. It loads glibc's own libraries alone, and searches no folder for them.
2. It asks for no symbol younger than glibc 2.28.
3. Symbols without a version come from nowhere (auditwheel does not look at them): only those of Python's own C interface, in a module,
   and weak ones, which may be absent.
4. A module shows PyInit_* and nothing else: what it holds must not meet another copy in the same process (OpenSSL, zlib).
"""
import pathlib
import re
import subprocess
import sys

NEWEST_GLIBC = (2, 28)
GLIBC = re.compile(r"(libc|libm|libdl|libpthread|librt|libresolv)\.so\.\d+|ld-linux-[\w-]+\.so\.\d+")


def problems(dynamic, symbols, is_module):
    """What is wrong. `dynamic`: what `readelf -d` prints; `symbols`: what `nm -D --with-symbol-versions` prints."""
    found = []
    for name in re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic):
        if not GLIBC.fullmatch(name):
            found.append(f"loads {name}")
    found += [f"searches {folders} for libraries" for folders in re.findall(r"\((?:RPATH|RUNPATH)\).*\[(.*)\]", dynamic)]
    for line in filter(str.strip, symbols.splitlines()):
        kind, symbol = line.split()[-2:]
        name, _, version = symbol.partition("@")
        version = version.lstrip("@")
        numbers = re.fullmatch(r"GLIBC_(\d+)\.(\d+)(\.\d+)?", version)
        if kind not in "Uwv":
            if is_module and not name.startswith("PyInit_") and kind.isupper():
                found.append(f"shows {name}")
        elif numbers and (int(numbers[1]), int(numbers[2])) > NEWEST_GLIBC or version and not numbers:
            found.append(f"asks for {symbol}")
        elif not version and kind == "U" and not (is_module and re.match(r"_?Py", name)):
            found.append(f"asks for {name}, which no library is said to have")
    return found


def output_of(*words):
    return subprocess.run(words, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL).stdout


def main(files):
    bad = False
    for file in files:
        dynamic = output_of("readelf", "-d", "-W", file)
        symbols = output_of("nm", "-D", "--with-symbol-versions", file)
        found = problems(dynamic, symbols, "PyInit_" in symbols)
        for problem in found:
            print(f"{file}: {problem}", file=sys.stderr)
        bad = bad or bool(found)
        if not found:
            size = pathlib.Path(file).stat().st_size / 1e6
            loads = " ".join(re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic))
            newest = max((tuple(map(int, version.split("."))) for version in re.findall(r"@GLIBC_([\d.]+)", symbols)), default=())
            print(f"{file}: {size:.1f} MB; loads {loads}; symbols of glibc up to {'.'.join(map(str, newest))}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
