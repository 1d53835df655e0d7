"""What protections of the weights would leave of a report's harm."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Sequence, Union

from . import _core, _text
from ._errors import Usage
from ._result import Result
from ._table import Table

if TYPE_CHECKING:
    from ._faults import FaultList
    from ._report import Report

_RATES = ("residual", "removed", "remaining", "reduction")
_METRICS = ("critical", "sdc5")


class ProtectionStudy(Result):
    """What `protect` found. `print` shows the tables and what they do not say."""

    confidence: float
    """Of each interval."""
    metric: str
    """What counts as harm: "critical" or "sdc5"."""
    remarks: list[str]
    """What a reader must know before the numbers."""
    notes: list[str]
    """What the numbers do not say."""

    def __init__(self, handle: _core.ProtectionStudy) -> None:
        super().__init__(handle.json(), handle.text(100))
        self._handle = handle
        self.confidence, self.metric = self._result["confidence"], self._result["metric"]
        self.remarks, self.notes = self._result["remarks"], self._result["notes"]

    @property
    def rows(self) -> Table:
        """A row per protection, the first without any: its bits of memory for each weight (None: not known), the share of images that
        is still harmed (`residual`), what is `removed` of it, what share is `remaining` and how many times fewer (`reduction`, inf:
        nothing is left), each with its interval (`residual_low`, `residual_high`, ...; NaN: not known from a list), and whether it is
        on the `front`: no protection that takes as few bits leaves less.
        """
        rows = self._result["rows"]
        table: dict[str, Any] = {"protection": [row["name"] for row in rows]}
        table["bits_per_weight"] = [row["bits_per_weight"] for row in rows]
        shares = []
        for rate in _RATES:
            for part, suffix in (("estimate", ""), ("low", "_low"), ("high", "_high")):
                table[rate + suffix] = [_number(row, rate, part) for row in rows]
                if rate != "reduction":
                    shares.append(rate + suffix)
        table["front"] = [row["front"] for row in rows]
        return Table(table, shares=shares)

    def to_csv(self, path: str | os.PathLike[str] | None = None, *, overwrite: bool = False) -> str | None:
        """Writes the table as `tf_injector protect --csv` does; without a path the text is returned. Raises `OutputError`: also where
        the file is there already and `overwrite` is False.
        """
        return self._file("csv", path, overwrite)

    def to_json(self, path: str | os.PathLike[str] | None = None, *, overwrite: bool = False) -> str | None:
        """Writes everything (docs/interface.md, "protect"). Otherwise as `to_csv`."""
        return self._file("json", path, overwrite)

    def to_html(self, path: str | os.PathLike[str] | None = None, *, overwrite: bool = False) -> str | None:
        """Writes a page to send or to print: one file that loads nothing. Otherwise as `to_csv`."""
        return self._file("html", path, overwrite)

    def _file(self, kind: str, path: Any, overwrite: bool) -> str | None:
        if path is None:
            text: str = getattr(self._handle, kind)()
            return text
        place = _text.path("path", path)
        paths = {name: place if name == kind else "" for name in ("html", "json", "csv")}
        self._handle.write(**paths, overwrite=bool(overwrite))
        return None

    def _repr_html_(self) -> str:
        from base64 import b64encode

        picture = b64encode(self._handle.picture().encode()).decode()
        return super()._repr_html_() + f"<img alt='memory against what is left' src='data:image/svg+xml;base64,{picture}'>"


def protect(
    report: "Union[str, os.PathLike[str], Report]",
    protections: Sequence[str] = (),
    *,
    tmr_bits: Sequence[int] | None = None,
    layers: Sequence[str] | None = None,
    metric: str = "critical",
    confidence: float = 0.99,
    model: Any = None,
    faults: "FaultList | str | os.PathLike[str] | None" = None,
) -> ProtectionStudy:
    """What protections of the weights would leave of a report's harm, and the memory that they take: TMR of bits and of the most
    critical layers, parity, SEC-DED.

    report: a `Report` or the path of one, of a campaign of single-bit flips without protection.
    protections: more rows, each as `run --protect` has it: "tmr-bits=30,31", "tmr=conv2d,dense", "secded32", with "+" between
        protections that are there together.
    tmr_bits, layers: one more row: three copies of these bits (None: all) in these layers (None: all).
    metric: the share of images that is harmed: with another decision ("critical", SDC-1), or with the decision not among the first
        five ("sdc5").
    confidence: of each interval by itself.
    model, faults: a model and its list, where the metadata beside the report do not say how large the layers are and how the list was
        drawn.

    Raises `BadInput`, `Usage`.
    """
    import tempfile

    from ._model import load_model
    from ._report import Report
    from ._statistics import _between, _list, _model_of

    if isinstance(protections, str) or not all(isinstance(name, str) for name in protections):
        raise Usage(f"`protections`: expected a list of texts, found {protections!r}")
    if metric not in _METRICS:
        raise Usage(f"`metric`: expected one of {', '.join(_METRICS)}, found {metric!r}")
    options = _core.ProtectOptions()
    options.confidence = _between("confidence", confidence, 1)
    options.protections = list(protections)
    options.set_metric(metric)
    if tmr_bits is not None or layers is not None:
        bits = [_text.whole("tmr_bits", bit, 0, 32) for bit in tmr_bits or ()]
        options.choose(bits, [_text.text("layers", name) for name in layers or ()])
    if faults is not None and model is None:
        raise Usage("`faults` needs `model`")
    plan = "" if faults is None else _list("faults", faults)._plan
    if not isinstance(report, Report):
        if not isinstance(report, (str, os.PathLike)):
            raise Usage(f"`report`: expected a Report or a path, found {type(report).__name__}")
        handle = None if model is None else load_model(model)._handle
        return ProtectionStudy(_core.protection_study(_text.path("report", report), "", handle, plan, options))
    options.set_storage(report.storage)
    handle = _model_of(report, model)
    if report.path is not None:
        return ProtectionStudy(_core.protection_study(report.path, "", handle, plan, options))
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "report.csv")
        report.to_csv(path)
        return ProtectionStudy(_core.protection_study(path, "in memory", handle, plan, options))


def _number(row: dict[str, Any], rate: str, part: str) -> float:
    if row[rate] is None:
        return float("nan")
    value = row[rate]["images"][part] if rate == "residual" else row[rate][part]
    return float("inf") if value is None else float(value)
