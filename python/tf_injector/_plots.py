"""Pictures of reports, drawn with Matplotlib, which is imported when the first one is drawn."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, Iterable, NamedTuple, Sequence

import numpy as np

from . import _storage
from ._errors import BadInput, Usage
from ._table import single_bits

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ._model import Model

_METRICS = ("critical", "masked", "non_critical")
# Colours of Okabe and Ito, told apart with every kind of colour blindness and in grey.
_FIELD_COLOURS = {"sign": "#D55E00", "exponent": "#0072B2", "mantissa": "#56B4E9", "magnitude": "#56B4E9"}
_LAYER_COLOUR, _QUIET, _NO_FAULTS = "#0072B2", "#666666", "#ECECEC"
_COLOUR_MAP = "viridis"
_NAME_POINTS, _BIT_POINTS = 8.0, 7.5  # font sizes of the names along an axis


class _Groups(NamedTuple):
    """Rates of the faults of a report in groups, in percent; NaN where a group has no fault."""

    rates: np.ndarray
    faults: np.ndarray


def plot_bits(rows: np.ndarray, metric: str, ax: Any, log: bool, storage: str) -> "Axes":
    """Report.plot_bits."""
    width = _storage.width(storage)
    groups = _rates(rows, metric, width - 1 - single_bits(rows), width)
    axes = _axes(ax, (7.0, 3.2))
    bits = np.arange(width - 1, -1, -1)
    axes.bar(np.arange(width), _drawn(groups.rates), width=0.8, color=[_colour(bit, storage) for bit in bits])
    _scale(axes, groups.rates, metric, log)
    axes.set_xlim(-0.6, width - 0.4)
    room = _points(axes, horizontal=True) / width
    _bit_ticks(axes, room, width)
    if room >= 1.25 * _BIT_POINTS:
        _fault_row(axes, groups.faults, room)
    _mark_fields(axes, storage, lines=False)
    _title(axes, rows, groups.faults[groups.faults > 0], "bit")
    return axes


def plot_layers(rows: np.ndarray, metric: str, ax: Any, log: bool, layers: Any) -> "Axes":
    """Report.plot_layers."""
    names, place = _layer_places(rows, layers)
    rows, place = rows[place >= 0], place[place >= 0]
    groups = _rates(rows, metric, place, len(names))
    longest = max(map(len, names))
    axes = _axes(ax, (min(10.0, max(4.0, 1.2 + 0.19 * len(names))), min(6.0, 3.6 + 0.06 * max(0, longest - 12))))
    axes.bar(np.arange(len(names)), _drawn(groups.rates), width=0.8, color=_LAYER_COLOUR)
    _scale(axes, groups.rates, metric, log)
    axes.set_xlim(-0.6, len(names) - 0.4)
    room = _points(axes, horizontal=True) / len(names)
    counts = [f"({count:,})" for count in groups.faults]
    upright = any(0.62 * _NAME_POINTS * (len(text) + 1) > 0.85 * room for text in [*names, *counts])
    labels = [f"{name}{' ' if upright else chr(10)}{count}" for name, count in zip(names, counts)]
    _name_ticks(axes.xaxis, labels, room, rotation=90 if upright else 0)
    axes.set_xlabel("layer (number of faults)")
    _title(axes, rows, groups.faults[groups.faults > 0], "layer")
    return axes


def heatmap(rows: np.ndarray, metric: str, ax: Any, log: bool, layers: Any, storage: str) -> "Axes":
    """Report.heatmap."""
    bits = _storage.width(storage)
    _pyplot()
    import matplotlib
    from matplotlib.colors import LogNorm, Normalize

    names, place = _layer_places(rows, layers)
    rows, place = rows[place >= 0], place[place >= 0]
    cell = place * bits + (bits - 1 - single_bits(rows))
    groups = _rates(rows, metric, cell, len(names) * bits)
    axes = _axes(ax, (7.0, min(9.0, 1.5 + 0.17 * max(len(names), 6))))
    rates = np.ma.masked_invalid(groups.rates.reshape(len(names), bits))
    log = log and bool((groups.rates > 0).any())
    least, most = _range(groups.rates, log)
    colours = matplotlib.colormaps[_COLOUR_MAP].with_extremes(under="white")
    axes.set_facecolor(_NO_FAULTS)
    axes.spines[:].set_visible(False)
    mesh = axes.pcolormesh(
        np.arange(bits + 1) - 0.5,
        np.arange(len(names) + 1) - 0.5,
        np.ma.maximum(rates, least / 10) if log else rates,
        cmap=colours,
        norm=LogNorm(least, most) if log else Normalize(least, most),
        edgecolors="face",
        linewidth=0.1,
    )
    width, height = _points(axes, horizontal=True), _points(axes, horizontal=False)
    bar = axes.figure.colorbar(mesh, ax=axes, pad=0.02, fraction=0.05, aspect=30)
    bar.set_label(_unit(metric))
    bar.outline.set_visible(False)
    if log:
        _percent_ticks(bar.ax.yaxis)
    axes.set_ylim(len(names) - 0.5, -0.5)
    _bit_ticks(axes, 0.95 * width / bits, bits)
    _name_ticks(axes.yaxis, names, height / len(names), rotation=0)
    axes.set_ylabel("layer")
    _mark_fields(axes, storage, lines=True)
    remark = "; grey: no fault" if (groups.faults == 0).any() else ""
    if log and (groups.rates <= 0).any():
        remark += "; white: 0 %"
    _title(axes, rows, groups.faults[groups.faults > 0], "cell", remark)
    return axes


def _pyplot() -> Any:
    try:
        import matplotlib.pyplot
    except ImportError as error:
        raise ImportError("pictures need Matplotlib: pip install 'tf_injector[plot]'") from error
    return matplotlib.pyplot


def _axes(ax: Any, size: tuple[float, float]) -> Any:
    """Those given, or those of a new figure of `size` inches."""
    pyplot = _pyplot()
    if ax is None:
        _, ax = pyplot.subplots(figsize=size, layout="constrained", dpi=120)
    elif not (isinstance(ax, _axes_type()) and ax.name == "rectilinear"):
        kind = f"{ax.name} axes" if isinstance(ax, _axes_type()) else type(ax).__name__
        raise Usage(f"`ax`: expected Matplotlib Axes with an x and a y axis, found {kind}")
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def _axes_type() -> Any:
    from matplotlib.axes import Axes

    return Axes


def _rates(rows: np.ndarray, metric: str, group: np.ndarray, count: int) -> _Groups:
    if not isinstance(metric, str) or metric not in _METRICS:
        raise Usage(f"`metric`: expected {', '.join(_METRICS[:-1])} or {_METRICS[-1]}, found {metric!r}")
    if len(rows) == 0:
        raise BadInput("the report has no faults that could be drawn")
    images = np.bincount(group, weights=rows["n_injections"], minlength=count)
    sums = np.bincount(group, weights=rows[metric], minlength=count)
    with np.errstate(invalid="ignore", divide="ignore"):
        return _Groups(100 * sums / images, np.bincount(group, minlength=count))


def _layer_places(rows: np.ndarray, layers: Any) -> tuple[list[str], np.ndarray]:
    """The names of the layers in the order in which they are drawn, and for each row the place of its layer, -1 for none."""
    hit, first, number = np.unique(rows["target_layer"].astype(str), return_index=True, return_inverse=True)
    found = [str(name) for name in hit]
    if layers is None:
        runs = 1 + int((number[1:] != number[:-1]).sum()) if len(number) else 0
        together = runs == len(found)  # layer by layer, as most lists are: then the order is the list's
        names = [found[i] for i in np.argsort(first)] if together else sorted(found, key=_natural)
    else:
        names = _given_layers(layers, found)
    places = {name: i for i, name in enumerate(names)}
    return names, np.array([places.get(name, -1) for name in found], dtype=np.int64)[number]


def _given_layers(layers: Any, found: Sequence[str]) -> list[str]:
    faultable = getattr(layers, "faultable", None)
    if faultable is None:
        if isinstance(layers, (str, bytes)) or not isinstance(layers, Iterable):
            raise Usage(f"`layers`: expected a Model or names, found {layers!r}")
        names = list(dict.fromkeys(str(name) for name in layers))
        for name in names:
            if name not in found:
                raise Usage(f"`layers`: the report has no faults in layer {name!r}")
        return names
    # A list names a layer by its name, or by its path where two have the same.
    names = []
    for tensor in faultable:
        names += [name for name in (tensor.layer, tensor.layer.rsplit("/", 1)[-1]) if name in found and name not in names][:1]
    return names


def _natural(name: str) -> list[Any]:
    """conv2d, conv2d_1, conv2d_2, conv2d_10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]


def _unit(metric: str) -> str:
    return f"{metric.replace('_', '-')} (% of inferences)"


def _drawn(rates: np.ndarray) -> np.ndarray:
    return np.nan_to_num(rates, nan=0.0)


def _range(rates: np.ndarray, log: bool) -> tuple[float, float]:
    """The least and the most that an axis or a colour bar shows, in percent."""
    known = rates[~np.isnan(rates)]
    most = max(float(known.max()), 0.0) or 1.0
    if not log:
        return min(float(known.min()), 0.0), most
    positive = known[known > 0]
    least = 10.0 ** math.floor(math.log10(float(positive.min()))) if len(positive) else most / 10
    return (least, most) if most > least else (least / 10, most)


def _scale(axes: Any, rates: np.ndarray, metric: str, log: bool) -> None:
    log = log and bool((rates > 0).any())
    least, most = _range(rates, log)
    if log:
        axes.set_yscale("log")
        axes.set_ylim(least, min(most * 1.5, 100.0))
        _percent_ticks(axes.yaxis)
    else:
        axes.set_ylim(least, min(most * 1.05, 100.0))
    axes.set_ylabel(_unit(metric))
    axes.grid(axis="y", color="#DDDDDD", linewidth=0.6)
    axes.set_axisbelow(True)


def _percent_ticks(axis: Any) -> None:
    """10, 1, 0.1, 0.01, ..., and what Matplotlib names between them on a short axis: 20, 30, 40, 60."""
    from matplotlib.ticker import LogFormatter

    class Percent(LogFormatter):
        def __call__(self, value: float, pos: int | None = None) -> str:
            named = super().__call__(value, pos)
            return np.format_float_positional(float(f"{value:.3g}"), trim="-") if named else ""

    axis.set_major_formatter(Percent())
    axis.set_minor_formatter(Percent())


def _points(axes: Any, horizontal: bool) -> float:
    """About the length of an axis on paper, in points; less where others share the figure: their names take room too."""
    box = axes.get_window_extent()
    share = 1.0 if len(axes.figure.axes) == 1 else 0.8
    return share * float(box.width if horizontal else box.height) * 72 / axes.figure.dpi


def _colour(bit: int, storage: str) -> str:
    return next(_FIELD_COLOURS[field.name] for field in _storage.fields(storage) if field.first <= bit <= field.last)


def _bit_ticks(axes: Any, room: float, width: int) -> None:
    """`room`: points for a bit, of which there are `width`."""
    shown = list(range(width)) if room >= 1.5 * _BIT_POINTS else [*range(width - 1, 0, -4), 0]
    axes.set_xticks([width - 1 - bit for bit in shown], [str(bit) for bit in shown], fontsize=_BIT_POINTS)
    axes.tick_params(axis="x", length=0 if len(shown) == width else 3)
    axes.set_xlabel("bit")


def _fault_row(axes: Any, faults: np.ndarray, room: float) -> None:
    """The number of faults of each bit, below its number."""
    texts = [f"{count}" if count else "-" for count in faults]
    upright = max(map(len, texts)) * 0.62 * _BIT_POINTS > room
    width = len(faults)
    labels = [f"{width - 1 - i}" for i in range(width)]
    axes.set_xticks(range(width), labels, fontsize=_BIT_POINTS)
    second = axes.secondary_xaxis(-0.075)
    second.set_xticks(range(width), texts, fontsize=_BIT_POINTS - 0.5, rotation=90 if upright else 0, color=_QUIET)
    second.tick_params(length=0)
    second.spines[:].set_visible(False)
    second.set_xlabel("bit, and number of faults")
    axes.set_xlabel("")


def _name_ticks(axis: Any, names: Sequence[str], room: float, rotation: int) -> None:
    """As many names as there is room for, `room` points for each layer."""
    size = min(_NAME_POINTS, max(5.5, room / 1.15))
    step = max(1, math.ceil(1.15 * size / room))
    shown = [name.replace("$", r"\$") for name in names[::step]]  # else what is between two is read as TeX
    axis.set_ticks(range(0, len(names), step), shown, fontsize=size, rotation=rotation)
    axis.set_tick_params(length=2 if step > 1 else 0)


def _mark_fields(axes: Any, storage: str, lines: bool) -> None:
    """Sign, exponent and mantissa, above the bits that they are."""
    width = _storage.width(storage)
    from matplotlib.transforms import ScaledTranslation

    edge, inch = axes.get_xaxis_transform(), axes.figure.dpi_scale_trans
    strip, text = edge + ScaledTranslation(0, 4 / 72, inch), edge + ScaledTranslation(0, 6.5 / 72, inch)
    for name, low, high in _storage.fields(storage):
        left, right, colour = width - 1 - high - 0.4, width - 1 - low + 0.4, _FIELD_COLOURS[name]
        axes.plot([left, right], [1, 1], transform=strip, color=colour, linewidth=2.5, solid_capstyle="butt", clip_on=False)
        axes.text((left + right) / 2, 1, name, transform=text, ha="center", va="bottom", fontsize=_BIT_POINTS, color="black")
        if lines and low > 0:
            axes.axvline(right + 0.1, color="#BBBBBB", linewidth=1)


def _title(axes: Any, rows: np.ndarray, faults: np.ndarray, each: str, remark: str = "") -> None:
    """What the rates are rates of."""
    images = np.unique(rows["n_injections"])
    text = f"{len(rows):,} fault{'s' * (len(rows) != 1)} x {' or '.join(f'{n:,}' for n in images)} images"
    if len(faults) > 1:
        low, high = int(faults.min()), int(faults.max())
        text += f"; {low:,} to {high:,} a {each}" if low != high else f"; {low:,} a {each}"
    axes.set_title(text + remark, loc="left", fontsize=_NAME_POINTS, color=_QUIET, pad=6 if each == "layer" else 19)
