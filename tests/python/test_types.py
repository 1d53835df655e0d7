"""What is public is typed and described, and the compiled part is as its stub says."""
import inspect
import subprocess
import sys

import pytest
import tf_injector as fi
from conftest import PACKAGE, ROOT

STUB = ROOT / "python/tf_injector/_core.pyi"


def test_the_stub_is_that_of_the_module(tmp_path):
    """After a change: python -m nanobind.stubgen -m tf_injector._core -o python/tf_injector/_core.pyi"""
    pytest.importorskip("nanobind")
    made = tmp_path / "_core.pyi"
    subprocess.run([sys.executable, "-m", "nanobind.stubgen", "-q", "-m", "tf_injector._core", "-o", made], check=True)
    assert made.read_text() == STUB.read_text()


def public():
    for name in fi.__all__:
        thing = getattr(fi, name)
        if name.startswith("__"):
            continue
        yield name, thing
        if inspect.isclass(thing) and not issubclass(thing, (tuple, Exception)):
            for member, value in vars(thing).items():
                if not member.startswith("_"):
                    value = value.__func__ if isinstance(value, (staticmethod, classmethod)) else value
                    yield f"{name}.{member}", value.fget if isinstance(value, property) else value


@pytest.mark.parametrize("name,thing", public())
def test_every_public_name_is_described(name, thing):
    assert thing.__doc__ and len(thing.__doc__) > 10, name
    if inspect.isfunction(thing):
        signature = inspect.signature(thing)
        assert signature.return_annotation is not inspect.Signature.empty
        assert all(p.annotation is not inspect.Parameter.empty for p in signature.parameters.values() if p.name not in ("self", "cls")), name


def test_types_hold(tmp_path):
    pytest.importorskip("mypy")
    (tmp_path / "user.py").write_text("""
import numpy as np
import tf_injector as fi

model: fi.Model = fi.load_model("net.keras")
faults: fi.FaultList = fi.FaultList.from_faults([("conv2d", (0, 0, 0, 0), 30)])
first: fi.Fault = faults[0]
rest: fi.FaultList = faults[1:]
report: fi.Report = fi.run_campaign(model, fi.Dataset.cifar10(), faults, memory="4G")
scores: np.ndarray = model.predict(np.zeros((1, 32, 32, 3), np.float32), faults)
fi.run_campaign(model, fi.Dataset.cifar10(), faults, batch_size="many")  # error
""")
    done = subprocess.run([sys.executable, "-m", "mypy", "--disallow-untyped-defs", "--check-untyped-defs", "--ignore-missing-imports", "--cache-dir", tmp_path / "cache", "-p", "tf_injector"], cwd=PACKAGE or None, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    done = subprocess.run([sys.executable, "-m", "mypy", "--ignore-missing-imports", "--cache-dir", tmp_path / "cache", tmp_path / "user.py"], cwd=PACKAGE or None, capture_output=True, text=True)
    assert done.stdout.count("error:") == 1 and 'user.py:11: error: Argument "batch_size"' in done.stdout, done.stdout
