"""Reports: what each fault did, on how many images."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Iterator, NamedTuple, Sequence

import numpy as np

from . import _core, _storage, _text
from ._errors import BadInput, OutputError, Usage
from ._table import Table, percent, single_bits

if TYPE_CHECKING:
    import pandas
    import polars
    from matplotlib.axes import Axes

    from ._faults import FaultList
    from ._model import Model
    from ._statistics import Statistics

# As the report's header spells them.
_KEYS = ("inj_id", "target_layer", "layer_weigths", "bit_pos")


class ChangedScores(NamedTuple):
    """Scores of a fault on the M images where they differ from the golden ones in some bit."""

    index: np.ndarray  # type: ignore[assignment]  # it hides tuple.index
    """The images, from 0: (M,) int64."""
    scores: np.ndarray
    """(M, C) float32."""


class Report:
    """The rows of a campaign, one per fault, and the counts of the golden run.

    Made by `run_campaign` and `read_report`. Can be pickled, without the scores.
    """

    golden: dict[str, int]
    """Counts of the run without a fault: n_injections (images), top_1_correct, top_5_correct."""
    rows: np.ndarray
    """A structured array (F,) with the columns of the CSV report: inj_id, target_layer, layer_weigths (the index in the kernel, as
    text; spelled as the report spells it), bit_pos, and the counts over the images: n_injections (images), top_1_correct, top_5_correct,
    top_1_robust, top_5_robust, masked, non_critical, critical (SDC-1)."""
    path: str | None
    """Of the CSV report; None for one in memory."""

    _place: str | None  # the path from the root: the working directory may change
    _mode: str
    _stored: str = _storage.FLOAT32
    _scores: list[Any] | None
    _golden_scores: np.ndarray | None
    _details: np.ndarray | None
    _confusion: np.ndarray | None

    def __init__(self) -> None:
        raise Usage("use run_campaign or read_report")

    @classmethod
    def _of(
        cls, result: dict[str, Any], scores: str = "none", path: str | None = None, storage: str = _storage.FLOAT32
    ) -> "Report":
        made = cls.__new__(cls)
        made.golden, made.rows, made.path = result["golden"], _row_array(result), path
        made._place = None if path is None else os.path.abspath(path)
        made._mode, made._scores = scores, result.get("scores")
        made._stored = storage
        made._golden_scores = result.get("golden_scores")
        made._details = _details_array(result["details"]) if "details" in result else None
        made._confusion = result.get("confusion")
        return made

    @property
    def storage(self) -> str:
        """The format in which the weights of the model were stored, whose bits bit_pos has."""
        return self._stored

    @property
    def images(self) -> int:
        """N, the images of the test set."""
        return self.golden["n_injections"]

    @property
    def scores(self) -> Sequence[Any]:
        """Per row of the report the scores of its fault: (N, C) float32 where all were asked for, `ChangedScores` where the changed
        ones were. Of a report on disk they are read when they are asked for. Raises `BadInput` where there are none.
        """
        if self._scores is not None:
            return _MemoryScores(self._scores, self._mode)
        if self.path is None:
            raise BadInput("the report has no scores; `scores` of run_campaign asks for them")
        folder = self._score_folder()
        if _has_array(folder):
            return _ArrayScores(folder, self.rows["inj_id"])
        return _FileScores(folder, self.rows["inj_id"])

    @property
    def golden_scores(self) -> np.ndarray:
        """Scores without a fault: (N, C) float32. Raises `BadInput` where there are none."""
        if self._golden_scores is not None:
            return self._golden_scores
        if self.path is None:
            raise BadInput("the report has no scores; `scores` of run_campaign asks for them")
        folder = self._score_folder()
        if _has_array(folder):
            return np.array(_mapped(folder)[0])
        return _numbers(os.path.join(folder, "clean.npy"))

    @property
    def details(self) -> np.ndarray:
        """What the columns of `rows` cannot hold, a structured array (F,), row for row: inj_id; nan_images, inf_images (images with a
        NaN, with an infinity among the scores); sdc5 (the golden class is not among the first five); sdc10pct, sdc20pct (its confidence
        differs by more than 10 %, 20 %); fixed, broken (wrong without the fault and right with it, the reverse); majority_class (that
        most changed decisions went to; -1: none changed), majority_images; max_abs_logit_change; golden_value, faulty_value (of the
        weight; NaN of an output). Of a report on disk they are read when they are asked for. Raises `BadInput` where there are none.
        """
        if self._details is None:
            file = self._details_metadata().get("file")
            if self.path is None or not isinstance(file, str):
                raise BadInput("the report has no details; `details` of run_campaign asks for them")
            self._details = read_details(os.path.join(os.path.dirname(self._place or self.path), file))
        return self._details

    @property
    def confusion(self) -> np.ndarray | None:
        """Changed decisions of all faults, in images: (C, C) int64, by the golden run's class and the class gone to; their sum is that of
        the column `critical`. None without details, and for more than 200 classes.
        """
        if self._confusion is None and self.path is not None:
            table = self._details_metadata().get("confusion")
            self._confusion = None if table is None else np.array(table, dtype=np.int64)
        return self._confusion

    def _details_metadata(self) -> dict[str, Any]:
        found = self.metadata.get("details")
        return found if isinstance(found, dict) else {}

    @property
    def metadata(self) -> dict[str, Any]:
        """What stands in the report's .run.json: hashes, options, versions, times. Empty for a report in memory."""
        import json

        if self._place is None:
            return {}
        try:
            with open(os.path.splitext(self._place)[0] + ".run.json", encoding="utf-8") as file:
                return json.load(file)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise BadInput(f"{error.filename}: cannot be read: {error.strerror}") from None
        except ValueError as error:
            raise BadInput(f"{os.path.splitext(self._place)[0]}.run.json: damaged: {error}") from None

    def by_layer(self) -> Table:
        """Rates per layer, in the order in which the layers first stand in the report. See `summary` for the columns."""
        layers = self.rows["target_layer"]
        names, first, numbers = np.unique(layers, return_index=True, return_inverse=True)
        order = np.argsort(first)
        place = np.empty(len(order), dtype=np.int64)
        place[order] = np.arange(len(order))
        return self._rates("layer", [str(names[i]) for i in order], place[numbers])

    def by_bit(self) -> Table:
        """Rates per bit, the sign (of a float32 31) first; bits that no fault hits are left out. Of an extended list each text of bit_pos is a group.
        See `summary` for the columns.
        """
        if self.rows["bit_pos"].dtype == object:
            texts, numbers = np.unique(self.rows["bit_pos"].astype(str), return_inverse=True)
            return self._rates("bit", [str(text) for text in texts], numbers)
        bits = np.unique(self.rows["bit_pos"])[::-1]
        place = np.full(32, -1)
        place[bits] = np.arange(len(bits))
        return self._rates("bit", [int(bit) for bit in bits], place[self.rows["bit_pos"]])

    def by_field(self) -> Table:
        """Rates per field of a stored weight: sign, exponent, mantissa (of int8 sign and magnitude). See `summary` for the columns. Raises `Usage` for the report of an
        extended list.
        """
        bits = single_bits(self.rows)
        hit = [field for field in _storage.fields(self.storage) if ((bits >= field.first) & (bits <= field.last)).any()]
        place = np.zeros(len(bits), dtype=np.int64)
        for i, (_, lowest, highest) in enumerate(hit):
            place[(bits >= lowest) & (bits <= highest)] = i
        return self._rates("field", [name for name, _, _ in hit], place)

    def summary(self) -> Table:
        """Rates of the whole report, in one row: faults, inferences (faults x images), and the shares of these that
        were masked (scores equal to the golden ones), non_critical (scores changed, the class not) and critical (the class changed:
        SDC-1). Shares are mean values over the faults of the list, from 0 to 1, without an interval.
        """
        return self._rates("faults of", ["all layers and bits"], np.zeros(len(self.rows), dtype=np.int64))

    def _rates(self, key: str, names: list[Any], group: np.ndarray) -> Table:
        count = len(names)
        faults = np.bincount(group, minlength=count)
        columns: dict[str, Any] = {key: names, "faults": faults}
        images = np.bincount(group, weights=self.rows["n_injections"], minlength=count)
        columns["inferences"] = images.astype(np.int64)
        for name in ("masked", "non_critical", "critical"):
            sums = np.bincount(group, weights=self.rows[name], minlength=count)
            with np.errstate(invalid="ignore", divide="ignore"):
                columns[name] = sums / images
        return Table(columns, shares=("masked", "non_critical", "critical"))

    def plot_bits(self, metric: str = "critical", ax: Any = None, *, log: bool = False) -> "Axes":
        """A bar per bit, the sign (of a float32 31) first, coloured by its field. Needs Matplotlib.

        `metric`: "critical", "masked" or "non_critical", in percent of the inferences (faults x images). `ax`: the Matplotlib Axes to
        draw into; without them a figure is made. `log`: a logarithmic scale, on which a rate of 0 has no bar.
        Returns the Axes. Raises `Usage`, `BadInput` (no faults), ImportError (no Matplotlib: pip install 'tf_injector[plot]').
        """
        from . import _plots

        return _plots.plot_bits(self.rows, metric, ax, log, self.storage)

    def plot_layers(
        self, metric: str = "critical", ax: Any = None, *, layers: "Model | Sequence[str] | None" = None, log: bool = False
    ) -> "Axes":
        """A bar per layer, with the number of its faults. Needs Matplotlib.

        `layers`: a `Model`, whose order is taken, or names, which are drawn in that order and no others. Without it: the order of
        the list where it goes layer by layer, else by name (conv2d, conv2d_1, ..., conv2d_10). The rest as in `plot_bits`.
        """
        from . import _plots

        return _plots.plot_layers(self.rows, metric, ax, log, layers)

    def heatmap(
        self, metric: str = "critical", ax: Any = None, *, layers: "Model | Sequence[str] | None" = None, log: bool = False
    ) -> "Axes":
        """Layers x bits, a cell's colour being its rate; grey where no fault hit. Needs Matplotlib.

        The arguments are those of `plot_layers`.
        """
        from . import _plots

        return _plots.heatmap(self.rows, metric, ax, log, layers, self.storage)

    def statistics(
        self,
        confidence: float = 0.99,
        *,
        model: Any = None,
        faults: "FaultList | str | os.PathLike[str] | None" = None,
        fit_per_mbit: float | None = None,
        margin: float | None = None,
        details: str | os.PathLike[str] | None = None,
    ) -> "Statistics":
        """Rates with intervals, by layer and by bit, and what the report's faults say of all faults that there are.

        confidence: of each interval, between 0 and 1.
        model, faults: how large the layers are, and how the list was drawn (`FaultList.plan`), where the report's metadata do not say
            so: of a report in memory. `model` is a `Model`, or what `load_model` takes.
        fit_per_mbit: raw failures in 10^9 hours per Mbit; adds the network's.
        margin: adds how many faults an interval of this half width would take.
        details: path of what ``run --details`` wrote, which says to which classes changed decisions go; without it the file that the
            metadata name.
        Raises `Usage`, `BadInput`.
        """
        from ._statistics import statistics_of

        return statistics_of(self, confidence, model, faults, fit_per_mbit, margin, details)

    def to_html(self, path: str | os.PathLike[str] | None = None, *, confidence: float = 0.99, overwrite: bool = False) -> str | None:
        """Writes the page of `statistics`: one file to send or to print, which loads nothing. Without a path its text is returned.
        Raises `OutputError`: also where the file is there already and `overwrite` is False.
        """
        return self.statistics(confidence).to_html(path, overwrite=overwrite)

    def to_pandas(self, details: bool = False) -> "pandas.DataFrame":
        """A DataFrame of `rows`. Needs pandas. `details`: the columns of `details` follow; majority_class is <NA> where none changed."""
        import pandas

        frame = pandas.DataFrame({name: self.rows[name] for name in self.rows.dtype.names})
        if details:
            for name in self.details.dtype.names[1:]:
                frame[name] = self.details[name]
            frame["majority_class"] = frame["majority_class"].astype("Int64").mask(frame["majority_class"] < 0)
        return frame

    def to_polars(self) -> "polars.DataFrame":
        """A polars DataFrame of `rows`. Needs polars."""
        import polars

        columns = {name: self.rows[name] for name in self.rows.dtype.names}
        return polars.DataFrame({k: v.tolist() if v.dtype == object else v for k, v in columns.items()})

    def to_csv(self, path: str | os.PathLike[str] | None = None) -> str | None:
        """Writes the report as the program does, byte for byte; without a path the text is returned. Raises `OutputError`."""
        counts = _core.tally_columns()
        lines = [",".join([*_KEYS, *counts])]
        # The golden row has one field fewer than the header, as the Python tool writes it.
        golden = [str(self.golden[name]) if name in self.golden else "" for name in counts]
        lines.append(",".join(["GOLDEN", "", "", "", *golden][:-1]))
        for row in self.rows:
            cells = [str(row["inj_id"]), _csv_field(row["target_layer"]), _csv_field(row["layer_weigths"])]
            lines.append(",".join([*cells, str(row["bit_pos"]), *(str(row[name]) for name in counts)]))
        text = "".join(line + "\r\n" for line in lines)
        if path is None:
            return text
        place = _text.path("path", path)
        try:
            with open(place, "wb") as file:
                file.write(text.encode("utf-8", "surrogateescape"))
        except OSError as error:
            raise OutputError(f"{place}: cannot be written: {error.strerror}") from None
        return None

    def _score_folder(self) -> str:
        folder = os.path.splitext(self._place or "")[0]
        if not os.path.isfile(os.path.join(folder, "clean.npy")) and not _has_array(folder):
            raise BadInput(f"{self.path}: the report has no scores: there is no {folder}/clean.npy")
        return folder

    def __len__(self) -> int:
        return len(self.rows)

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (self.golden, self.rows, self.path, self._place, self._details, self._confusion, self._stored)

    def __copy__(self) -> "Report":
        made = Report.__new__(Report)
        made.__dict__.update(self.__dict__)
        return made

    def __deepcopy__(self, memo: dict[int, Any]) -> "Report":
        import copy

        made = Report.__new__(Report)
        made.__dict__.update(copy.deepcopy(self.__dict__, memo))
        return made

    def __repr__(self) -> str:
        where = "" if self.path is None else f" {self.path!r}"
        if len(self) == 0:
            return f"<Report{where}: no faults, {self.images:,} images, {self.golden['top_1_correct']:,} correct>"
        critical = self.summary()["critical"][0]
        return f"<Report{where}: {len(self):,} fault{'s' * (len(self) != 1)} x {self.images:,} images, critical {percent(critical)}>"

    def _repr_html_(self) -> str:
        golden = self.golden
        what = f"{len(self):,} fault{'s' * (len(self) != 1)} x {self.images:,} images" if len(self) else f"no faults, {self.images:,} images"
        critical = f", critical {percent(self.summary()['critical'][0])}" if len(self) else ""
        head = (
            f"<p><b>{what}{critical}</b>; without a fault {golden['top_1_correct']:,} images are correct (top 1), "
            f"{golden['top_5_correct']:,} in the top 5</p>"
        )
        return head if len(self) == 0 else head + self.by_field()._repr_html_()


def read_report(path: str | os.PathLike[str]) -> Report:
    """Reads a finished CSV report. Raises `BadInput`: "path:line:column: what; expected ...; found ...", or that it is unfinished."""
    name = _text.path("path", path)
    made = Report._of(_core.read_report(name), path=name)
    made._stored = _storage_of(made)
    return made


def _storage_of(report: Report) -> str:
    """By its metadata, where they can be read."""
    try:
        found = report.metadata["settings"]["storage"]
    except (BadInput, KeyError, TypeError):
        return _storage.FLOAT32
    return found if found in _core.storage_names() else _storage.FLOAT32


def read_details(path: str | os.PathLike[str]) -> np.ndarray:
    """Reads a file of details: `Report.details`. Raises `BadInput`: "path:line:column: what; expected ...; found ..."."""
    return _details_array(_core.read_details(_text.path("path", path)))


def _details_array(columns: dict[str, np.ndarray]) -> np.ndarray:
    rows = np.empty(len(columns["inj_id"]), dtype=[(name, values.dtype) for name, values in columns.items()])
    for name, values in columns.items():
        rows[name] = values
    return rows


def _row_array(result: dict[str, Any]) -> np.ndarray:
    counts = _core.tally_columns()
    bit = object if isinstance(result["bits"], list) else np.int64  # texts of an extended list
    types = [("inj_id", np.int64), ("target_layer", object), ("layer_weigths", object), ("bit_pos", bit)]
    rows = np.empty(len(result["ids"]), dtype=types + [(name, np.int64) for name in counts])
    rows["inj_id"], rows["bit_pos"] = result["ids"], result["bits"]
    rows["target_layer"], rows["layer_weigths"] = result["layers"], result["indices"]
    for i, name in enumerate(counts):
        rows[name] = result["counts"][:, i]
    return rows


def _restore(
    golden: dict[str, int],
    rows: np.ndarray,
    path: str | None,
    place: str | None,
    details: np.ndarray | None = None,
    confusion: np.ndarray | None = None,
    storage: str = _storage.FLOAT32,
) -> Report:
    made = Report.__new__(Report)
    made.golden, made.rows, made.path, made._place = golden, rows, path, place
    made._mode, made._scores, made._golden_scores = "none", None, None
    made._stored = storage
    made._details, made._confusion = details, confusion
    return made


def _csv_field(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if any(c in text for c in ',"\r\n') else text


class _MemoryScores(Sequence[Any]):
    def __init__(self, scores: list[Any], mode: str) -> None:
        self._scores, self._mode = scores, mode

    def __len__(self) -> int:
        return len(self._scores)

    def __getitem__(self, row: Any) -> Any:
        if isinstance(row, slice):
            return [self[i] for i in range(*row.indices(len(self)))]
        found = self._scores[row]
        return found if self._mode in ("all", "one") else ChangedScores(*found)


class _FileScores(Sequence[Any]):
    def __init__(self, folder: str, ids: np.ndarray) -> None:
        self._folder, self._ids = folder, ids

    def __len__(self) -> int:
        return len(self._ids)

    def __getitem__(self, row: Any) -> Any:
        if isinstance(row, slice):
            return [self[i] for i in range(*row.indices(len(self)))]
        stem = os.path.join(self._folder, f"inj_{self._ids[row]}")
        if os.path.isfile(stem + ".npy"):
            return _numbers(stem + ".npy")
        return ChangedScores(*_numbers(stem + ".npz", "index", "scores"))


class _ArrayScores(Sequence[Any]):
    """Of scores.npy, whose place of each fault scores.index.csv says."""

    def __init__(self, folder: str, ids: np.ndarray) -> None:
        self._folder, self._ids = folder, ids
        self._places = _places(folder)

    def __len__(self) -> int:
        return len(self._ids)

    def __getitem__(self, row: Any) -> Any:
        if isinstance(row, slice):
            return [self[i] for i in range(*row.indices(len(self)))]
        array, place = _mapped(self._folder), self._places.get(int(self._ids[row]))
        if place is None or not 0 < place < len(array):
            raise BadInput(f"{self._folder}/scores.index.csv: no place of the scores of fault {self._ids[row]}")
        return np.array(array[place])


def _has_array(folder: str) -> bool:
    return os.path.isfile(os.path.join(folder, "scores.npy"))


def _places(folder: str) -> dict[int, int]:
    """{inj_id: place} of the faults. Raises `BadInput`."""
    path = os.path.join(folder, "scores.index.csv")
    try:
        with open(path, encoding="ascii") as file:
            rows = [line.split(",") for line in file.read().splitlines()]
        if rows[:2] != [["place", "inj_id"], ["0", "GOLDEN"]]:
            raise ValueError
        return {int(fault): int(place) for place, fault in rows[2:]}
    except OSError as error:
        raise BadInput(f"{path}: cannot be read: {error.strerror or error}") from None
    except ValueError:
        raise BadInput(f"{path}: damaged; expected the index that the campaign wrote") from None


def _mapped(folder: str) -> Any:
    """(faults + 1, N, C), read where it is looked at. Raises `BadInput`."""
    path = os.path.join(folder, "scores.npy")
    try:
        array = np.load(path, mmap_mode="r")
    except OSError as error:
        raise BadInput(f"{path}: cannot be read: {error.strerror or error}") from None
    except (ValueError, EOFError):
        raise BadInput(f"{path}: damaged; expected the scores that the campaign wrote") from None
    if array.ndim != 3 or array.dtype != np.float32:
        raise BadInput(f"{path}: expected an array of faults, images and classes, found {array.dtype} {array.shape}")
    return array


def _numbers(path: str, *names: str) -> Any:
    """The array of an .npy file, or those of an .npz that have these names. Raises `BadInput`."""
    import zipfile

    try:
        loaded = np.load(path)
        if not names and isinstance(loaded, np.ndarray):
            return loaded
        with loaded:
            return [loaded[name] for name in names]
    except OSError as error:
        raise BadInput(f"{path}: cannot be read: {error.strerror or error}") from None
    except (ValueError, EOFError, KeyError, AttributeError, TypeError, zipfile.BadZipFile):
        raise BadInput(f"{path}: damaged; expected the scores that the campaign wrote") from None
