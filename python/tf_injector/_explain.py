"""One fault: what it is, how far it can reach, and where it ends on images."""

from __future__ import annotations

from typing import Any

from ._result import Result
from ._table import Table


class Explanation(Result):
    """What `Model.explain` found. `print` shows all of it.

    Causes, by which a fault ends: "unseen" (no output of its own layer differs), "clipped" (by a ReLU or another activation that is
    flat there), "pooled" (not the largest of its window), "rounded" (a sum, product or function of it rounds to the same bits),
    "dropped" (cut away).
    """

    layer: str
    """The path of the layer, as no other layer has it."""
    position: dict[str, int]
    """The weight's place in the kernel: {"kernel row": 2, ...}."""
    before: float
    """The weight without the fault."""
    after: float
    """The weight with it."""
    change_class: str
    """"mantissa", "exponent_up", "exponent_down", "sign", "becomes_inf", "becomes_nan", "was_inf" or "was_nan"."""
    feeds: list[str]
    """What reads the layer's output: "path (op)"."""

    def __init__(self, result: str, text: str) -> None:
        super().__init__(result, text)
        self.layer, self.position = self._result["layer"], self._result["position"]
        self.before, self.after = float(self._result["before"]["value"]), float(self._result["after"]["value"])
        self.change_class, self.feeds = self._result["change_class"], self._result["feeds"]

    @property
    def reach(self) -> Table:
        """A row per layer that depends on the weight: how many of its output positions and outputs, at most, and the multiply-adds of
        these outputs.
        """
        return _table(self._result["reach"], ("layer", "op", "positions", "all_positions", "outputs", "all_outputs", "multiply_adds"))

    @property
    def images(self) -> int:
        """On how many images it was evaluated; 0: without data."""
        return 0 if self._result["spread"] is None else int(self._result["spread"]["images"])

    @property
    def steps(self) -> Table | None:
        """A row per layer from the fault's own on: of its outputs, on how many images something differs from the golden run, how many
        outputs differ on average over these images, the largest change, on how many images the fault ended there, and the cause. None
        without data.
        """
        if self._result["spread"] is None:
            return None
        rows = [{**row, "largest_change": float(row["largest_change"]), "cause": row["cause"] or ""} for row in self._result["spread"]["steps"]]
        return _table(rows, ("layer", "op", "outputs", "images", "mean_differing", "largest_change", "ended", "cause"))

    @property
    def ended(self) -> dict[str, int]:
        """Images on which the fault ended, by cause. Empty without data."""
        return {} if self._result["spread"] is None else dict(self._result["spread"]["ended"])

    @property
    def row(self) -> dict[str, int]:
        """The counts that a report on these images has of the fault. Empty without data."""
        return {} if self._result["spread"] is None else dict(self._result["spread"]["row"])

    @property
    def decision_changes(self) -> list[tuple[int, int, int]]:
        """(golden class, faulty class, images), the most images first. Empty without data."""
        spread = self._result["spread"]
        return [] if spread is None else [(item["from"], item["to"], item["images"]) for item in spread["decision_changes"]]


def _table(rows: list[dict[str, Any]], names: tuple[str, ...]) -> Table:
    return Table({name: [row[name] for row in rows] for name in names})
