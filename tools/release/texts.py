"""Do all files speak of one version, and is it described?

    texts.py VERSION          exit code 1 and a line for each problem
    texts.py --set VERSION    writes it into CMakeLists.txt, where everything else has it from, and CITATION.cff, docs/installing.md; dates CHANGELOG.md's
                              newest chapter, whose heading must be "## VERSION (not yet released)"
"""
import datetime
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
VERSION = re.compile(r"\d+\.\d+\.\d+")
DOCUMENT = "docs/installing.md"
FILE_NAME = r"(?<=tf_injector-)\d+\.\d+\.\d+(?=-)"
HEADING = re.compile(r"^## (\d+\.\d+\.\d+)(?: \((.*)\))?$", re.M)


def versions(root):
    """{file: version that it holds}; what is not here has it from CMakeLists.txt."""
    patterns = {"CMakeLists.txt": r"^project\(tf_injector VERSION (\S+)", "CITATION.cff": r"^version: (\S+)$"}
    found = {file: re.search(pattern, (root / file).read_text(), re.M)[1] for file, pattern in patterns.items()}
    named = sorted(set(re.findall(FILE_NAME, (root / DOCUMENT).read_text())))
    return {**found, DOCUMENT: " and ".join(named)}


def problems(root, version):
    found = [f"'{version}' is no version like 0.2.0"] if not VERSION.fullmatch(version) else []
    found += [f"{file} has {has}, not {version}: scripts/release --set {version}" for file, has in versions(root).items() if has != version]
    pyproject = (root / "pyproject.toml").read_text()
    if re.search(r"^version\s*=", pyproject, re.M) or 'input = "CMakeLists.txt"' not in pyproject:
        found.append("pyproject.toml has a version of its own; it should have that of CMakeLists.txt")
    changelog = (root / "CHANGELOG.md").read_text()
    chapters = [(match[1], match[2], match.end()) for match in HEADING.finditer(changelog)]
    if not chapters or chapters[0][0] != version:
        found.append(f"the newest chapter of CHANGELOG.md is {chapters[0][0] if chapters else 'missing'}, not {version}")
    else:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", chapters[0][1] or ""):
            found.append(f"CHANGELOG.md: {version} has no date: '## {version} (2026-01-31)'")
        end = changelog.find("\n## ", chapters[0][2])
        if "\n- " not in changelog[chapters[0][2]:end if end > 0 else None]:
            found.append(f"CHANGELOG.md: nothing is said of {version}")
    found += [f"tests/compat/{before} is missing: what that release wrote (tools/make_compat_files.py)"
              for before, _, _ in chapters if before != version and not (root / "tests/compat" / before / "cases.json").exists()]
    return found


def set_version(root, version, today):
    def replace(file, pattern, text):
        path = root / file
        changed, count = re.subn(pattern, text, path.read_text(), flags=re.M)
        if count != 1:
            sys.exit(f"error: {file}: {count} places like {pattern}")
        path.write_text(changed)
    replace("CHANGELOG.md", rf"^## {re.escape(version)} \(not yet released\)$", f"## {version} ({today})")
    replace("CMakeLists.txt", r"^(project\(tf_injector VERSION )\S+", rf"\g<1>{version}")
    replace("CITATION.cff", r"^version: \S+$", f"version: {version}")
    (root / DOCUMENT).write_text(re.sub(FILE_NAME, version, (root / DOCUMENT).read_text()))


def main(words):
    if len(words) == 2 and words[0] == "--set" and VERSION.fullmatch(words[1]):
        set_version(ROOT, words[1], datetime.date.today().isoformat())
    elif len(words) == 1 and not words[0].startswith("-"):
        found = problems(ROOT, words[0])
        for line in found:
            print(f"error: {line}", file=sys.stderr)
        return 1 if found else 0
    else:
        sys.exit(__doc__)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
