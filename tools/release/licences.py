"""THIRD_PARTY_LICENSES.txt: the parts of a program or module, and the texts of their licences."""
import re

from components import ROOT
from names import NAME, TEXT

LINE = "=" * 100


def project_version():
    return re.search(r"^project\(tf_injector VERSION ([0-9.]+)", (ROOT / "CMakeLists.txt").read_text(), re.M)[1]


def heading(component):
    return f"{component.name} {component.version} ({component.licence})"


def tidy(text):
    return "\n".join(line.rstrip() for line in text.strip("\n").splitlines())


def licences_text(components):
    lines = [f"What {NAME} {project_version()} holds besides its own code, which is under the Apache License 2.0 (LICENSE), and the terms",
             "of each part. Where a source package has several licences, they are those of the whole package; not all of it is in here.", ""]
    lines += [f"  {heading(component)}" for component in components]
    for component in components:
        lines += ["", LINE, heading(component), component.purl]
        for title, text in component.texts:
            lines += [LINE, f"[{component.name}: {title}]", "", tidy(text)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def missing_texts(components, text):
    """A line for each component that a THIRD_PARTY_LICENSES.txt does not name, or whose texts are not in it."""
    missing = [f"{component.name} is not in {TEXT}" for component in components if f"\n{heading(component)}\n" not in text]
    return missing + [f"{component.name}: its {title} is not in {TEXT}" for component in components for title, licence in component.texts
                      if tidy(licence) not in text]


def expression(components):
    """The licences of all of it, as one SPDX expression."""
    parts = sorted({part for component in components for part in component.licence.split(" AND ")} - {"Apache-2.0"})
    return " AND ".join(["Apache-2.0", *parts])
