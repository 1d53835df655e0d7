"""Faults of extended lists as Python objects: what a list holds, and what a campaign on them gives."""
import pickle

import golden
import numpy as np
import pytest
import tf_injector as fi

LISTS = sorted(path for kind in ("extended", "outputs") for path in golden.GOLDEN.glob(f"*.{kind}.csv"))


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.stem)
def test_a_list_made_of_its_own_faults_is_the_same(path):
    read = fi.FaultList.read(path)
    made = fi.FaultList.from_faults(list(read))
    assert made == read and list(made) == list(read)
    assert pickle.loads(pickle.dumps(made)) == made
    assert fi.FaultList.parse(made.to_csv()).parts == read.parts and made.images == read.images
    some = read[[3, 1]]
    assert list(some) == [read[3], read[1]]


def test_images_and_calls_are_kept():
    part = fi.FaultPart("conv", "output", (1, 2, 3), "set", (), "nan", call=1)
    faults = fi.FaultList.from_faults(
        [fi.ExtendedFault(4, (part,), image=7), fi.ExtendedFault(5, (part._replace(call=None),)), fi.Fault(6, "conv", (0, 0, 0, 1), 30)]
    )
    assert faults.images == [7, None, None]
    assert faults[0] == fi.ExtendedFault(4, (part,), 7) and faults[1].parts[0].call is None
    assert faults.to_csv().splitlines()[0].endswith(",Image,Call")
    plain = fi.FaultList.from_faults([fi.Fault(6, "conv", (0, 0, 0, 1), 30)])
    assert plain.images == [None] and "Image" not in plain.to_csv()
    frame = pytest.importorskip("pandas") and faults.to_pandas()
    assert list(frame["Image"].fillna(-1)) == [7, -1, -1] and list(frame["Call"].fillna(-1)) == [1, -1, -1]


def test_a_campaign_of_them_gives_tensorflows_scores():
    of = golden.golden("odd_channels")
    with np.load(golden.GOLDEN / "odd_channels.outputs.npz") as arrays:
        expected = arrays["faulty"]
    faults = fi.FaultList.read(golden.GOLDEN / "odd_channels.outputs.csv")
    report = fi.run_campaign(of.model, (of.inputs, np.zeros(len(of.inputs), dtype=int)), list(faults), scores="all", preprocess="none", progress=False)
    assert golden.same_bits(np.stack(list(report.scores)), expected)
    assert list(report.rows["n_injections"]) == [1 if image is not None else len(of.inputs) for image in faults.images]
