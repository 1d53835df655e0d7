#!/usr/bin/env python3
"""Checks that every Python file of the project switches TensorFlow's oneDNN ops on before it imports TensorFlow or Keras.

On a CPU without AVX512-VNNI TensorFlow leaves them off and gives other bits (docs/numerics.md, "On your own machine"). Run by ctest.
What counts: `os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"`, unconditionally, above the import, in its function or around it.
"""
import ast
import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIBRARIES = {"tensorflow", "keras", "tf_keras", "tensorflow_model_optimization"}
IMPORTERS = {"__import__", "import_module", "importorskip"}
SKIP = {"build", "datasets", "reports", "__pycache__"}
SWITCH = 'os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"'


def imported(node):
    """The modules that a node imports."""
    if isinstance(node, ast.Import):
        return [name.name for name in node.names]
    if isinstance(node, ast.ImportFrom):
        return [node.module or ""] if node.level == 0 else []
    if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
        function = getattr(node.func, "id", getattr(node.func, "attr", ""))
        return [str(node.args[0].value)] if function in IMPORTERS else []
    return []


def early_imports(code):
    """(line, module) of every import without the switch above it."""
    found = []

    def visit(node, is_on):
        for name in imported(node):
            if name.split(".")[0] in LIBRARIES and not is_on:
                found.append((node.lineno, name))
        for _, value in ast.iter_fields(node):
            is_on_here = is_on
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    visit(child, is_on_here)
                    is_on_here = is_on_here or isinstance(child, ast.Assign) and ast.unparse(child) == ast.unparse(ast.parse(SWITCH))

    visit(ast.parse(code), False)
    return found


def check_itself():
    """The check finds what it is for."""
    good = [SWITCH + "\nimport keras", SWITCH + "\ndef f():\n    from tensorflow import nn", "def f():\n    " + SWITCH + "\n    import keras",
            SWITCH + "\ntry:\n    import tensorflow\nexcept ImportError:\n    pass", "from . import keras", "import json, oracle"]
    bad = ["import keras", "import tensorflow as tf\n" + SWITCH, "from keras.src import layers", "import json, tf_keras.layers",
           "def f():\n    " + SWITCH + "\nimport keras", "if x:\n    " + SWITCH + "\nimport keras", SWITCH.replace('"1"', '"0"') + "\nimport keras",
           "importlib.import_module('tensorflow')", "tf = pytest.importorskip('tensorflow', reason='no')"]
    return [code for code in good if early_imports(code)] + [code for code in bad if len(early_imports(code)) != 1]


def is_ours(folder):
    return folder.name not in SKIP and not folder.name.startswith(".") and not (folder / "pyvenv.cfg").exists()


def python_files():
    for place, folders, names in os.walk(ROOT):
        place = pathlib.Path(place)
        folders[:] = sorted(name for name in folders if is_ours(place / name))
        for path in (place / name for name in sorted(names)):
            if path.suffix == ".py" or not path.suffix and path.read_bytes().startswith(b"#!/usr/bin/env python3"):
                yield path


def main():
    wrong = check_itself()
    for code in wrong:
        print("the check itself is wrong about:", code, sep="\n")
    problems, files = [], 0
    for path in python_files():
        files += 1
        problems += [f"{path.relative_to(ROOT)}:{line}: {name} is imported without {SWITCH} above"
                     for line, name in early_imports(path.read_text(encoding="utf-8"))]
    print(*problems, sep="\n", end="\n" if problems else "")
    print(f"{files} Python files, {len(problems)} problems")
    return 1 if wrong or problems or files < 20 else 0


if __name__ == "__main__":
    sys.exit(main())
