"""Fault lists: which bits of which weights are flipped."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Any, Iterable, Iterator, NamedTuple, Sequence, Union, overload

import numpy as np

from . import _core, _text
from ._errors import BadInput, FaultListError, OutputError, Usage

if TYPE_CHECKING:
    import pandas

    from ._model import Model

_SCHEMES = ("network-wise", "layer-wise", "data-unaware", "data-aware", "exhaustive")


class Fault(NamedTuple):
    """One bit of one weight is inverted during the whole inference."""

    injection: int
    """Its number, unique in a list."""
    layer: str
    """Keras name of a Conv2D or Dense layer, or its path in nested models ("outer/inner")."""
    index: tuple[int, ...]  # type: ignore[assignment]  # it hides tuple.index
    """Into the kernel: (kh, kw, cin, cout) of Conv2D, (in, out) of Dense."""
    bit: int
    """0 (lowest bit of the mantissa) to 31 (sign); of a model that is stored in another format its bits."""


class FaultPart(NamedTuple):
    """What happens to one element of one variable of a layer, or of its output."""

    layer: str
    """Keras name of a layer, or its path in nested models."""
    tensor: str
    """kernel, bias, gamma, beta, moving_mean, moving_variance, depthwise_kernel, pointwise_kernel or output."""
    index: tuple[int, ...]  # type: ignore[assignment]
    """Into that tensor; of the output of one image: (h, w, c)."""
    model: str
    """flip, stuck0, stuck1 or set."""
    bits: tuple[int, ...] = ()
    """0 (lowest bit of the mantissa) to 31 (sign), as of `Fault`; none with set."""
    value: str | None = None
    """With set: what the element becomes, as a list has it ("0.5", "nan", "0x7fc00001"; "0x7fc0" of a format of 16 bits)."""
    call: int | None = None
    """With output: of which call of a layer that is shared, from 0; None: of all."""


class ExtendedFault(NamedTuple):
    """Parts that are there together during the whole inference: a fault of an extended list."""

    injection: int
    """Its number, unique in a list."""
    parts: tuple[FaultPart, ...]
    image: int | None = None
    """The only image that has the fault, by its number in the test set; None: all have it."""


class _Columns(NamedTuple):
    ids: np.ndarray
    names: list[str]
    layers: np.ndarray
    indices: np.ndarray
    bits: np.ndarray
    parts: list[list[tuple[Any, ...]]] | None = None
    images: list[int | None] | None = None


class FaultList:
    """Faults in an order, as a CSV list holds them (header ``Injection,Layer,TensorIndex,Bit``).

    Immutable. Made by `read`, `parse`, `generate`, `from_arrays`, `from_faults`, or by slicing another list. Whether a model
    has such layers and elements is found when it is used with one. Can be pickled and compared.
    """

    _text: bytes
    _name: str
    _plan: str
    _cache: _Columns | None

    def __init__(self, faults: Iterable[Fault | tuple[Any, ...]] = ()) -> None:
        """The same as `from_faults`."""
        made = FaultList.from_faults(faults)
        self._text, self._name, self._cache, self._plan = made._text, made._name, made._cache, made._plan

    @classmethod
    def _of_text(cls, text: bytes, name: str, plan: str = "") -> "FaultList":
        made = cls.__new__(cls)
        made._text, made._name, made._cache, made._plan = text, name, None, plan
        return made

    @staticmethod
    def read(path: str | os.PathLike[str]) -> "FaultList":
        """Reads a CSV list.

        Raises `FaultListError` (a line per problem, "list.csv:12:9: what: expected ..., found ...", at most 100) and
        `BadInput` (no such file).
        """
        return FaultList._read(path)._valid()

    @staticmethod
    def _read(path: Any) -> "FaultList":
        """As `read`, but nothing of the text is looked at yet."""
        name = _text.path("path", path)
        try:
            with open(name, "rb") as file:
                text = file.read()
        except FileNotFoundError:
            raise BadInput(f"{name}: no such file") from None
        except OSError as error:
            raise BadInput(f"{name}: cannot be read: {error.strerror}") from None
        made = FaultList._of_text(text, name)
        made._plan = _plan_beside(name, made.sha256)
        return made

    def _valid(self) -> "FaultList":
        self._columns()
        return self

    @staticmethod
    def generate(
        model: Any,
        scheme: str = "network-wise",
        *,
        error: float = 0.01,
        confidence: float = 0.99,
        p: float = 0.5,
        n: int | None = None,
        seed: int = 42,
        layers: Sequence[str] | None = None,
        bits: int | Sequence[int] | None = None,
        published: bool = False,
    ) -> "FaultList":
        """Draws faults from the bits of a model's kernels, without replacement; the same for the same seed on every machine.

        model: a `Model`, or what `load_model` takes.
        scheme: "network-wise" (all bits of the network, each as likely as the next), "layer-wise" (the bits of each layer),
            "data-unaware" (each bit of each layer), "data-aware" (the same, fewer from bits whose change is small: Ruospo et al.,
            DATE 2023) or "exhaustive" (every fault).
        error, confidence, p: margin wanted in each stratum, between 0 and 1, at this confidence, where p is the share expected.
            Not with "exhaustive"; "data-aware" finds p by itself.
        n: faults in all, instead of these three; not with "data-aware".
        seed: another sample.
        layers, bits: only these.
        published: the procedure of the published lists; nothing else can be chosen beside it.

        `plan` of the list says what was drawn. Raises `Usage`, `FaultListError` (no such layer), `ModelError`.
        """
        from ._model import load_model

        network = load_model(model)
        if not isinstance(scheme, str) or scheme not in _SCHEMES:
            raise Usage(f"`scheme`: expected one of {', '.join(_SCHEMES)}, found {scheme!r}")
        if published is not True and published is not False:
            raise Usage(f"`published`: expected True or False, found {published!r}")
        if published and scheme != "network-wise":
            raise Usage("`published` stands instead of `scheme`: give one of them")
        names = [] if layers is None else [_text.text("layers", name) for name in _items("layers", layers, "names")]
        if isinstance(layers, str):
            raise Usage(f"`layers`: expected a list of names, found {layers!r}")
        chosen = [] if bits is None else [int(b) for b in _integer_column(bits, _text.array("bits", bits).size, "bits")]
        if bits is not None and not chosen or layers is not None and not names:
            raise Usage("`bits` and `layers`: expected at least one, found none")
        text, plan = _core.generate_faults(
            network._handle,
            "published" if published else scheme,
            _text.real("error", error),
            _text.real("confidence", confidence),
            _text.real("p", p),
            None if n is None else _text.whole("n", n, 1, 2**63),
            _text.whole("seed", seed, 0, 2**63),
            names,
            [max(-1, min(bit, 32)) for bit in chosen],
        )
        made = FaultList._of_text(text, "faults")
        import json

        design = json.loads(plan)
        design["list_sha256"] = made.sha256
        made._plan = json.dumps(design)
        return made

    @staticmethod
    def parse(text: str | bytes, name: str = "faults") -> "FaultList":
        """The list in the text of a CSV file; `name` stands for the file in messages. Raises `FaultListError`."""
        if not isinstance(text, (str, bytes)):
            raise Usage(f"`text`: expected the text of a CSV list, found {type(text).__name__}")
        bytes_ = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
        return FaultList._of_text(bytes_, _text.text("name", name))._valid()

    @staticmethod
    def from_arrays(
        layer: str | Sequence[str] | np.ndarray,
        index: Sequence[Sequence[int]] | np.ndarray,
        bit: int | Sequence[int] | np.ndarray,
        injection: Sequence[int] | np.ndarray | None = None,
    ) -> "FaultList":
        """A list of F faults from columns.

        `layer`: F names, or one for all. `index`: (F, R) integers, or F tuples, which may be of different lengths. `bit`: F
        integers from 0 to 31, or one for all. `injection`: F different numbers from 0; without it 0 to F - 1.
        Raises `FaultListError` (numbers out of range, an injection twice) and `Usage` (columns of other types or lengths).
        """
        return FaultList._of_arrays(layer, index, bit, injection)._valid()

    @staticmethod
    def _of_arrays(layer: Any, index: Any, bit: Any, injection: Any) -> "FaultList":
        indices, ranks = _index_column(index)
        rows = len(ranks)
        names, layers = _layer_column(layer, rows)
        bits = _integer_column(bit, rows, "bit")
        far = np.flatnonzero(np.abs(bits // 2) >= 2**30)  # the others are for the reader, who says where they stand
        if len(far) > 0:
            raise FaultListError(f"faults: Bit out of range; expected 0 to 31; found {bits[far[0]]} in row {far[0]} (from 0)")
        ids = np.arange(rows, dtype=np.int64) if injection is None else _integer_column(injection, rows, "injection")
        if rows == 0:
            raise FaultListError("faults: no faults; expected at least one; found none")
        return FaultList._of_text(_core.fault_rows_to_csv(ids, names, layers, indices, ranks, bits), "faults")

    @staticmethod
    def from_faults(faults: Iterable[Fault | tuple[Any, ...]]) -> "FaultList":
        """A list of `Fault`s, or of tuples (layer, index, bit), which are numbered from 0.

        Raises `FaultListError` and `Usage` as `from_arrays` does.
        """
        return FaultList._of_faults(faults)._valid()

    @staticmethod
    def _of_faults(faults: Any) -> "FaultList":
        if hasattr(faults, "columns"):
            raise Usage(
                "`faults`: found a DataFrame; make a list of its columns: "
                "FaultList.from_arrays(frame['Layer'], frame['TensorIndex'], frame['Bit'])"
            )
        rows = _items("faults", faults, "Faults, or tuples (layer, index, bit)")
        if any(isinstance(row, ExtendedFault) for row in rows):
            return FaultList._of_text(_extended_text(rows), "faults")
        for i, row in enumerate(rows):
            if not isinstance(row, tuple) or len(row) not in (3, 4):
                raise Usage(f"`faults`: item {i}: expected a Fault or (layer, index, bit), found {row!r}")
        if len({len(row) for row in rows}) > 1:
            raise Usage("`faults`: some items have an injection number and others have none")
        numbers = [row[0] for row in rows] if rows and len(rows[0]) == 4 else None
        return FaultList._of_arrays([row[-3] for row in rows], [row[-2] for row in rows], [row[-1] for row in rows], numbers)

    def _columns(self) -> _Columns:
        if self._cache is None:
            self._cache = _Columns(*_core.parse_fault_columns(self._text, self._name))
        return self._cache

    def _plain(self, name: str) -> _Columns:
        columns = self._columns()
        if columns.parts is not None:
            raise Usage(f"`{name}`: the list holds other faults than single inverted bits of kernels; `parts` has them")
        return columns

    @property
    def parts(self) -> list[tuple[FaultPart, ...]]:
        """The parts of each fault: one, but in extended lists, which may have several."""
        return [self._parts_of(row) for row in range(len(self))]

    def _parts_of(self, row: int) -> tuple[FaultPart, ...]:
        columns = self._columns()
        if columns.parts is not None:
            return tuple(FaultPart(*part) for part in columns.parts[row])
        return _plain_parts(self[row])

    @property
    def images(self) -> list[int | None]:
        """The only image that has each fault, or None: all images have it."""
        columns = self._columns()
        return [None] * len(self) if columns.images is None else list(columns.images)

    @property
    def name(self) -> str:
        """The file that the list was read from, or what stands for it in messages."""
        return self._name

    @property
    def sha256(self) -> str:
        """Of the list's bytes, in hexadecimal digits: reports are tied to it."""
        return hashlib.sha256(self._text).hexdigest()

    @property
    def injection(self) -> np.ndarray:
        """The numbers of the faults: (F,) int64."""
        return self._columns().ids

    @property
    def layer(self) -> np.ndarray:
        """The layer of each fault: (F,) strings. Raises `Usage` for an extended list, as `index` and `bit` do."""
        columns = self._plain("layer")
        return np.array(columns.names, dtype=object)[columns.layers]

    @property
    def index(self) -> np.ndarray:
        """The element of each fault: (F, R) int64, R being the largest rank; shorter indices end in -1."""
        return self._plain("index").indices

    @property
    def bit(self) -> np.ndarray:
        """The bit of each fault: (F,) uint8, 0 (lowest bit of the mantissa) to 31 (sign), or the highest of the model's storage."""
        return self._plain("bit").bits

    @property
    def plan(self) -> dict[str, Any] | None:
        """How the list was drawn: scheme, seed, strata with their populations, faults and margins. None where it is not known. Reports
        keep it in their metadata.
        """
        import json

        return dict(json.loads(self._plan)) if self._plan else None

    def __len__(self) -> int:
        return len(self._columns().ids)

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    @overload
    def __getitem__(self, rows: int) -> Any: ...

    @overload
    def __getitem__(self, rows: Union[slice, Sequence[int], np.ndarray]) -> "FaultList": ...

    def __getitem__(self, rows: Any) -> Any:
        """A `Fault` (of an extended list an `ExtendedFault`) by its row, or a list of the rows of a slice, of row numbers, or of
        a mask. Injection numbers stay.
        """
        columns = self._columns()
        row = _text.index(rows)
        if row is not None and columns.parts is not None:
            return ExtendedFault(int(columns.ids[row]), self._parts_of(row), self.images[row])
        if row is not None:
            return Fault(
                int(columns.ids[row]),
                columns.names[columns.layers[row]],
                tuple(int(i) for i in columns.indices[row] if i >= 0),
                int(columns.bits[row]),
            )
        rows = _text.rows("faults", rows)
        indices = columns.indices[rows]
        if len(indices) == 0:
            raise FaultListError("faults: the chosen rows are none; expected at least one")
        if columns.parts is not None:
            return FaultList.parse(_extended_text([self[int(i)] for i in np.arange(len(self))[rows]]))
        text = _core.fault_rows_to_csv(
            np.ascontiguousarray(columns.ids[rows]),
            columns.names,
            np.ascontiguousarray(columns.layers[rows], dtype=np.int64),
            np.ascontiguousarray(indices),
            np.ascontiguousarray((indices >= 0).sum(axis=1), dtype=np.int64),
            np.ascontiguousarray(columns.bits[rows], dtype=np.int64),
        )
        return FaultList.parse(text)

    def to_csv(self, path: str | os.PathLike[str] | None = None) -> str | None:
        """Writes the list as a CSV file, and its `plan`, where there is one, beside it (path + ".plan.json"); without a path the
        text is returned. The bytes are those that were read.
        """
        if path is None:
            return self._text.decode("utf-8", "surrogatepass")
        place = _text.path("path", path)
        try:
            with open(place, "wb") as file:
                file.write(self._text)
            if self._plan:
                with open(place + ".plan.json", "wb") as file:
                    file.write(self._plan.encode())
        except OSError as error:
            raise OutputError(f"{place}: cannot be written: {error.strerror}") from None
        return None

    def to_pandas(self) -> "pandas.DataFrame":
        """A DataFrame with the columns of the CSV list; TensorIndex holds tuples. Of an extended list there is a row for each part,
        Bit holds tuples, and Tensor, Model, Value, Part, Image and Call follow. Needs pandas.
        """
        import pandas

        if self._columns().parts is not None:
            rows = [
                (int(injection), part.layer, part.index, part.bits, part.tensor, part.model, part.value, number, image, part.call)
                for injection, parts, image in zip(self.injection, self.parts, self.images)
                for number, part in enumerate(parts)
            ]
            frame = pandas.DataFrame(rows, columns=[*_EXTENDED_HEADER, "Image", "Call"])
            return frame.astype({"Image": "Int64", "Call": "Int64"})
        return pandas.DataFrame(
            {
                "Injection": self.injection,
                "Layer": self.layer,
                "TensorIndex": [tuple(int(i) for i in row if i >= 0) for row in self.index],
                "Bit": self.bit,
            }
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, FaultList):
            return NotImplemented
        return self._text == other._text or list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return FaultList._of_text, (self._text, self._name, self._plan)

    def __repr__(self) -> str:
        layers = len(self._columns().names)
        return f"<FaultList {self._name!r}: {len(self):,} faults in {layers} layer{'s' * (layers != 1)}>"

    def _resolved(self, model: "Model") -> _core.FaultList:
        return _core.FaultList.parse(self._text, self._name, model._handle, self._plan)


def _plain_parts(fault: Fault) -> tuple[FaultPart, ...]:
    return (FaultPart(fault.layer, "kernel", fault.index, "flip", (fault.bit,)),)


_EXTENDED_HEADER = ("Injection", "Layer", "TensorIndex", "Bit", "Tensor", "Model", "Value", "Part")


def _extended_text(faults: Sequence[Any]) -> bytes:
    """The CSV text of `Fault`s and `ExtendedFault`s."""
    import csv
    import io

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    all_faults = []
    for i, fault in enumerate(faults):
        if isinstance(fault, Fault):
            fault = ExtendedFault(fault.injection, _plain_parts(fault))
        if not isinstance(fault, ExtendedFault):
            raise Usage(f"`faults`: item {i}: expected a Fault or an ExtendedFault, found {fault!r}")
        all_faults.append(fault._replace(parts=tuple(FaultPart(*part) for part in fault.parts)))
    has_images = any(fault.image is not None for fault in all_faults)
    has_calls = any(part.call is not None for fault in all_faults for part in fault.parts)
    writer.writerow((*_EXTENDED_HEADER, *["Image"] * has_images, *["Call"] * has_calls))
    for fault in all_faults:
        for number, part in enumerate(fault.parts):
            where = tuple(int(place) for place in part.index)
            bit = " ".join(str(int(one)) for one in part.bits)
            value = "" if part.value is None else part.value
            row = [int(fault.injection), part.layer, where, bit, part.tensor, part.model, value, number]
            if has_images:
                row.append("all" if fault.image is None else int(fault.image))
            if has_calls:
                row.append("" if part.call is None else int(part.call))
            writer.writerow(row)
    return text.getvalue().encode("utf-8", "surrogatepass")


def resolved(faults: Any, model: "Model") -> _core.FaultList:
    """What users hand over (a FaultList, a path, a Fault, or faults), with everything wrong with it for this model found at once."""
    return _as_fault_list(faults)._resolved(model)


def _as_fault_list(faults: Any) -> FaultList:
    if isinstance(faults, FaultList):
        return faults
    if isinstance(faults, (str, bytes, os.PathLike)):
        return FaultList._read(faults)
    if isinstance(faults, Fault) or (isinstance(faults, tuple) and faults and isinstance(faults[0], str)):
        return FaultList._of_faults([faults])
    if isinstance(faults, Iterable):
        return FaultList._of_faults(faults)
    raise Usage(f"`faults`: expected a FaultList, a path, or faults, found {type(faults).__name__}")


def _plan_beside(path: str, sha256: str) -> str:
    """The plan in path + ".plan.json" if it is that of the list, else ""."""
    import json

    try:
        with open(path + ".plan.json", encoding="utf-8") as file:
            text = file.read()
        return text if json.loads(text)["list_sha256"] == sha256 else ""
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _items(name: str, values: Any, expected: str) -> list[Any]:
    try:
        return list(values)
    except TypeError:
        raise Usage(f"`{name}`: expected {expected}, found {type(values).__name__}") from None


def _integer_column(values: Any, rows: int, name: str) -> np.ndarray:
    column = _text.array(name, values)
    if column.dtype.kind not in "iu" and column.size > 0:
        raise Usage(f"`{name}`: expected integers, found {column.dtype}")
    if column.ndim == 0:
        column = np.full(rows, column)
    if column.shape != (rows,):
        raise Usage(f"`{name}`: expected {rows} numbers, one for each index, found shape {column.shape}")
    return _int64(name, column)


def _int64(name: str, numbers: np.ndarray) -> np.ndarray:
    """As int64, in C order. Raises `Usage` where one is larger than that."""
    if numbers.dtype.kind == "u" and numbers.size > 0 and int(numbers.max()) > np.iinfo(np.int64).max:
        raise Usage(f"`{name}`: {int(numbers.max())} is too large")
    return np.ascontiguousarray(numbers, dtype=np.int64)


def _index_column(index: Any) -> tuple[np.ndarray, np.ndarray]:
    """(F, R) indices padded with -1, and the length of each."""
    if isinstance(index, np.ndarray):
        if index.ndim != 2 or index.dtype.kind not in "iu":
            raise Usage(f"`index`: expected integers of shape (F, R), found {index.dtype} of shape {index.shape}")
        return _int64("index", index), np.full(len(index), index.shape[1], dtype=np.int64)
    rows = []
    for i, item in enumerate(_items("index", index, "an array (F, R), or tuples")):
        row = _text.array("index", item)
        if row.ndim != 1 or (row.dtype.kind not in "iu" and row.size > 0):
            raise Usage(f"`index`: item {i}: expected a tuple of whole numbers, found {item!r}")
        rows.append(_int64("index", row))
    ranks = np.array([len(row) for row in rows], dtype=np.int64)
    padded = np.full((len(rows), int(ranks.max(initial=0))), -1, dtype=np.int64)
    for i, row in enumerate(rows):
        padded[i, : len(row)] = row
    return padded, ranks


def _layer_column(layer: Any, rows: int) -> tuple[list[str], np.ndarray]:
    """The different names, and for each row which it is."""
    given = [layer] * rows if isinstance(layer, str) else _items("layer", layer, "a name, or one for each index")
    if len(given) != rows:
        raise Usage(f"`layer`: expected {rows} names, one for each index, found {len(given)}")
    numbers: dict[str, int] = {}
    column = np.empty(rows, dtype=np.int64)
    for i, name in enumerate(given):
        column[i] = numbers.setdefault(_text.text("layer", name), len(numbers))
    return list(numbers), column
