"""Small tables that print well."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Sequence

import numpy as np

from ._errors import Usage

if TYPE_CHECKING:
    import pandas


class Table:
    """Columns of one length, by name: ``table["critical"]`` is a NumPy array."""

    def __init__(self, columns: dict[str, Any], shares: Sequence[str] = ()) -> None:
        self._columns = {
            name: values if isinstance(values, np.ndarray) else np.array(values, dtype=object if _is_text(values) else None)
            for name, values in columns.items()
        }
        self._shares = tuple(shares)

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        return list(self._columns)

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self._columns:
            raise KeyError(f"no column {name!r}; there are {', '.join(self.columns)}")
        return self._columns[name]

    def __len__(self) -> int:
        return len(next(iter(self._columns.values())))

    def to_pandas(self) -> "pandas.DataFrame":
        """A DataFrame of these columns. Needs pandas."""
        import pandas

        return pandas.DataFrame(self._columns)

    def _cell(self, name: str, value: Any) -> str:
        if name in self._shares:
            return "-" if value != value else percent(value)
        return f"{value:,}" if isinstance(value, (int, np.integer)) and name != "bit" else str(value)

    def _cells(self) -> list[list[str]]:
        return [[self._cell(name, values[i]) for name, values in self._columns.items()] for i in range(len(self))]

    def __repr__(self) -> str:
        rows = [[name.replace("_", "-") for name in self.columns], *self._cells()]
        widths = [max(len(row[i]) for row in rows) for i in range(len(self.columns))]
        return "\n".join(
            "  ".join(cell.ljust(width) if i == 0 else cell.rjust(width) for i, (cell, width) in enumerate(zip(row, widths)))
            for row in rows
        )

    def _repr_html_(self) -> str:
        from html import escape

        head = "".join(f"<th>{escape(name.replace('_', '-'))}</th>" for name in self.columns)
        body = "".join(
            "<tr>" + "".join(f"<td style='text-align:{'left' if i == 0 else 'right'}'>{escape(cell)}</td>" for i, cell in enumerate(row)) + "</tr>"
            for row in self._cells()
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _is_text(values: Sequence[Any]) -> bool:
    return any(isinstance(value, str) for value in values)


def percent(share: float) -> str:
    """"12.345 %", "<0.001 %", ">99.999 %": rounded, but never to none or all."""
    if 0 < share < 0.000005:
        return "<0.001 %"
    if 0.999995 <= share < 1:
        return ">99.999 %"
    return f"{100 * share:.3f} %"


def single_bits(rows: np.ndarray) -> np.ndarray:
    """The bit of each row. Raises `Usage`: some are no single bits."""
    if rows["bit_pos"].dtype == object:
        raise Usage("the report of an extended list: not every fault is one inverted bit")
    return rows["bit_pos"]
