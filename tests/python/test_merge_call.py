"""Shards and their merge from Python."""
import numpy as np
import pytest
import small_campaign
import tf_injector as fi


@pytest.fixture()
def inputs(tmp_path):
    return fi.load_model(small_campaign.MODEL), fi.Dataset.read(small_campaign.write_images(tmp_path / "d.npz")), fi.FaultList.read(small_campaign.LIST)


def test_merged_is_the_report_of_one_call(tmp_path, inputs):
    whole = fi.run_campaign(*inputs, report=tmp_path / "one.csv", details=True, progress=False)
    paths = [tmp_path / f"s{i}.csv" for i in range(3)]
    for i in (2, 0, 1):
        part = fi.run_campaign(*inputs, report=paths[i], details=True, progress=False, shard=(i, 3))
        in_memory = fi.run_campaign(*inputs, progress=False, shard=f"{i}/3")
        assert np.array_equal(part.rows, in_memory.rows)
    merged = fi.merge(reversed(paths), tmp_path / "all.csv")
    assert len(merged) == len(whole) and merged.path is not None
    assert (tmp_path / "all.csv").read_bytes() == (tmp_path / "one.csv").read_bytes()
    assert (tmp_path / "all.details.csv").read_bytes() == (tmp_path / "one.details.csv").read_bytes()
    with pytest.raises(fi.ResumeRefused, match="exists already"):
        fi.merge(paths, tmp_path / "all.csv")
    fi.merge(paths, tmp_path / "all.csv", overwrite=True)
    with pytest.raises(fi.ResumeRefused, match="shard 1/3 is missing"):
        fi.merge([paths[0], paths[2]], tmp_path / "r.csv")
    with pytest.raises(fi.Usage, match="several paths"):
        fi.merge(paths[0], tmp_path / "r.csv")
    with pytest.raises(fi.Usage, match="found none"):
        fi.merge([], tmp_path / "r.csv")


@pytest.mark.parametrize("shard", [(3, 3), (-1, 3), (0, 0), (0.5, 2), "x", 3, (1, 2, 3), ("0", 2)])
def test_no_such_shard(inputs, shard):
    with pytest.raises(fi.Usage, match="shard"):
        fi.run_campaign(*inputs, progress=False, shard=shard)


def test_a_shard_needs_faults(inputs):
    with pytest.raises(fi.Usage, match="`shard` needs `faults`"):
        fi.run_campaign(inputs[0], inputs[1], shard=(0, 2), progress=False)
