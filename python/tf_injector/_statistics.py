"""What a report says of its network: rates with intervals."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, NamedTuple, Sequence

from . import _core, _text
from ._errors import Usage
from ._table import Table, percent

if TYPE_CHECKING:
    from ._faults import FaultList
    from ._report import Report

_OUTCOMES = ("critical", "non_critical", "masked", "top_1_correct", "top_5_correct", "top_5_robust")
_OF_CELLS = _OUTCOMES[:3]


class Share(NamedTuple):
    """A share between 0 and 1 with its interval."""

    estimate: float
    """Of all faults that the report's stand for."""
    low: float
    """Lower end of the interval."""
    high: float
    """Upper end."""

    def __str__(self) -> str:
        return f"{percent(self.estimate)} [{percent(self.low)}, {percent(self.high)}]"


class Statistics:
    """Rates of a report with intervals, by layer and by bit; made by `Report.statistics`. `print` shows the tables.

    Two questions are kept apart: on which share of the images does a fault have an outcome, in the mean (`rate()`), and which share of
    the faults has it on at least one image (`rate(of="faults")`).
    """

    confidence: float
    """Of each interval."""
    images: int
    """N, the images of the test set."""
    faults: int
    """F, the faults of the report."""
    remarks: list[str]
    """What a reader must know before the numbers."""

    def __init__(self, handle: _core.ReportStatistics) -> None:
        self._handle = handle
        self._read: dict[str, Any] = json.loads(handle.json())
        self.confidence, self.images, self.remarks = self._read["confidence"], self._read["images"], self._read["remarks"]
        self.faults = self._read["network"]["faults"]

    def rate(self, outcome: str = "critical", of: str = "images") -> Share:
        """Of the whole network.

        outcome: "critical", "non_critical", "masked", "top_1_correct", "top_5_correct" or "top_5_robust", as the report's columns.
        of: "images": the mean over the faults of the share of images that have it; "faults": the share of faults that have it on at
            least one image. Raises `Usage`; also for a report without faults.
        """
        if outcome not in _OUTCOMES:
            raise Usage(f"`outcome`: expected one of {', '.join(_OUTCOMES)}, found {outcome!r}")
        if of not in ("images", "faults"):
            raise Usage(f"`of`: expected images or faults, found {of!r}")
        if self._read["network"][outcome] is None:
            raise Usage("the report has no faults")
        return Share(**self._read["network"][outcome][of])

    def by_layer(self) -> Table:
        """A row per layer: faults in the report, faults that there are (None: not known), and for critical, non_critical, masked and
        the others the estimate, its interval (`critical_low`, `critical_high`) and the share of faults that have it on at least one
        image (`critical_faults`, `critical_faults_low`, ...). Shares are from 0 to 1.
        """
        return self._table(self._read["layers"], "layer", _OUTCOMES)

    def by_bit(self) -> Table:
        """A row per bit that the report has, the sign (of a float32 31) first. The columns are those of `by_layer`."""
        return self._table(self._read["bits"], "bit_first", _OUTCOMES, "bit")

    def by_field(self) -> Table:
        """A row per field of a stored weight: sign, exponent, mantissa (of int8 sign and magnitude). The columns are those of `by_layer`."""
        return self._table(self._read["fields"], "field", _OUTCOMES)

    def cells(self) -> Table:
        """A row per layer and bit that the report has faults of. The columns are `layer`, `bit` and those of `by_layer`, of critical,
        non_critical and masked.
        """
        return self._table(self._read["cells"], "layer", _OF_CELLS, bit=True)

    def to_dict(self) -> dict[str, Any]:
        """Everything, as `tf_injector report --json` writes it (docs/interface.md, "report")."""
        copy: dict[str, Any] = json.loads(json.dumps(self._read))
        return copy

    def to_json(self, path: str | os.PathLike[str] | None = None, *, overwrite: bool = False) -> str | None:
        """Writes the same to a file; without a path the text is returned. Raises `OutputError`: also where the file is there already
        and `overwrite` is False.
        """
        return self._file("json", path, overwrite)

    def to_html(self, path: str | os.PathLike[str] | None = None, *, overwrite: bool = False) -> str | None:
        """Writes a page to send or to print: one file that loads nothing. Without a path its text is returned. Raises as `to_json`."""
        return self._file("html", path, overwrite)

    def save_pictures(self, folder: str | os.PathLike[str], *, overwrite: bool = False) -> list[str]:
        """Writes the page's pictures as SVG files (heatmap.svg, bits.svg, layers.svg, distribution.svg) and returns their paths.
        Raises as `to_json`.
        """
        return self._handle.write("", "", _text.path("folder", folder), bool(overwrite))

    def _file(self, kind: str, path: Any, overwrite: bool) -> str | None:
        if path is None:
            text: str = self._handle.html() if kind == "html" else self._handle.json()
            return text
        place = _text.path("path", path)
        self._handle.write(place if kind == "html" else "", place if kind == "json" else "", "", bool(overwrite))
        return None

    @staticmethod
    def _table(rows: Sequence[dict[str, Any]], key: str, outcomes: Sequence[str], name: str = "", bit: bool = False) -> Table:
        columns: dict[str, Any] = {name or key: [row[key] for row in rows]}
        if bit:
            columns["bit"] = [row["bit_first"] for row in rows]
        columns["faults"] = [row["faults"] for row in rows]
        columns["population"] = [row["population"] for row in rows]
        shares = []
        for outcome in outcomes:
            for of, prefix in (("images", outcome), ("faults", outcome + "_faults")):
                for part, suffix in (("estimate", ""), ("low", "_low"), ("high", "_high")):
                    shares.append(prefix + suffix)
                    columns[prefix + suffix] = [float("nan") if row[outcome] is None else row[outcome][of][part] for row in rows]
        return Table(columns, shares=shares)

    def __repr__(self) -> str:
        return self._handle.text(100).rstrip("\n")

    def _repr_html_(self) -> str:
        from base64 import b64encode
        from html import escape

        head, *rest = self._handle.text(10000).split("\n", 2)
        parts = [f"<p><b>{escape(head)}</b> {escape(rest[0] if rest else '')}</p>", *(f"<p>{escape(remark)}</p>" for remark in self.remarks)]
        if self.faults:
            picture = dict(self._handle.pictures())["heatmap"].encode()
            parts.append(f"<img alt='critical rate by layer and bit' src='data:image/svg+xml;base64,{b64encode(picture).decode()}'>")
        return "".join(parts)


def statistics_of(
    report: "Report",
    confidence: float,
    model: Any,
    faults: "FaultList | str | os.PathLike[str] | None",
    fit_per_mbit: float | None,
    margin: float | None,
    details: str | os.PathLike[str] | None,
) -> Statistics:
    """What `Report.statistics` documents."""
    import tempfile

    options = _core.ReportStatisticsOptions()
    options.confidence = _between("confidence", confidence, 1)
    if fit_per_mbit is not None:
        options.fit_per_mbit = _between("fit_per_mbit", fit_per_mbit, float("inf"))
    if margin is not None:
        options.wanted_margin = _between("margin", margin, 1)
    if faults is not None and model is None:
        raise Usage("`faults` needs `model`")
    options.set_storage(report.storage)
    handle = _model_of(report, model)
    plan = "" if faults is None else _list("faults", faults)._plan
    details_path = "" if details is None else _text.path("details", details)
    if report.path is not None:
        return Statistics(_core.report_statistics(report.path, "", handle, plan, options, details_path))
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "report.csv")
        report.to_csv(path)
        return Statistics(_core.report_statistics(path, "in memory", handle, plan, options, details_path))


def _model_of(report: "Report", model: Any) -> "_core.Model | None":
    """The model, stored as that of a report in memory; one on the disk has metadata that say it."""
    from ._model import load_model

    if model is None:
        return None
    network = load_model(model)
    return (network._stored(report.storage) if report.path is None else network)._handle


def _list(name: str, faults: Any) -> "FaultList":
    from ._faults import FaultList

    if isinstance(faults, FaultList):
        return faults
    if isinstance(faults, (str, os.PathLike)):
        return FaultList.read(faults)
    raise Usage(f"`{name}`: expected a FaultList or a path, found {type(faults).__name__}")


def _between(name: str, value: Any, high: float) -> float:
    number = _text.real(name, value)
    if not 0 < number < high:
        expected = "a number above 0" if high == float("inf") else f"a number between 0 and {high}"
        raise Usage(f"`{name}`: expected {expected}, found {value!r}")
    return number
