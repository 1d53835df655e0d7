#!/usr/bin/env python3
"""No inexact function of the C library's libm decides a bit: fails when a layer's static library refers to one that is not explained.

    check_libm.py NM LIBRARY...      the static libraries libtfi_<layer>.a

Versions of libm differ in the last bit of exp, log, pow, sin and so on, by version and by the CPU's instructions. (sqrt, fma, floor, ceil,
trunc, round, rint, nearbyint, fmod, ldexp, frexp, copysign and their kin are exact in all of them.) docs/numerics.md, "The C library".
"""
import pathlib
import re
import subprocess
import sys

# Layer and function: why it decides no bit of a score, a report, an image or a weight.
EXPLAINED = {
    ("kernels", "sinf"): "Lanczos windows of a resize: TensorFlow calls it too, glibc 2.31, 2.36 and 2.43 give the same for all that is asked for",
    ("engine", "pow"): "an estimate of how fast packs of other sizes are: which of them is taken changes time and memory alone",
    ("estimate", "log10"): "how many digits of an estimate are shown",
    ("sampling", "erfc"): "a normal quantile that is rounded to two decimals",
    ("answers", "*"): "ends of exact intervals (Boost.Math), digits that are shown, ticks of axes: a report shows a few digits of them",
    ("cli", "pow"): "units of sizes that a user gives: powers of 1000 and 1024",
}

INEXACT = re.compile(
    r"(_ZGV\w+_)?_*(?P<name>(exp|exp2|exp10|pow10|expm1|log|log2|log10|log1p|pow|powi|powr|pown|rootn|rsqrt|compoundn|cbrt|hypot|"
    r"a?(sin|cos|tan)(h|pi)?|atan2|atan2pi|sincos|sincospi|erf|erfc|[lt]?gamma|lgamma_r|j[01n]|y[01n]|"
    r"c(exp|log|log10|pow|sqrt|abs|arg|a?(sin|cos|tan)h?))(f|l|f32|f64|f128|f32x|f64x)?)(_finite)?(@.*)?")


def undefined(nm, library):
    text = subprocess.run([nm, "-u", library], capture_output=True, text=True, check=True).stdout
    return {line.split()[-1] for line in text.splitlines() if re.match(r"\s+[Uw] ", line)}


def inexact(symbols):
    """The inexact functions among symbols of C; those of C++ have mangled names."""
    found = (INEXACT.fullmatch(symbol) for symbol in symbols)
    return {match["name"] for match in found if match}


def self_test():
    wrong = {"exp", "expf", "exp2", "powl", "sincosf", "__expf_finite", "_ZGVdN8v_sinf", "log1p@GLIBC_2.2.5", "tgamma", "atan2f", "acosh"}
    right = {"sqrtf", "fmaf", "floor", "nearbyint", "ldexp", "fmod", "expired", "logger", "_ZNSt6vectorIfE", "lroundf", "memcpy", "tanks"}
    assert len(inexact(wrong)) == len({"exp", "expf", "exp2", "powl", "sincosf", "sinf", "log1p", "tgamma", "atan2f", "acosh"}), inexact(wrong)
    assert not inexact(right), inexact(right)


def main():
    self_test()
    nm, libraries = sys.argv[1], [pathlib.Path(name) for name in sys.argv[2:]]
    problems, needed, symbols = [], set(), 0
    for library in libraries:
        layer = library.stem.removeprefix("libtfi_")
        names = undefined(nm, library)
        symbols += len(names)
        for name in sorted(inexact(names)):
            needed.add((layer, name))
            if (layer, name) not in EXPLAINED and (layer, "*") not in EXPLAINED:
                problems.append(f"src/{layer} calls {name}, whose bits depend on the C library: core/elementary.hpp has some of our own")
    if symbols == 0:
        problems.append("no library with symbols was named")
    print("\n".join(problems + [f"check_libm: {len(libraries)} libraries, {len(needed)} explained calls, {len(problems)} problem(s)"]))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
