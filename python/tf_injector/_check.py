"""Is a model read, and does it give the bits of the TensorFlow that is installed here?"""

from __future__ import annotations

import io
import os
import sys
from typing import Any, Callable, Iterator, NamedTuple, Sequence

import numpy as np

from . import _storage, _text
from ._errors import Error, ModelError, OutOfMemory, Usage
from ._model import Model, load_model
from ._table import Table

_SWITCH = "TF_ENABLE_ONEDNN_OPTS"
_VALUES_AT_ONCE = 1 << 25  # of layers' results that are held at a time: 128 MiB on either side


class LayerCheck(NamedTuple):
    """One call of a layer, or an output of the model, in TensorFlow and here, over all samples."""

    layer: str
    """With the models around it: "model_3/conv2d_7"; a later call of a shared layer ends in #2, #3, ..."""
    class_name: str
    """Its class in Keras; "output" for an output of the model."""
    shape: tuple[int, ...]
    """Of one sample."""
    values: int
    """Numbers that were compared."""
    differing: int
    """How many of them differ in some bit. NaN equals NaN."""
    largest: float
    """The largest difference; inf where one of both is not finite."""
    begins: bool
    """It differs, though all that it takes is equal."""


class CheckResult:
    """What `check` found."""

    model: Model | None
    """The model; None where it was refused."""
    refused: list[str]
    """Why the model cannot be read, a line per layer."""
    layers: list[LayerCheck]
    """Every layer that was compared, in the order of the run."""
    outputs: list[LayerCheck]
    """The outputs of the model; empty where nothing could be compared."""
    notes: list[str]
    """What was compared with what, what was not and why, and what to set."""

    def __init__(self) -> None:
        self.model, self.refused, self.layers, self.outputs, self.notes = None, [], [], [], []

    @property
    def ok(self) -> bool:
        """The model is read, and nothing that was compared differs."""
        return self.exit_code == 0

    @property
    def exit_code(self) -> int:
        """Of `python -m tf_injector check`: 0 equal, or read where there is nothing to compare with; 3 refused; 7 it differs."""
        if self.refused:
            return 3
        return 7 if any(item.differing for item in [*self.layers, *self.outputs]) else 0

    def table(self) -> Table:
        """A row per layer and output."""
        items = [*self.layers, *self.outputs]
        return Table(
            {
                "layer": [item.layer for item in items] or np.empty(0, dtype=object),
                "class": [item.class_name for item in items] or np.empty(0, dtype=object),
                "shape": [str(item.shape) for item in items] or np.empty(0, dtype=object),
                "values": [item.values for item in items],
                "differing": [item.differing for item in items],
                "largest difference": [f"{item.largest:.3g}" if item.differing else "-" for item in items] or np.empty(0, dtype=object),
                "result": [_verdict(item) for item in items] or np.empty(0, dtype=object),
            }
        )

    def verdict(self) -> str:
        """In one line."""
        if self.refused:
            return f"refused: {len(self.refused)} problem{'s' * (len(self.refused) != 1)}"
        if not self.outputs:
            return "read; not compared"
        if self.ok:
            layers = f"all {len(self.layers)} layers and " if self.layers else ""
            return f"equal in every bit: {layers}{'all outputs' if len(self.outputs) > 1 else 'the output'}"
        first = next((item for item in self.layers if item.begins), None)
        worst = max(item.largest for item in [*self.layers, *self.outputs])
        where = f", first in {first.layer} ({first.class_name})" if first else ""
        return f"it differs{where}; by up to {worst:.3g}"

    def _lines(self) -> list[str]:
        lines = [self.verdict(), *(f"  {line}" for line in self.refused)]
        if self.model is not None:
            bits = sum(tensor.bits for tensor in self.model.faultable)
            lines.append(f"{len(self.model.layers)} layers; {len(self.model.faultable)} kernels, {bits:,} bits that faults can hit")
        return lines

    def __repr__(self) -> str:
        lines = self._lines()
        if self.outputs:
            lines += ["", *repr(self.table()).splitlines(), ""]
        return "\n".join([*(line.rstrip() for line in lines), *(f"note: {note}" for note in self.notes)])

    def _repr_html_(self) -> str:
        from html import escape

        head = "".join(f"<p>{'<b>' * (i == 0)}{escape(line)}{'</b>' * (i == 0)}</p>" for i, line in enumerate(self._lines()))
        table = self.table()._repr_html_() if self.outputs else ""
        return head + table + "".join(f"<p>note: {escape(note)}</p>" for note in self.notes)


def check(model: Any, samples: int = 16, batch_size: int = 512, seed: int = 0) -> CheckResult:
    """Compares a model layer by layer with the Keras and TensorFlow that are installed here.

    `model`: what `load_model` takes: a path, a live keras.Model. It is run on `samples` random inputs, made from `seed` (whole
    numbers from 0 to 255 where the model takes 8-bit images or begins with Rescaling or Normalization, else normally distributed),
    in batches of `batch_size`, which can decide last bits of Dense layers.

    Keras is imported by this function only. TF_ENABLE_ONEDNN_OPTS=1, which the comparison needs, is set where TensorFlow has not
    been imported yet. Without Keras or TensorFlow the result says what can be read. A model that is refused is a result as well.
    Raises `ModelError` (no such file), `Usage`.
    """
    samples, batch_size = _text.whole("samples", samples, 1), _text.whole("batch_size", batch_size, 1)
    seed = _text.whole("seed", seed, 0, 2**63)
    result = CheckResult()
    if isinstance(model, Model) and model.storage != _storage.FLOAT32:
        raise Usage(f"`model`: expected weights as Keras has them, float32, found a model stored in {model.storage}; check it before")
    if isinstance(model, (str, os.PathLike)) and not os.path.exists(model):
        raise ModelError(f"{os.fspath(model)}: no such file")
    try:
        network = result.model = load_model(model)
    except ModelError as error:
        result.refused = str(error).splitlines()
        return result
    result.notes += network.notes
    is_switched_on = "tensorflow" not in sys.modules or os.environ.get(_SWITCH) == "1"
    import tempfile

    with tempfile.TemporaryDirectory(prefix="tf_injector-") as folder:
        keras = _keras_of(model, network, result.notes)
        original = None if keras is None else _load_in_keras(keras, network, folder, result.notes)
        if keras is None or original is None:
            return result
        inputs = _random_inputs(network, int(samples), seed)
        comparison = _Comparison(keras, network, original, inputs, int(batch_size), folder)
        with _on_the_processor():
            try:
                result.layers = comparison.layers()
            except Exception as error:  # whatever Keras, or our reader, makes of a model with other outputs
                result.notes.append(f"only the outputs were compared: the layers cannot be taken apart ({_first_line(error)})")
            result.outputs = comparison.outputs()
    if not result.ok:
        result.notes += _advice(is_switched_on)
    return result


def main(words: Sequence[str]) -> int:
    """`python -m tf_injector check`: prints the result and returns the exit code."""
    import argparse

    parser = argparse.ArgumentParser(
        prog="python -m tf_injector check",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Compares a model layer by layer with the Keras and TensorFlow that are installed here:\n"
        "what is read, what is refused and why, whether all results are equal in every bit, and\n"
        "where they begin to differ.",
        epilog="Exit codes: 0 equal, or read where there is no Keras to compare with; 2 wrong arguments;\n"
        "3 refused, or no such file; 4 the result could not be printed; 7 it differs; 8 out of memory.\n\nExample:\n  python -m tf_injector check net.keras",
    )
    parser.add_argument("model", metavar="MODEL", help="a .keras or .h5 file")
    parser.add_argument("--samples", type=int, default=16, metavar="N", help="random inputs (default 16)")
    parser.add_argument("--batch-size", type=int, default=512, metavar="N", help="in batches of (default 512)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the random inputs (default 0)")
    chosen = parser.parse_args(list(words))
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        result = check(chosen.model, chosen.samples, chosen.batch_size, chosen.seed)
    except KeyboardInterrupt:
        return 75
    except Error as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    if not _is_printed(str(result)):
        print("error: standard output could not be written; not all results were printed", file=sys.stderr)
        return 4
    return result.exit_code


def _is_printed(text: str) -> bool:
    """Prints it; false where standard output is closed or full."""
    if sys.stdout is None:
        return False
    try:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="backslashreplace")  # names of layers, where the locale has no such letters
        print(text, flush=True)
    except OSError:
        sys.stdout = None  # type: ignore[assignment]  # else Python writes to it once more at its end
        return False
    return True


class _Comparison:
    """A model in Keras and here, on the same inputs."""

    def __init__(self, keras: Any, network: Model, original: Any, inputs: dict[str, np.ndarray], batch: int, folder: str) -> None:
        self._keras, self._network, self._original = keras, network, original
        self._inputs, self._batch, self._folder = inputs, batch, folder
        self._samples = len(next(iter(inputs.values())))

    def outputs(self) -> list[LayerCheck]:
        theirs = self._in_keras(lambda x: _flat(self._original(x if len(x) > 1 else x[0], training=False)))
        found = []
        for output, want in zip(self._network.outputs, theirs):
            ours = self._network.predict(self._fed(), batch_size=self._batch, output=output.name, check=0)
            found.append(_compare(output.name, "output", output.shape, want, ours, False))
        return found

    def layers(self) -> list[LayerCheck]:
        from ._keras_walk import Call, Walk

        symbolic: list[Call] = []
        symbols = [self._keras.Input(shape=x.shape[1:], dtype=x.dtype, name=_plain(x.name)) for x in self._original.inputs]
        Walk(self._keras, False, symbolic.append).run(self._original, symbols)
        _rename_doubles(symbolic)
        differing: set[int] = set()
        found: list[LayerCheck] = []
        waiting = list(self._groups(symbolic))
        while waiting:
            group = waiting.pop(0)
            try:
                ours = self._group_here(symbols, [symbolic[i] for i in group])
            except OutOfMemory:
                if len(group) == 1:
                    raise
                middle = len(group) // 2
                waiting[:0] = [group[:middle], group[middle:]]
                continue
            theirs, calls = self._group_in_keras(group)
            for i, want, got in zip(group, theirs, ours):
                call = calls[i]
                item = _compare(symbolic[i].path, call.class_name, tuple(want.shape[1:]), want, got, False)
                if item.differing:
                    differing.add(i)
                    item = item._replace(begins=not differing.intersection(call.inputs))
                found.append(item)
        return found

    def _groups(self, calls: Sequence[Any]) -> Iterator[list[int]]:
        """Numbers of calls whose results are one float32 tensor of known shape, as many at a time as memory takes."""
        group: list[int] = []
        held = 0
        for i, call in enumerate(calls):
            shape = getattr(call.result, "shape", None)
            if shape is None or len(shape) < 2 or None in tuple(shape[1:]) or _type_of(call.result) != "float32":
                continue
            size = int(np.prod([int(n) for n in shape[1:]], dtype=np.int64)) * self._samples
            if group and held + size > _VALUES_AT_ONCE:
                yield group
                group, held = [], 0
            group.append(i)
            held += size
        if group:
            yield group

    def _group_here(self, symbols: list[Any], calls: list[Any]) -> list[np.ndarray]:
        """Results of these layers, each (N, values): of one model that puts them one behind the other."""
        layers = self._keras.layers
        flat = [layers.Flatten(name=f"tf_injector_flat_{i}")(call.result) for i, call in enumerate(calls)]
        joined = flat[0] if len(flat) == 1 else layers.Concatenate(name="tf_injector_joined")(flat)
        path = os.path.join(self._folder, "layers.keras")
        self._keras.Model(symbols, joined).save(path)
        everything = load_model(path).predict(self._fed(), batch_size=self._batch, check=0)
        ends = np.cumsum([int(part.shape[1]) for part in flat])
        return np.split(everything, ends[:-1], axis=1)

    def _group_in_keras(self, group: list[int]) -> tuple[list[np.ndarray], list[Any]]:
        from ._keras_walk import Call, Walk

        calls: list[Call] = []
        wanted = set(group)

        def run(x: list[Any]) -> list[Any]:
            calls.clear()
            kept: list[Any] = []

            def visit(call: Call) -> None:
                if len(calls) in wanted:
                    kept.append(call.result)
                calls.append(call._replace(result=None))

            Walk(self._keras, True, visit).run(self._original, x)
            return kept

        return self._in_keras(run), calls

    def _in_keras(self, run: Callable[[list[Any]], list[Any]]) -> list[np.ndarray]:
        """Results of all samples: `run` gets the inputs of a batch, in Keras' order."""
        tf = _tensorflow()
        names = [_plain(x.name) for x in self._original.inputs]
        arrays = list(self._inputs.values()) if len(names) == 1 else [self._inputs[name] for name in names]
        parts = []
        for first in range(0, self._samples, self._batch):
            batch = [
                tf.convert_to_tensor(array[first : first + self._batch].astype(_type_of(x)))
                for array, x in zip(arrays, self._original.inputs)
            ]
            parts.append([np.asarray(value) for value in run(batch)])
        return [np.concatenate(values) for values in zip(*parts)]

    def _fed(self) -> Any:
        arrays = list(self._inputs.values())
        return self._inputs if len(arrays) > 1 else arrays[0]


def _keras_of(model: Any, network: Model, notes: list[str]) -> Any:
    """The Keras that the model is of, imported with the switch that the comparison needs; None where there is none."""
    from importlib.util import find_spec

    root = type(model).__module__.split(".")[0]
    names = [root] if root in ("keras", "tf_keras") else ["keras", "tf_keras"]
    names = [name for name in names if find_spec(name) is not None]
    if not names or find_spec("tensorflow") is None:
        notes.append("Keras or TensorFlow is not installed here: nothing was compared")
        return None
    if "tensorflow" not in sys.modules:
        if os.environ.get(_SWITCH) != "1":
            os.environ[_SWITCH] = "1"
            notes.append(f"{_SWITCH}=1 was set before TensorFlow was imported, as the comparison needs it")
    if "keras" not in sys.modules:
        os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    chosen = names[0]
    if len(names) == 2 and network.keras_version.startswith("2"):
        import importlib.metadata

        if not importlib.metadata.version("keras").startswith("2"):
            chosen = names[1]
    import importlib

    keras = importlib.import_module(chosen)
    backend = str(keras.backend.backend())
    version = getattr(keras, "__version__", "")
    if backend != "tensorflow":
        notes.append(f"Keras runs on {backend}: nothing was compared; set KERAS_BACKEND=tensorflow before Keras is imported")
        return None
    notes.append(f"compared with {chosen} {version} and TensorFlow {_tensorflow().__version__}")
    return keras


def _load_in_keras(keras: Any, network: Model, folder: str, notes: list[str]) -> Any:
    """A copy of the model, which may be taken apart."""
    path = network._place or network.source
    if network._file is not None:
        path = os.path.join(folder, "model.keras")
        with open(path, "wb") as file:
            file.write(network._file)
    try:
        copy = keras.models.load_model(path, compile=False)
    except Exception as error:  # whatever Keras says
        notes[-1] = f"nothing was compared: {keras.__name__} {keras.__version__} cannot load it ({_first_line(error)})"
        if network.keras_version:
            notes.append(f"it was written by Keras {network.keras_version}")
        return None
    return copy


def _random_inputs(network: Model, samples: int, seed: int) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    before = [layer.class_name for layer in network.layers[: 1 + _first_kernel(network)]]
    scaled = "Rescaling" in before or "Normalization" in before
    made = {}
    for item in network.inputs:
        shape = (samples, *item.shape)
        if scaled or "int" in item.dtype:
            made[item.name] = random.integers(0, 256, shape).astype(np.float32)
        else:
            made[item.name] = random.standard_normal(shape, dtype=np.float32)
    return made


def _first_kernel(network: Model) -> int:
    kernels = {tensor.layer for tensor in network.faultable}
    return next((i for i, layer in enumerate(network.layers) if layer.path in kernels), 0)


def _rename_doubles(calls: Sequence[Any]) -> None:
    """Layers of several nested models may have one name; in the one model that is made of them they may not."""
    seen: dict[str, Any] = {}
    for call in calls:
        layer = call.layer
        if seen.setdefault(layer.name, layer) is layer:
            continue
        name = call.path.split("#")[0].replace("/", "__")
        while name in seen:
            name += "_"
        try:
            layer.name = name
        except AttributeError:  # Keras 2
            layer._name = name
        seen[name] = layer


def _compare(name: str, class_name: str, shape: tuple[int, ...], want: np.ndarray, got: np.ndarray, begins: bool) -> LayerCheck:
    a = np.ascontiguousarray(want, dtype=np.float32).reshape(-1)
    b = np.ascontiguousarray(got, dtype=np.float32).reshape(-1)
    if a.size != b.size:
        return LayerCheck(name, class_name, shape, int(a.size), int(a.size), float("inf"), begins)
    differs = (a.view(np.uint32) != b.view(np.uint32)) & ~(np.isnan(a) & np.isnan(b))
    largest = 0.0
    if differs.any():
        with np.errstate(invalid="ignore", over="ignore"):
            gaps = np.abs(a[differs].astype(np.float64) - b[differs].astype(np.float64))
        largest = float(np.where(np.isnan(gaps), np.inf, gaps).max())
    return LayerCheck(name, class_name, tuple(int(n) for n in shape), int(a.size), int(differs.sum()), largest, begins)


def _verdict(item: LayerCheck) -> str:
    return "equal" if not item.differing else "begins to differ" if item.begins else "differs"


def _advice(is_switched_on: bool) -> list[str]:
    notes = []
    if not is_switched_on:
        notes.append(
            f"TensorFlow had been imported without {_SWITCH}=1: on CPUs without AVX512-VNNI nearly every score then differs in its "
            "last bits; set it before the import, in a new process"
        )
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            if " avx512f" not in file.read():
                notes.append(
                    "this CPU has no AVX-512: TensorFlow's own last bits differ in some cases from the reference "
                    "(docs/numerics.md, On your own machine)"
                )
    except OSError:
        pass
    return notes


def _on_the_processor() -> Any:
    return _tensorflow().device("/CPU:0")


def _tensorflow() -> Any:
    """Imported by Keras before, after the switch was set where it could be."""
    return sys.modules["tensorflow"]


def _type_of(tensor: Any) -> str:
    return str(getattr(tensor.dtype, "name", tensor.dtype))


def _plain(name: str) -> str:
    return name.split(":")[0]


def _flat(structure: Any) -> list[Any]:
    if isinstance(structure, dict):
        return [leaf for key in structure for leaf in _flat(structure[key])]
    if isinstance(structure, (list, tuple)):
        return [leaf for item in structure for leaf in _flat(item)]
    return [structure]


def _first_line(error: BaseException) -> str:
    text = str(error).strip().splitlines()
    return (text[0] if text else type(error).__name__)[:200]
