"""Writes what travels with a program or module: THIRD_PARTY_LICENSES.txt and <name>.cdx.json, its software bill of materials.

    bundle.py BUILD_FOLDER TARGET FILE OUTPUT_FOLDER       FILE: what was built, whose SHA-256 stands in the bill
    bundle.py --check BUILD_FOLDER TARGET FILE FOLDER      exit code 1 where the two do not speak of all parts, or the bill is invalid

The parts are found by components.py. The bill is CycloneDX 1.6 as JSON, made and validated by cyclonedx-python-lib. Both files are the same
for the same build: their time is SOURCE_DATE_EPOCH.
"""
import datetime
import hashlib
import importlib.metadata
import json
import os
import pathlib
import re
import sys
import uuid

from components import Problem, components_of
from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component as Part
from cyclonedx.model.component import ComponentType
from cyclonedx.model.contact import OrganizationalContact, OrganizationalEntity
from cyclonedx.model.license import DisjunctiveLicense, LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from licences import expression, licences_text, missing_texts, project_version
from names import BILL, NAME, TEXT
from packageurl import PackageURL

AUTHORS = "The tf_injector contributors"


def licences_of(text):
    return [DisjunctiveLicense(id=text)] if re.fullmatch(r"[\w.-]+", text) else [LicenseExpression(text)]


def supplier_of(purl):
    names = {"pkg:deb": "Debian", "pkg:pypi": "PyPI", "pkg:github": "GitHub"}
    return OrganizationalEntity(name=names.get(purl.split("/")[0], "the Python Software Foundation"))


def bill(components, file, when):
    root = Part(name=NAME, version=project_version(), type=ComponentType.APPLICATION, bom_ref=NAME, licenses=licences_of("Apache-2.0"),
                purl=PackageURL("generic", None, NAME, project_version()), supplier=OrganizationalEntity(name=AUTHORS),
                hashes=[HashType(alg=HashAlgorithm.SHA_256, content=hashlib.sha256(pathlib.Path(file).read_bytes()).hexdigest())])
    parts = []
    for component in components:
        digest = hashlib.sha256("\n".join(text for _, text in component.texts).encode()).hexdigest()
        parts.append(Part(name=component.name, version=component.version, type=ComponentType.LIBRARY, bom_ref=component.name,
                          supplier=supplier_of(component.purl),
                          purl=PackageURL.from_string(component.purl), licenses=licences_of(component.licence),
                          hashes=[HashType(alg=HashAlgorithm.SHA_256, content=component.sha256)] if component.sha256 else None,
                          properties=[Property(name=f"{NAME}:sha256_of_licence_text", value=digest)]))
    bom = Bom(components=parts, serial_number=uuid.uuid5(uuid.NAMESPACE_URL, root.hashes[0].content))
    bom.metadata.timestamp = when
    bom.metadata.component = root
    bom.metadata.authors.add(OrganizationalContact(name=AUTHORS))
    bom.metadata.tools.components.add(Part(name="cyclonedx-python-lib", version=importlib.metadata.version("cyclonedx-python-lib"),
                                           type=ComponentType.LIBRARY, bom_ref="cyclonedx-python-lib"))
    bom.register_dependency(root, parts)
    return json.dumps(json.loads(JsonV1Dot6(bom).output_as_string()), indent=1, sort_keys=True) + "\n"


def require_valid(text):
    errors = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if errors:
        raise Problem(f"{BILL} is no valid CycloneDX 1.6: {errors}")


def check(components, folder, file):
    """Both files of the folder speak of all components, with their texts, and of this file."""
    bill_text = (folder / BILL).read_text()
    require_valid(bill_text)
    bom = json.loads(bill_text)
    known = {part["name"]: part for part in bom["components"]}
    missing = missing_texts(components, (folder / TEXT).read_text())
    missing += [f"{component.name} {component.version} is not in {BILL}" for component in components
                if known.get(component.name, {}).get("version") != component.version]
    if bom["metadata"]["component"]["hashes"][0]["content"] != hashlib.sha256(pathlib.Path(file).read_bytes()).hexdigest():
        missing.append(f"{BILL} is of another file than {file}")
    if missing:
        raise Problem("\n".join(missing))


def main(words):
    only_check = words[:1] == ["--check"]
    if len(words) != 4 + only_check:
        sys.exit(__doc__)
    build, target, file, folder = words[only_check:]
    folder = pathlib.Path(folder)
    try:
        components = components_of(build, target)
        if not only_check:
            when = datetime.datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), datetime.timezone.utc)
            folder.mkdir(parents=True, exist_ok=True)
            (folder / TEXT).write_text(licences_text(components))
            (folder / BILL).write_text(bill(components, file, when))
            (folder / "licence_expression").write_text(expression(components) + "\n")
        check(components, folder, file)
    except Problem as problem:
        sys.exit(f"error: {problem}")
    print(f"{file}: {len(components)} parts; their licences are in {folder / TEXT}, all go with the Apache License 2.0; {BILL} is valid")


if __name__ == "__main__":
    main(sys.argv[1:])
