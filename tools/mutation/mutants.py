"""Mutants of the files in scope, and the order in which a seed draws them."""
import fnmatch
import hashlib
import pathlib

from mutators import find_sites
from scope import SCOPE

# The broken file may warn: a variable that nobody reads any more is no error there. All else is compiled as always.
WARNINGS = ("unused-variable", "unused-but-set-variable", "unused-but-set-parameter", "unused-parameter", "unused-function",
            "unused-value", "unused-local-typedefs", "parentheses", "empty-body", "dangling-else", "conversion", "sign-compare",
            "type-limits", "return-type", "int-in-bool-context", "bool-compare", "bool-operation", "logical-not-parentheses",
            "maybe-uninitialized", "uninitialized", "array-bounds", "stringop-overflow", "stringop-overread", "nonnull",
            "implicit-fallthrough", "shift-count-overflow", "shift-count-negative", "overflow", "div-by-zero", "float-conversion",
            "restrict", "aggressive-loop-optimizations", "infinite-recursion", "dangling-pointer", "null-dereference", "switch",
            "unused-const-variable", "misleading-indentation", "shadow", "sequence-point", "tautological-compare", "pessimizing-move",
            "ignored-qualifiers", "unused-result", "alloc-size-larger-than", "free-nonheap-object", "enum-compare", "range-loop-construct")
PREFIX = '#pragma GCC diagnostic ignored "-Wpragmas"\n' + "".join(f'#pragma GCC diagnostic ignored "-W{name}"\n' for name in WARNINGS)


class Mutant:
    """One small change of one file. Its name is what a reader sees of it: the line, with [before => after], numbered when a file has it
    more than once. It does not depend on the folder and the line's number, so it lasts while the code around it moves."""

    def __init__(self, folder, path, text, site, replacement):
        self.folder, self.path, self.site, self.replacement = folder, path, site, replacement
        self.line = text.count("\n", 0, site.start) + 1
        first = text.rfind("\n", 0, site.start) + 1
        last = text.find("\n", site.end)
        last = len(text) if last < 0 else last
        before, after = text[first : site.start], text[site.end : last]
        change = f"[{text[site.start:site.end]} => {replacement}]"
        self.shown = f"{pathlib.PurePath(path).name}: " + " ".join((before + change + after).split())
        self.name = self.shown

    @property
    def id(self):
        return hashlib.sha256(self.name.encode()).hexdigest()[:10]

    def applied(self, text):
        return PREFIX + "#line 1\n" + text[: self.site.start] + self.replacement + text[self.site.end :]


def files_in_scope(root):
    """(folder, path from the root) of every file in scope."""
    seen = set()
    for folder, wanted, left_out in SCOPE:
        for path in sorted((root / folder).rglob("*")):
            matches = lambda patterns: any(fnmatch.fnmatch(path.name, pattern) for pattern in patterns)
            if path.suffix in (".cpp", ".hpp") and path not in seen and matches(wanted) and not matches(left_out):
                seen.add(path)
                yield folder, path.relative_to(root).as_posix()


def sites_of(root, chosen=""):
    """[(folder, path, text, site)] of all files in scope whose path holds `chosen`."""
    found = []
    for folder, path in files_in_scope(root):
        if chosen not in path:
            continue
        text = (root / path).read_text(encoding="utf-8")
        found += [(folder, path, text, site) for site in find_sites(text)]
    return found


def mutants_of(sites):
    """Every mutant of every site, a list per site. Those that would have one name are numbered."""
    copies, found = {}, []
    for folder, path, text, site in sites:
        found.append([Mutant(folder, path, text, site, replacement) for replacement in site.texts])
        for mutant in found[-1]:
            copies[mutant.shown] = copies.get(mutant.shown, 0) + 1
            if copies[mutant.shown] > 1:
                mutant.name = f"{mutant.shown} #{copies[mutant.shown]}"
    return found


def draw(sites, seed):
    """One mutant of every site, in the order the seed draws them: every site is as likely as any other to come early. What is drawn of a
    line stays as it is when other lines change."""

    def lot(words):
        return hashlib.sha256(f"{seed} {words}".encode()).digest()

    drawn = [min(every, key=lambda mutant: lot(mutant.name + " which")) for every in mutants_of(sites)]
    return sorted(drawn, key=lambda mutant: lot(mutant.name))


def all_mutants(sites):
    """{name: mutant} of everything that can be drawn."""
    return {mutant.name: mutant for every in mutants_of(sites) for mutant in every}


def read_explained(path):
    """{name: why} of tools/mutation/equivalent.txt: a mutant's name in a line, why no test can see it in the indented lines below."""
    explained, name = {}, None
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        if not line.strip() or line.startswith("# "):
            continue
        if line.startswith(" ") and name:
            explained[name] = f"{explained[name]} {line.strip()}".strip()
        else:
            name = line.strip()
            explained[name] = ""
    return explained
