#!/usr/bin/env python3
"""Makes the API reference of the Python package out of its docstrings, and checks its links:  api_pages.py FOLDER

Needs pdoc; tf_injector must be importable. scripts/docs runs it. Every link of the pages must lead to a page and a place that exist,
and pdoc must be able to read every annotation; for packages that it has not something stands in. Every `name` that is written as
code and is a public name of the package becomes a link to it, which pdoc does.
"""
import html.parser
import importlib.util
import pathlib
import re
import sys
import types
import typing
import warnings

import pdoc
import pdoc.render_helpers

# A line that begins the description of an argument: "limit: ...", "`x`, `y`: ...".
ARGUMENT = re.compile(r"^(`?\w+`?(?:, `?\w+`?)*): (?=\S)")


# What annotations of the package name and pdoc's environment need not have.
OPTIONAL = ("pandas", "polars", "matplotlib", "matplotlib.axes", "distributed")


class Absent(types.ModuleType):
    """Stands for a package that is not installed: every name of it is a class of that name."""

    __path__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {"__module__": self.__name__})


def stand_in_for_absent_packages():
    absent = {name for name in OPTIONAL if "." not in name and importlib.util.find_spec(name) is None}
    sys.modules.update({name: Absent(name) for name in OPTIONAL if name.split(".")[0] in absent})


def tidy_named_tuples(package):
    """Python writes "Create new instance of ..." to them, and leaves their types unread."""
    for value in vars(package).values():
        if isinstance(value, type) and issubclass(value, tuple):
            value.__new__.__annotations__ = typing.get_type_hints(value)
            value.__new__.__doc__ = ""


def as_markdown(docstring):
    """Arguments as a list, and what is raised as a paragraph of its own."""
    lines = []
    for line in docstring.splitlines():
        line = line.strip() if line.startswith("    ") and lines and lines[-1].startswith("- ") else line
        found = ARGUMENT.match(line)
        if found:
            names = ", ".join(f"`{name.strip('` ')}`" for name in found[1].split(","))
            if not (lines and lines[-1].startswith(("- ", "  "))):
                lines.append("")
            lines.append(f"- {names}: {line[found.end():]}")
        else:
            if line.startswith("Raises ") and lines:
                lines.append("")
            lines.append(line)
    return "\n".join(lines)


class Page(html.parser.HTMLParser):
    """The places of a page and the links that go out from it."""

    def __init__(self, text):
        super().__init__()
        self.places, self.links = set(), []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        named = dict(attributes)
        if named.get("id"):
            self.places.add(named["id"])
        if tag == "a" and named.get("href"):
            self.links.append(named["href"])


def broken_links(folder):
    """ "page: link" of each that leads nowhere; links to other hosts are not followed."""
    pages = {path.resolve(): Page(path.read_text(encoding="utf-8")) for path in folder.rglob("*.html")}
    broken = []
    for path, page in pages.items():
        for link in page.links:
            target, _, place = link.partition("#")
            if "://" in target or target.startswith(("mailto:", "data:")):
                continue
            there = (path.parent / target).resolve() if target else path
            is_page = there in pages
            if not (is_page or there.exists()) or (place and is_page and place not in pages[there].places):
                broken.append(f"{path.relative_to(folder.resolve())}: {link}")
    return broken


def main(folder):
    stand_in_for_absent_packages()
    tidy_named_tuples(importlib.import_module("tf_injector"))
    convert = pdoc.docstrings.convert
    pdoc.docstrings.convert = lambda text, *rest: convert(as_markdown(text), *rest)
    pdoc.render.configure(docformat="markdown", search=True, footer_text="tf_injector")
    with warnings.catch_warnings(record=True) as unread:
        pdoc.pdoc("tf_injector", output_directory=folder)
    broken = broken_links(folder)
    for link in broken:
        print(f"broken link: {link}", file=sys.stderr)
    for warning in unread:
        print(f"pdoc: {warning.message}", file=sys.stderr)
    print(f"{len(list(folder.rglob('*.html')))} pages in {folder}, {len(broken)} broken links, {len(unread)} warnings")
    return bool(broken or unread)


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
