"""Exact, fast fault injection for the weights of Keras networks."""

from ._core import version as __version__

__all__ = ["__version__"]
