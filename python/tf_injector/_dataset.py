"""Test sets: images and their labels."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Mapping, NamedTuple, Sequence

import numpy as np

from . import _certificates, _core, _text
from ._errors import DatasetError, Usage

if TYPE_CHECKING:
    from ._model import Model

_LARGEST_LABEL = 2**31 - 1


class Normalization(NamedTuple):
    """Of 8-bit images: (x / 255 - mean) / std, in float32, channel by channel."""

    mean: tuple[float, float, float]
    """Red, green, blue."""
    std: tuple[float, float, float]
    """Red, green, blue."""


class Dataset:
    """N images with a label each, uint8 (to be preprocessed) or float32 (fed as they are).

    Made by `cifar10`, `cifar100`, `gtsrb`, `read` or `from_arrays`. Arrays are referred to, not copied, where they are uint8
    or float32 in C order; do not change them while a campaign runs. Can be pickled.
    """

    _handle: _core.Dataset
    _set: str
    _normalization: Normalization | None

    def __init__(self) -> None:
        raise Usage("use Dataset.from_arrays, Dataset.read, or Dataset.cifar10, cifar100, gtsrb")

    @classmethod
    def _of(cls, core: _core.Dataset, named_set: str = "", normalization: Normalization | None = None) -> "Dataset":
        made = cls.__new__(cls)
        made._handle, made._set, made._normalization = core, named_set, normalization
        return made

    @staticmethod
    def _named(name: str, path: Any, download: bool, resize: str = "pillow") -> "Dataset":
        place = "" if path is None else _text.path("path", path)
        if not isinstance(download, bool):
            raise Usage(f"`download`: expected True or False, found {download!r}")
        if download:
            _certificates.provide()
        return Dataset._of(_core.Dataset.read(name, place, download, resize, [], _text.log), name)

    @staticmethod
    def cifar10(path: str | os.PathLike[str] | None = None, download: bool = True) -> "Dataset":
        """The 10,000 test images of CIFAR-10: uint8 (10000, 32, 32, 3), normalised as the published campaigns do.

        `path`: a folder of the Python or binary version, the folder above it, or a .tar.gz of either. Without it they are looked for
        in ./datasets/CIFAR10 and ~/.keras/datasets, then fetched into ./datasets/CIFAR10 unless `download` is false.
        Raises `DatasetError`, `DownloadFailed`.
        """
        return Dataset._named("CIFAR10", path, download)

    @staticmethod
    def cifar100(path: str | os.PathLike[str] | None = None, download: bool = True) -> "Dataset":
        """The 10,000 test images of CIFAR-100, fine labels; otherwise as `cifar10`."""
        return Dataset._named("CIFAR100", path, download)

    @staticmethod
    def gtsrb(
        path: str | os.PathLike[str] | None = None, download: bool = True, resize: str = "pillow"
    ) -> "Dataset":
        """The 12,630 test images of GTSRB, resized to 50 x 50; otherwise as `cifar10`.

        `path`: a folder with the two official zips, or unpacked. `resize`: "pillow" or "tensorflow", whose arithmetic is used.
        """
        if resize not in ("pillow", "tensorflow"):
            raise Usage(f"`resize`: expected pillow or tensorflow, found {resize!r}")
        return Dataset._named("GTSRB", path, download, resize)

    @staticmethod
    def read(path: str | os.PathLike[str], model: "Model | None" = None) -> "Dataset":
        """Reads any test set: an .npz with ``x`` and ``y``, a folder with x.npy and y.npy, or a named set's files.

        `model`: whose inputs arrays may be named after, needed where it has several. Raises `DatasetError`.
        """
        from ._model import load_model

        inputs = [] if model is None else [item.name for item in load_model(model).inputs]
        return Dataset._of(_core.Dataset.read("", _text.path("path", path), False, "pillow", inputs, _text.log))

    @staticmethod
    def from_arrays(
        x: np.ndarray | Mapping[str, np.ndarray],
        y: np.ndarray | Sequence[int],
        mean: Sequence[float] | None = None,
        std: Sequence[float] | None = None,
        name: str = "arrays",
    ) -> "Dataset":
        """Images and labels in memory.

        `x`: (N, H, W, C), or whatever the model's input is, with the images first; uint8, or float32, which is fed as it is.
        Models of several inputs take a dict from their names to arrays. `y`: N integers, class numbers from 0; (N,) or (N, 1).
        `mean`, `std`: three numbers each, by which 8-bit images are normalised; without them x / 255, or x as it is where the
        model begins with Rescaling or Normalization. `name` stands for the data in messages and metadata.
        Raises `DatasetError` (other types or shapes, labels that are no class numbers), `Usage`.
        """
        inputs = _input_arrays(x)
        labels = _labels(y)
        for input_name, images, _ in inputs:
            if len(images) != len(labels):
                what = f"`x`[{input_name!r}]" if input_name else "`x`"
                raise DatasetError(f"{what} has {len(images)} images, `y` has {len(labels)} labels; expected as many")
        label = _text.text("name", name)
        return Dataset._of(
            _core.Dataset.from_arrays(label, label, inputs, labels), normalization=normalization_of(mean, std)
        )

    @property
    def name(self) -> str:
        """Of the set ("CIFAR10"), of its file, or as given."""
        return self._handle.name

    @property
    def source(self) -> str:
        """The file or folder that it came from."""
        return self._handle.source

    @property
    def x(self) -> np.ndarray | dict[str, np.ndarray]:
        """The images, (N, ...), read-only; of several inputs a dict from their names."""
        inputs = self._handle.inputs()
        if len(inputs) == 1:
            return inputs[0][1]
        return {name: images for name, images, _ in inputs}

    @property
    def y(self) -> np.ndarray:
        """The labels: (N,) int32."""
        return self._handle.labels()

    @property
    def normalization(self) -> Normalization | None:
        """The mean and std that were given; a named set has its own."""
        return self._normalization

    def __len__(self) -> int:
        return len(self._handle)

    def __getitem__(self, rows: slice | Sequence[int] | np.ndarray) -> "Dataset":
        """The images of a slice, of numbers from 0, or of a mask, with the same normalisation."""
        if _text.index(rows) is not None:
            raise Usage("a Dataset is sliced: images[3:4] for the image 3")
        rows = _text.rows("images", rows)
        inputs = [(name, np.ascontiguousarray(images[rows]), scaled) for name, images, scaled in self._handle.inputs()]
        labels = np.ascontiguousarray(self.y[rows])
        return Dataset._of(
            _core.Dataset.from_arrays(self.name, self.source, inputs, labels), self._set, self._normalization
        )

    def __reduce__(self) -> tuple[Any, ...]:
        inputs = [(name, np.array(images), scaled) for name, images, scaled in self._handle.inputs()]
        return _restore, (self.name, self.source, inputs, self.y, self._set, self._normalization)

    def __repr__(self) -> str:
        shapes = ", ".join(f"{images.dtype} {images.shape}" for _, images, _ in self._handle.inputs())
        return f"<Dataset {self.name!r}: {len(self):,} images, {shapes}>"


def _restore(name: str, source: str, inputs: list[Any], labels: np.ndarray, named_set: str, normalization: Any) -> Dataset:
    return Dataset._of(_core.Dataset.from_arrays(name, source, inputs, labels), named_set, normalization)


def normalization_of(mean: Any, std: Any) -> Normalization | None:
    """Both or none of `mean` and `std`, three numbers each. Raises `Usage`."""
    if (mean is None) != (std is None):
        raise Usage("`mean` needs `std` as well" if std is None else "`std` needs `mean` as well")
    if mean is None:
        return None
    return Normalization(_three("mean", mean), _three("std", std))


def _three(name: str, values: Any) -> tuple[float, float, float]:
    try:
        numbers = () if isinstance(values, (str, bytes)) else tuple(float(value) for value in values)
    except (TypeError, ValueError, OverflowError):
        numbers = ()
    if len(numbers) != 3:
        raise Usage(f"`{name}`: expected three numbers, found {values!r}")
    return numbers  # type: ignore[return-value]


def _image_array(what: str, images: Any) -> np.ndarray:
    try:
        array = np.asarray(images)
    except (TypeError, ValueError, OverflowError):
        raise DatasetError(f"{what}: images of different shapes; expected one array (N, ...), the images first") from None
    if array.ndim < 2:
        raise DatasetError(f"{what}: shape {array.shape}; expected (N, ...), the images first")
    if array.dtype == np.uint8:
        return np.ascontiguousarray(array)
    if array.dtype == np.float32:
        return np.ascontiguousarray(array)
    if array.dtype.kind == "f":
        raise DatasetError(f"{what}: {array.dtype}; expected uint8 or float32: x.astype('float32')")
    hint = ": x.astype('uint8')" if array.dtype.kind in "iu" else ""
    raise DatasetError(f"{what}: {array.dtype}; expected uint8 or float32{hint}")


def _input_arrays(x: Any) -> list[tuple[str, np.ndarray, bool]]:
    if isinstance(x, Mapping):
        if not x:
            raise DatasetError("`x`: an empty dict; expected an array for each input of the model")
        return [(_text.text("x", name), _image_array(f"`x`[{name!r}]", images), False) for name, images in x.items()]
    return [("", _image_array("`x`", x), False)]


def _labels(y: Any) -> np.ndarray:
    try:
        labels = np.asarray(y)
    except (TypeError, ValueError, OverflowError):
        raise DatasetError("`y`: rows of different lengths; expected (N,) or (N, 1) class numbers") from None
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1:
        hint = ": y.argmax(axis=1)" if labels.ndim == 2 else ""
        raise DatasetError(f"`y`: labels of shape {labels.shape}; expected (N,) or (N, 1) class numbers{hint}")
    if labels.dtype.kind not in "iu" and labels.size > 0:
        raise DatasetError(f"`y`: labels of type {labels.dtype}; expected integers (class numbers from 0)")
    if labels.size > 0 and (int(labels.min()) < 0 or int(labels.max()) > _LARGEST_LABEL):
        i = int(np.flatnonzero((labels < 0) | (labels > _LARGEST_LABEL))[0])
        raise DatasetError(f"`y`: label {labels[i]} of image {i} (from 0) is no class number")
    return np.ascontiguousarray(labels, dtype=np.int32)


def as_dataset(dataset: Any) -> Dataset:
    """A Dataset of what users hand over: one, or a pair (x, y)."""
    if isinstance(dataset, Dataset):
        return dataset
    if isinstance(dataset, tuple) and len(dataset) == 2:
        return Dataset.from_arrays(*dataset)
    raise Usage(f"`dataset`: expected a Dataset or (x, y), found {type(dataset).__name__}")


def unlabelled(x: Any) -> Dataset:
    """Images without labels, for predictions."""
    inputs = _input_arrays(x)
    labels = np.zeros(len(inputs[0][1]), dtype=np.int32)
    for name, images, _ in inputs:
        if len(images) != len(labels):
            raise DatasetError(f"`x`[{name!r}] has {len(images)} images, `x`[{inputs[0][0]!r}] has {len(labels)}")
    return Dataset._of(_core.Dataset.from_arrays("arrays", "arrays", inputs, labels))
