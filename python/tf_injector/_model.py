"""Keras models."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from . import _core, _storage, _text
from ._errors import ModelError, Usage

if TYPE_CHECKING:
    from ._explain import Explanation


class ModelInput(NamedTuple):
    """An input of a model. The shape is that of one image: without the axis of the batch."""

    name: str
    """As Keras calls it."""
    shape: tuple[int, ...]
    """(H, W, C), or whatever the model takes."""
    dtype: str
    """The type in which the model takes its values, such as "float32" or "uint8"."""


class ModelOutput(NamedTuple):
    """An output of a model. The shape is that of one image."""

    name: str
    """As Keras calls it."""
    shape: tuple[int, ...]
    """(C,) for C scores."""


class Layer(NamedTuple):
    """A leaf layer: nested models are flattened, a shared layer stands here once."""

    name: str
    """As fault lists name it: "conv2d_7"."""
    path: str
    """With the models around it: "model_3/conv2d_7"."""
    class_name: str
    """Its class in Keras: "Conv2D"."""
    output_shape: tuple[int, ...]
    """Of its first call, of one image."""
    parameters: int
    """Numbers in its weights."""


class FaultableTensor(NamedTuple):
    """A kernel whose elements faults can hit: (kh, kw, cin, cout) of Conv2D, (in, out) of Dense."""

    layer: str
    """The path of its layer."""
    shape: tuple[int, ...]
    """Of the kernel."""
    elements: int
    """Weights in it."""
    storage: str = _storage.FLOAT32
    """The format in which they are stored."""

    @property
    def bits(self) -> int:
        """Bits that faults can hit."""
        return _storage.width(self.storage) * self.elements


class Model:
    """A Keras model in memory. Immutable; may be used by several threads. Made by `load_model`."""

    _handle: _core.Model
    _file: bytes | None
    _place: str | None  # of the file, from the root: the working directory may change

    def __init__(self) -> None:
        raise Usage("use load_model")

    @classmethod
    def _of(cls, core: _core.Model, file: bytes | None, place: str | None = None) -> "Model":
        made = cls.__new__(cls)
        made._handle, made._file, made._place = core, file, place
        return made

    @property
    def name(self) -> str:
        """As Keras calls it."""
        return self._handle.name

    @property
    def source(self) -> str:
        """The file that it was read from, or its name."""
        return self._handle.source

    @property
    def sha256(self) -> str:
        """Of the file's bytes, in hexadecimal digits."""
        return self._handle.sha256

    @property
    def storage(self) -> str:
        """The format in which the weights are stored: "float32", "bfloat16", "float16" or "int8"."""
        return self._handle.storage

    @property
    def keras_version(self) -> str:
        """The version of Keras that wrote the file; "" where it does not say."""
        return self._handle.keras_version

    @property
    def notes(self) -> list[str]:
        """What is unusual about the file, one line each."""
        return list(self._handle.notes)

    @property
    def inputs(self) -> list[ModelInput]:
        """Its inputs."""
        return [ModelInput(*item) for item in self._handle.inputs()]

    @property
    def outputs(self) -> list[ModelOutput]:
        """Its outputs."""
        return [ModelOutput(*item) for item in self._handle.outputs()]

    @property
    def layers(self) -> list[Layer]:
        """All leaf layers, in Keras' order."""
        return [Layer(*item) for item in self._handle.layers()]

    @property
    def faultable(self) -> list[FaultableTensor]:
        """The kernels that faults can hit, in the order of the layers."""
        return [FaultableTensor(*item) for item in self._handle.faultable()]

    def predict(
        self,
        x: Any,
        faults: Any = None,
        *,
        batch_size: int = 512,
        output: str | None = None,
        preprocess: Any = None,
        use_tf: bool = False,
        check: int | None = None,
        threads: int | None = None,
        memory: int | str | None = None,
        kernels: str = "auto",
    ) -> np.ndarray:
        """Scores of N images, equal in every bit to those of TensorFlow.

        `x`: (N, ...) uint8 or float32, a dict of arrays for a model of several inputs, or a `Dataset`. Without faults: (N, C)
        float32. With `faults` (a `FaultList`, a path, or `Fault`s), F of them: (F, N, C), each fault alone. The other arguments
        are those of `run_campaign`. Raises what `run_campaign` raises.
        """
        from ._campaign import check_interval, session_options, warn
        from ._dataset import Dataset, unlabelled
        from ._faults import resolved

        images = x if isinstance(x, Dataset) else unlabelled(x)
        options = session_options(images, batch_size, output, preprocess, use_tf, None, threads, memory, kernels)
        check = check_interval(check)
        chosen = None if faults is None else resolved(faults, self)
        scores: Any = _core.predict(self._handle, images._handle, chosen, options, check, _text.log, warn)
        return scores

    def explain(
        self,
        fault: Any,
        dataset: Any = None,
        *,
        limit: int | None = 512,
        batch_size: int = 512,
        output: str | None = None,
        preprocess: Any = None,
        use_tf: bool = False,
        threads: int | None = None,
        memory: int | str | None = None,
        kernels: str = "auto",
    ) -> "Explanation":
        """One fault: its weight and bits, how far it can reach; with images how far it does, layer by layer, and where it ends.

        `fault`: a `Fault`, (layer, index, bit), or a text like "conv2d_8,(2, 0, 30, 3),3". `dataset`: a `Dataset`, or (x, y); None:
        what holds for all images. `limit`: the first so many images; None: all. Both runs are evaluated in full, layer by layer, and
        compared in every bit. The other arguments are those of `run_campaign`. Raises what `run_campaign` raises.
        """
        from ._campaign import session_options
        from ._dataset import as_dataset
        from ._explain import Explanation
        from ._faults import resolved

        if isinstance(fault, str):
            fault = _core.parse_fault(fault)
        images = None if dataset is None else as_dataset(dataset)
        if images is None:
            options = _core.SessionOptions()
            options.output = "" if output is None else _text.text("output", output)
        else:
            options = session_options(images, batch_size, output, preprocess, use_tf, limit, threads, memory, kernels)
        chosen = resolved(fault, self)
        return Explanation(*_core.explain(self._handle, chosen, None if images is None else images._handle, options))

    def summary(self) -> str:
        """The layers as a table, with the kernels that faults can hit."""
        kernels = {tensor.layer: tensor for tensor in self.faultable}
        head = ("layer", "class", "output", "parameters", "kernel")
        rows = [
            (
                layer.name,
                layer.class_name,
                str(layer.output_shape),
                f"{layer.parameters:,}",
                str(kernels[layer.path].shape) if layer.path in kernels else "",
            )
            for layer in self.layers
        ]
        widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in [head, *rows]]
        bits = sum(tensor.bits for tensor in kernels.values())
        return "\n".join([*lines, f"{len(kernels)} kernels, {bits:,} bits that faults can hit"])

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (self._file, self._place or self.source, self.sha256, self.storage)

    def _stored(self, storage: str) -> "Model":
        return self if storage == self.storage else Model._of(self._handle.stored(storage), self._file, self._place)

    def _head(self) -> str:
        stored = "" if self.storage == _storage.FLOAT32 else f", stored in {self.storage}"
        return f"{len(self.layers)} layers, {sum(tensor.elements for tensor in self.faultable):,} weights that faults can hit{stored}"

    def __repr__(self) -> str:
        return f"<Model {self.name!r}: {self._head()}>"

    def _repr_html_(self) -> str:
        """The head, and the layers folded below it."""
        from html import escape

        layers = f"<details><summary>layers</summary><pre>{escape(self.summary())}</pre></details>"
        return f"<p><b>{escape(self.name)}</b>: {self._head()}</p>{layers}"


def load_model(model: Any, storage: str | None = None) -> Model:
    """Reads a Keras model.

    `model`: the path of a .keras file (Keras 2.12 to 2.15, Keras 3) or a legacy .h5, or a live `keras.Model`, which is saved by
    its own `save` to a temporary .keras file, without the date: a report in a file goes on with a live model of the same weights. TensorFlow is never imported here.

    `storage`: "bfloat16", "float16" or "int8": the weights are stored in that format and computed with as float32; faults hit what is
    stored (docs/fault-models.md). None: "float32", and of a `Model` what it has. Raises `ModelError`: no such file, damaged, a
    layer that is not supported, another dtype policy than float32, int8 of a kernel with NaN or Inf; `Usage`: no such format, or a `Model` that is stored in another one.
    """
    if storage is not None:
        return load_model(model)._stored(_storage.checked(storage))
    if isinstance(model, Model):
        return model
    if isinstance(model, (str, bytes, os.PathLike)):
        place = _text.path("model", model)
        return Model._of(_core.Model.load(place), None, os.path.abspath(place))
    if callable(getattr(model, "save", None)) and callable(getattr(model, "get_config", None)):
        return _of_live_model(model)
    raise Usage(f"`model`: expected a path or a keras.Model, found {type(model).__name__}")


def _of_live_model(model: Any) -> Model:
    import tempfile

    name = str(getattr(model, "name", "model"))
    if getattr(model, "built", True) is False:
        raise ModelError(f"{name}: the model has no weights yet: begin it with keras.Input(shape), or call it on some images once")
    with tempfile.TemporaryDirectory(prefix="tf_injector-") as folder:
        path = os.path.join(folder, "model.keras")
        try:
            model.save(path)
        except Exception as error:  # whatever Keras says
            raise ModelError(f"{name}: Keras could not save it as a .keras file: {error}") from error
        contents = _undated(path)
    return Model._of(_core.Model.from_bytes(contents, name), contents)


def _undated(path: str) -> bytes:
    """A .keras file without the times at which it was saved, so that the same model has the same bytes."""
    import io
    import json
    import zipfile

    with open(path, "rb") as file:
        contents = file.read()
    if not zipfile.is_zipfile(io.BytesIO(contents)):  # HDF5, as TensorFlow before 2.13 writes it
        return contents
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(contents)) as saved, zipfile.ZipFile(made, "w") as undated:
        for entry in saved.infolist():
            part = saved.read(entry)
            if entry.filename == "metadata.json":
                facts = json.loads(part)
                facts.pop("date_saved", None)
                part = json.dumps(facts).encode()
            undated.writestr(zipfile.ZipInfo(entry.filename), part)  # of 1 January 1980
    return made.getvalue()


def _restore(file: bytes | None, source: str, sha256: str, storage: str = _storage.FLOAT32) -> Model:
    if file is not None:
        return Model._of(_core.Model.from_bytes(file, source), file)._stored(storage)
    model = load_model(source)
    if model.sha256 != sha256:
        raise ModelError(f"{source}: another model than the one that was pickled (SHA-256 {sha256})")
    return model._stored(storage)
