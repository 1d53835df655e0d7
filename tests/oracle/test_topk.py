"""argmax, top_k and in_top_k against NumPy's own argmax and argpartition, row by row.

What NumPy picks among equal scores depends on every swap of its selection, so the rows here are full of ties, NaN and
infinities, and of patterns that drive the selection into each of its branches.
"""

import os
import pathlib
import subprocess

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SPECIAL = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0, 1e-45, -1e-45, 3.4028235e38], dtype=np.float32)


def program():
    named = os.environ.get("TFI_TOPK_ROWS")
    path = pathlib.Path(named) if named else ROOT / "build/release/tests/oracle/topk_rows"
    assert path.exists(), f"{path} is not built; build the target topk_rows, or name it in TFI_TOPK_ROWS"
    return path


def assert_same_as_numpy(rows, k, folder):
    rows = np.ascontiguousarray(rows, dtype=np.float32)
    count, classes = rows.shape
    k = min(k, classes)
    np.save(folder / "rows.npy", rows)
    subprocess.run([program(), str(k), folder / "rows.npy", folder / "out.npy"], check=True)
    out = np.load(folder / "out.npy")
    assert out.dtype == np.int32 and out.shape == (count, k + classes + 1)

    chosen = rows.argpartition(-k, axis=-1)[:, -k:]
    member = np.zeros((count, classes), dtype=np.int32)
    np.put_along_axis(member, chosen, 1, axis=-1)
    expected = np.hstack([chosen.astype(np.int32), member, rows.argmax(axis=-1).astype(np.int32)[:, None]])
    wrong = np.flatnonzero((out != expected).any(axis=-1))
    assert wrong.size == 0, (
        f"{wrong.size} of {count} rows differ; row {wrong[0]}, k {k}: {rows[wrong[0]].tolist()}\n"
        f"numpy {expected[wrong[0]].tolist()}\nours  {out[wrong[0]].tolist()}"
    )


def tied_rows(rng, count, classes):
    """Rows with from one to many distinct values; a part of them with special values sprinkled in."""
    distinct = rng.integers(1, 2 * classes, size=(count, 1))
    rows = np.floor(rng.random((count, classes)) * distinct).astype(np.float32)
    rows -= np.float32(classes // 2)
    rate = rng.choice([0.0, 0.0, 0.1, 0.5, 1.0], size=(count, 1))
    hit = rng.random((count, classes)) < rate
    rows[hit] = rng.choice(SPECIAL, size=int(hit.sum()))
    return rows


def saturated_softmax_rows(rng, count, classes):
    """What faults make of a softmax: a few ones, zeros, denormals and ties; or NaN throughout."""
    rows = rng.choice(np.array([0.0, 0.0, 0.0, 1.0, 0.5, 1e-45, 1e-38], dtype=np.float32), size=(count, classes))
    rows[rng.random(count) < 0.1] = np.nan
    return rows


def patterned_rows(rng, classes):
    """Sorted, organ pipe, saw tooth, plateaus, rolled ... each with a few values exchanged, negated and reversed."""
    ramp = np.arange(classes, dtype=np.float32)
    base = [ramp, np.minimum(ramp, ramp[::-1]), np.maximum(ramp, ramp[::-1]), np.zeros(classes, np.float32)]
    base += [np.roll(ramp, shift) for shift in range(1, classes)]
    base += [ramp % step for step in range(2, 12)] + [ramp // step for step in range(2, 12)]
    base += [np.where(ramp < cut, ramp, np.nan).astype(np.float32) for cut in range(0, classes, 3)]
    base += [np.where(ramp < cut, 0, np.inf).astype(np.float32) for cut in range(0, classes, 3)]
    base = np.array(base + [-row for row in base])
    base = np.vstack([base, base[:, ::-1]])
    changed = np.repeat(base, 40, axis=0)
    for row in changed:
        for _ in range(rng.integers(0, 4)):
            a, b = rng.integers(0, classes, size=2)
            row[[a, b]] = row[[b, a]]
    return np.vstack([base, changed])


def killer_row(classes, kth):
    """A row that keeps the median of three pivot as bad as it can be, so that the median of medians takes over.

    Played backwards: values are decided only when the selection compares them (an adversary after McIlroy), here by
    running the partition scheme on undecided values.
    """
    undecided = classes
    values = np.full(classes, undecided, dtype=np.int64)
    order = list(range(classes))
    state = {"next": 0}

    def less(a, b):
        if values[a] == undecided and values[b] == undecided:
            values[b] = state["next"]
            state["next"] += 1
        return values[a] < values[b]

    def swap(i, j):
        order[i], order[j] = order[j], order[i]

    low, high = 0, classes - 1
    while low + 1 < high:
        left, right, mid = low + 1, high, low + (high - low) // 2
        if less(order[high], order[mid]):
            swap(high, mid)
        if less(order[high], order[low]):
            swap(high, low)
        if less(order[low], order[mid]):
            swap(low, mid)
        swap(mid, low + 1)
        pivot = order[low]
        while True:
            left += 1
            while left < high and less(order[left], pivot):
                left += 1
            right -= 1
            while right > low and less(pivot, order[right]):
                right -= 1
            if right < left:
                break
            swap(left, right)
        swap(low, right)
        if right >= kth:
            high = right - 1
        if right <= kth:
            low = left
    return values.astype(np.float32)


@pytest.mark.parametrize("classes,k", [(c, k) for c in (5, 10, 43, 100) for k in (1, 5)] + [(2, 1), (2, 5)])
def test_rows_full_of_ties(classes, k, tmp_path):
    rng = np.random.default_rng([classes, k])
    count = 160_000 if classes <= 10 else 60_000
    assert_same_as_numpy(tied_rows(rng, count, classes), k, tmp_path)
    assert_same_as_numpy(saturated_softmax_rows(rng, count // 2, classes), k, tmp_path)


@pytest.mark.parametrize("classes", [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 16, 1000, 5000])
def test_other_numbers_of_classes(classes, tmp_path):
    rng = np.random.default_rng(classes)
    for k in range(1, min(classes, 7) + 1):
        assert_same_as_numpy(tied_rows(rng, 4000 if classes < 100 else 40, classes), k, tmp_path)


@pytest.mark.parametrize("classes", [10, 43, 100, 257])
@pytest.mark.parametrize("k", [1, 2, 5])
def test_patterns(classes, k, tmp_path):
    assert_same_as_numpy(patterned_rows(np.random.default_rng([classes, k]), classes), k, tmp_path)


@pytest.mark.parametrize("classes", [10, 43, 84, 100, 400])
@pytest.mark.parametrize("k", [5, 7])
def test_rows_that_make_the_median_of_three_fail(classes, k, tmp_path):
    rng = np.random.default_rng([classes, k])
    killer = killer_row(classes, classes - k)
    rows = [killer, -killer, np.floor(killer / 2), np.floor(killer / 3)]
    for _ in range(500):
        row = killer.copy()
        a, b = rng.integers(0, classes, size=2)
        row[a] = row[b]
        rows.append(row)
        spoilt = killer.copy()
        spoilt[rng.integers(0, classes, size=3)] = rng.choice(SPECIAL, size=3)
        rows.append(spoilt)
    assert_same_as_numpy(np.array(rows), k, tmp_path)
