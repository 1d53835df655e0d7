"""Pictures of reports: what they show is held against sums made here, from the rows."""

import re
import subprocess
import sys

import numpy as np
import pytest

import tf_injector as fi

LAYERS = ["conv2d", "conv2d_1", "conv2d_2", "conv2d_10", "outer/dense"]
IMAGES = 50
HEADER = "inj_id,target_layer,layer_weigths,bit_pos,n_injections,top_1_correct,top_5_correct,top_1_robust,top_5_robust,masked,non_critical,critical"


def report_of(tmp_path, layers, bits, critical, masked):
    """A report in a file, read as any other."""
    lines = [HEADER, f"GOLDEN,,,,{IMAGES},40,45,,,,"]
    for i, (layer, bit, c, m) in enumerate(zip(layers, bits, critical, masked)):
        robust = IMAGES - c
        lines.append(f'{i},{layer},"(0, 0)",{bit},{IMAGES},40,45,{robust},{IMAGES},{m},{robust - m},{c}')
    path = tmp_path / "r.csv"
    path.write_bytes("".join(line + "\r\n" for line in lines).encode())
    return fi.read_report(path)


@pytest.fixture
def pyplot():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    import matplotlib.pyplot as pyplot

    yield pyplot
    pyplot.close("all")


@pytest.fixture
def report(tmp_path):
    random = np.random.default_rng(7)
    layers = random.choice(LAYERS, 300)
    critical = random.integers(0, IMAGES // 2, 300)
    return report_of(tmp_path, layers, random.integers(4, 32, 300), critical, random.integers(0, IMAGES // 2, 300))


def percent(rows, metric):
    return 100 * rows[metric].sum() / rows["n_injections"].sum() if len(rows) else 0.0


def heights(axes):
    return [bar.get_height() for bar in axes.patches]


def words(axis):
    return [label.get_text().replace("\n", " ") for label in axis.get_ticklabels()]


@pytest.mark.parametrize("metric", ["critical", "masked", "non_critical"])
def test_bits_are_drawn_from_the_sign_down(report, pyplot, metric):
    axes = report.plot_bits(metric)
    want = [percent(report.rows[report.rows["bit_pos"] == bit], metric) for bit in range(31, -1, -1)]
    np.testing.assert_allclose(heights(axes), want)
    assert axes.get_ylabel() == f"{metric.replace('_', '-')} (% of inferences)"
    assert words(axes.xaxis)[:2] == ["31", "30"]
    assert {"sign", "exponent", "mantissa"} <= {text.get_text() for text in axes.texts}
    colours = [bar.get_facecolor() for bar in axes.patches]
    assert len(set(colours)) == 3 and len(set(colours[1:9])) == 1 and colours[0] != colours[1] != colours[9]
    assert axes.get_title(loc="left").startswith("300 faults x 50 images")


def test_the_number_of_faults_stands_below_each_bit(report, pyplot):
    axes = report.plot_bits()
    axes.figure.canvas.draw()
    (second,) = axes.child_axes
    want = [str((report.rows["bit_pos"] == bit).sum()) for bit in range(31, -1, -1)]
    assert words(second.xaxis) == [count if count != "0" else "-" for count in want]


def test_layers_of_a_mixed_list_are_drawn_by_name_and_number(report, pyplot):
    axes = report.plot_layers()
    rows = [report.rows[report.rows["target_layer"] == name] for name in LAYERS]
    np.testing.assert_allclose(heights(axes), [percent(r, "critical") for r in rows])
    assert words(axes.xaxis) == [f"{name} ({len(r)})" for name, r in zip(LAYERS, rows)]


def test_layers_of_a_list_that_goes_layer_by_layer_keep_its_order(tmp_path, pyplot):
    report = report_of(tmp_path, ["b", "b", "a", "c"], [1, 2, 3, 4], [0, 50, 10, 5], [0, 0, 0, 0])
    assert words(report.plot_layers().xaxis) == ["b (2)", "a (1)", "c (1)"]
    np.testing.assert_allclose(heights(report.plot_layers()), [50, 20, 10])


def test_layers_can_be_chosen(report, pyplot):
    axes = report.plot_layers(layers=["conv2d_10", "conv2d"])
    assert [word.split()[0] for word in words(axes.xaxis)] == ["conv2d_10", "conv2d"]
    chosen = np.isin(report.rows["target_layer"], ["conv2d_10", "conv2d"]).sum()
    assert axes.get_title(loc="left").startswith(f"{chosen} faults")
    with pytest.raises(fi.Usage, match="conv2d_3"):
        report.plot_layers(layers=["conv2d_3"])
    with pytest.raises(fi.Usage, match="names"):
        report.heatmap(layers="conv2d")


class Faultable:
    def __init__(self, layer):
        self.layer = layer


def test_layers_in_the_order_of_a_model(report, pyplot):
    class Network:
        faultable = [Faultable(name) for name in ("outer/dense", "inner/conv2d_2", "unhit", "conv2d")]

    axes = report.plot_layers(layers=Network())
    assert [word.split()[0] for word in words(axes.xaxis)] == ["outer/dense", "conv2d_2", "conv2d"]


@pytest.mark.parametrize("log", [False, True])
def test_heatmap_has_a_cell_per_layer_and_bit(report, pyplot, log):
    axes = report.heatmap(log=log)
    (mesh,) = axes.collections
    cells = mesh.get_array().reshape(len(LAYERS), 32)
    norm = mesh.norm
    for i, name in enumerate(LAYERS):
        for bit in range(32):
            rows = report.rows[(report.rows["target_layer"] == name) & (report.rows["bit_pos"] == bit)]
            cell = cells[i, 31 - bit]
            if len(rows) == 0:
                assert np.ma.is_masked(cell)
            elif percent(rows, "critical") > 0:
                assert cell == pytest.approx(percent(rows, "critical")) and norm.vmin <= cell <= norm.vmax
            elif log:
                assert cell < norm.vmin  # drawn white
            else:
                assert cell == 0
    assert words(axes.yaxis) == LAYERS
    assert axes.figure.axes[1].get_ylabel() == "critical (% of inferences)"
    assert "grey: no fault" in axes.get_title(loc="left")


def test_given_axes_are_drawn_into(report, pyplot):
    figure, three = pyplot.subplots(1, 3)
    drawn = [report.plot_bits(ax=three[0]), report.plot_layers(ax=three[1]), report.heatmap(ax=three[2])]
    assert all(a is b for a, b in zip(drawn, three)) and pyplot.get_fignums() == [figure.number]
    with pytest.raises(fi.Usage, match="ax"):
        report.plot_bits(ax=3)


@pytest.mark.parametrize("count", [2, 4, 7, 20, 120])
def test_names_of_layers_do_not_overlap(tmp_path, pyplot, count):
    names = [f"conv2d_{i}" for i in range(count)]
    report = report_of(tmp_path, names, [30] * count, [7] * count, [1] * count)
    for axes, axis, low, high in ((report.plot_layers(), "xaxis", "x0", "x1"), (report.heatmap(), "yaxis", "y0", "y1")):
        axes.figure.canvas.draw()
        boxes = sorted((getattr(box, low), getattr(box, high)) for box in (t.get_window_extent() for t in getattr(axes, axis).get_ticklabels()))
        assert len(boxes) >= min(count, 20)
        assert all(a[1] <= b[0] + 1 for a, b in zip(boxes, boxes[1:]))


@pytest.mark.parametrize("critical", [(20, 45), (1, 50)])
def test_ticks_of_a_logarithmic_scale_are_plain_numbers(tmp_path, pyplot, critical):
    report = report_of(tmp_path, ["a", "b"], [30, 29], critical, [0, 0])
    for axes in (report.plot_bits(log=True), report.plot_layers(log=True), report.heatmap(log=True).figure.axes[1]):
        axes.figure.canvas.draw()
        low, high = axes.get_ylim()
        ticks = [*axes.yaxis.get_major_ticks(), *axes.yaxis.get_minor_ticks()]
        shown = [tick.label1.get_text() or tick.label2.get_text() for tick in ticks if low <= tick.get_loc() <= high]
        numbers = [float(text) for text in shown if text]
        assert len(numbers) >= 2 and all(low <= number <= high for number in numbers)


def test_long_names_leave_room_for_the_bars(tmp_path, pyplot):
    names = [f"block_{i}_conv_depthwise_project" for i in range(10)]
    axes = report_of(tmp_path, names, [30] * 10, [7] * 10, [1] * 10).plot_layers()
    axes.figure.canvas.draw()
    assert axes.get_window_extent().height / axes.figure.dpi > 2


def test_names_of_few_layers_lie_flat_and_long_or_many_ones_stand(tmp_path, pyplot):
    for count, name, rotation in ((3, "conv2d", 0), (3, "block_1/conv2d_17", 90), (9, "conv2d", 90)):
        names = [f"{name}_{i}" for i in range(count)]
        labels = report_of(tmp_path, names, [30] * count, [7] * count, [1] * count).plot_layers().get_xticklabels()
        assert {label.get_rotation() for label in labels} == {rotation}
        assert all(("\n" in label.get_text()) == (rotation == 0) for label in labels)


@pytest.mark.parametrize("critical", [0, 1, 50])
@pytest.mark.parametrize("log", [False, True])
def test_one_fault_can_be_drawn(tmp_path, pyplot, critical, log):
    report = report_of(tmp_path, ["dense"], [31], [critical], [0])
    for axes in (report.plot_bits(log=log), report.plot_layers(log=log), report.heatmap(log=log)):
        axes.figure.canvas.draw()
        assert axes.get_title(loc="left").startswith("1 fault x 50 images")
    for axes in (report.plot_bits(log=log), report.plot_layers(log=log)):
        low, high = axes.get_ylim()
        assert low < high and (critical == 0 or high >= 2 * critical)


def test_what_cannot_be_drawn_is_said(report, pyplot):
    with pytest.raises(fi.Usage, match="non_critical, found 'accuracy'"):
        report.plot_bits("accuracy")
    empty = report_like(report, report.rows[:0])
    for draw in (empty.plot_bits, empty.plot_layers, empty.heatmap):
        with pytest.raises(fi.BadInput, match="no faults"):
            draw()


def report_like(report, rows):
    made = fi.Report.__new__(fi.Report)
    made.golden, made.rows, made.path = report.golden, rows, None
    return made


def test_matplotlib_is_imported_for_pictures_only():
    code = "import sys, tf_injector; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_without_matplotlib_the_extra_is_named(report, monkeypatch):
    for name in ("matplotlib", "matplotlib.pyplot"):
        monkeypatch.setitem(sys.modules, name, None)
    for draw in (report.plot_bits, report.plot_layers, report.heatmap):
        with pytest.raises(ImportError, match=r"pip install 'tf_injector\[plot\]'"):
            draw()


@pytest.mark.parametrize("name", ["$x^$", r"$\frac{1}$", "$$", "a$b$c", "a$b", "<b>", "%s", "{}"])
def test_names_are_drawn_as_they_are(report, pyplot, name):
    rows = report.rows.copy()
    rows["target_layer"] = name
    for draw in (report_like(report, rows).plot_layers, report_like(report, rows).heatmap):
        axes = draw()
        axes.figure.canvas.draw()
        texts = [label._preprocess_math(label.get_text()) for axis in (axes.xaxis, axes.yaxis) for label in axis.get_ticklabels()]
        assert (name, False) in [(re.split(r"[ \n]\(", text)[0], is_tex) for text, is_tex in texts]


def test_axes_and_names_that_cannot_be_meant(report, pyplot):
    figure = pyplot.figure()
    for ax in (pyplot, figure, 3, "x", figure.add_subplot(1, 2, 1, projection="polar"), figure.add_subplot(1, 2, 2, projection="3d")):
        for draw in (report.plot_bits, report.plot_layers, report.heatmap):
            with pytest.raises(fi.Usage, match="`ax`: expected Matplotlib Axes"):
                draw(ax=ax)
    for layers in (3, True, object(), "conv2d", b"conv2d"):
        for draw in (report.plot_layers, report.heatmap):
            with pytest.raises(fi.Usage, match="`layers`: expected a Model or names"):
                draw(layers=layers)
    with pytest.raises(fi.Usage, match="`metric`"):
        report.plot_bits(np.array([1, 2]))
