"""What a call found that the program has a command for: the JSON that the command writes, and its text."""

from __future__ import annotations

import json
from typing import Any


class Result:
    """`print` shows what the command prints."""

    def __init__(self, result: str, text: str) -> None:
        self._result: dict[str, Any] = json.loads(result)
        self._shown = text

    def to_dict(self) -> dict[str, Any]:
        """What the command of this name writes with `--json`."""
        copy: dict[str, Any] = json.loads(json.dumps(self._result))
        return copy

    def __repr__(self) -> str:
        return self._shown.rstrip("\n")

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(repr(self))}</pre>"
