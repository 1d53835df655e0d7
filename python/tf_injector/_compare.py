"""Two results of the same faults held against each other."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Union

from . import _core, _text
from ._errors import Usage
from ._report import Report
from ._result import Result
from ._table import Table

if TYPE_CHECKING:
    Results = Union[str, os.PathLike[str], Report]


class Comparison(Result):
    """What `compare` found. `print` shows all of it."""

    same: bool
    """Every fault is in both, and every count that both have is the same, the golden run's too."""
    verdict: str
    """In one sentence."""
    matched: int
    """Faults that are in both: the same number, layer, element and bit."""
    only_a: list[int]
    """Numbers of faults that only the first has."""
    only_b: list[int]
    """Numbers of faults that only the second has."""
    notes: list[str]
    """What the files, the runs and the coordinates are, a line each."""

    def __init__(self, result: str, text: str) -> None:
        super().__init__(result, text)
        self.same, self.verdict, self.matched = self._result["same"], self._result["verdict"], self._result["matched"]
        self.only_a, self.only_b, self.notes = self._result["only_a"], self._result["only_b"], self._result["notes"]

    @property
    def columns(self) -> Table:
        """A row per count that both have: its rate in A and B (of all faults x images), on how many of how many faults it is equal,
        the mean and the largest difference of the shares of a fault's images.
        """
        columns = self._result["columns"]
        table: dict[str, Any] = {"count": [column["name"] for column in columns]}
        table["rate_a"] = [column["rate"]["a"] for column in columns]
        table["rate_b"] = [column["rate"]["b"] for column in columns]
        for name in ("rows", "equal", "mean_difference", "largest_difference"):
            table[name] = [column[name] for column in columns]
        return Table(table, shares=("rate_a", "rate_b", "mean_difference", "largest_difference"))

    @property
    def rows(self) -> Table:
        """The faults that differ most, with the count that differs most: its images in A and B."""
        rows = self._result["rows"]
        table: dict[str, Any] = {"inj_id": [row["id"] for row in rows]}
        table["layer"] = [row["layer"] for row in rows]
        table["index"] = [str(tuple(row["index"])) for row in rows]
        table["bit"] = [row["bit"] for row in rows]
        table["count"] = [row["largest_difference_in"] for row in rows]
        for which in ("a", "b"):
            table[which] = [row[row["largest_difference_in"]][which] for row in rows]
        table["difference"] = [row["largest_difference"] for row in rows]
        return Table(table, shares=("difference",))

    def _repr_html_(self) -> str:
        from html import escape

        parts = [f"<p><b>{escape(self.verdict)}</b></p>", self.columns._repr_html_()]
        if len(self.rows):
            parts.append(self.rows._repr_html_())
        return "".join([*parts, *(f"<p>note: {escape(note)}</p>" for note in self.notes)])


def compare(a: "Results", b: "Results", top: int = 10) -> Comparison:
    """Compares two results of the same faults, row by row and count by count.

    a, b: a `Report`, or the path of a report of the program or the Python tool, finished or not, or of a published result list
        (columns found by the header; weights named as PyTorch names them are recognised).
    top: the faults that differ most, at most so many.

    Faults are matched by their numbers; layer, index and bit must agree too. Where the numbers of images differ, shares are compared.
    Raises `BadInput`, `Usage`.
    """
    return Comparison(*_core.compare(_results("a", a), _results("b", b), _text.whole("top", top, 0)))


def _results(name: str, results: "Results") -> _core.FaultResults:
    if isinstance(results, Report):
        if results.path is not None and os.path.exists(results.path):
            return _core.FaultResults.read(results.path)
        return _core.FaultResults.parse((results.to_csv() or "").encode("utf-8", "surrogateescape"), f"report {name}")
    if not isinstance(results, (str, os.PathLike)):
        raise Usage(f"`{name}`: expected a Report or a path, found {type(results).__name__}")
    return _core.FaultResults.read(_text.path(name, results))
