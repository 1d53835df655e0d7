"""A system call that a signal interrupts (EINTR) is made again, whichever it is; and a run that is killed within any call while it overwrites
a report, or writes one, is gone on with by the same command."""
import pytest
from interrupted_calls import disturbed, needs_strace, touching
from small_campaign import DONE, LIST, MODEL, files_of, run, write_images

pytestmark = needs_strace
CALLS = ["openat", "read", "pread64", "pwrite64", "write", "flock", "mkdir", "rename", "link", "unlink", "fsync", "fdatasync", "ftruncate", "getdents64"]


def inputs_in(folder):
    """A campaign of a few faults on a few images, all files below the folder."""
    folder.mkdir()
    (folder / "net.keras").write_bytes(MODEL.read_bytes())
    (folder / "list.csv").write_text("\n".join(LIST.read_text().splitlines()[:4]) + "\n")
    write_images(folder / "set.npz")
    return ["--model", folder / "net.keras", "--data", folder / "set.npz", "-f", folder / "list.csv", "--threads", "1", "-q"]


def without_metadata(folder):
    return {name: content for name, content in files_of(folder).items() if not name.endswith(".run.json")}


@pytest.mark.parametrize("call", CALLS)
def test_an_interrupted_call_is_made_again(call, tmp_path):
    words = [*inputs_in(tmp_path / "in"), "-s", "--report"]
    whole = tmp_path / "whole"
    numbers = touching(call, [*words, whole / "r.csv"], tmp_path, tmp_path / "trace")
    expected = without_metadata(whole)
    assert "r.csv" in expected and "r/clean.npy" in expected
    assert numbers or call in ("write", "link", "unlink", "ftruncate", "getdents64", "mkdir", "read")
    for number in numbers:
        folder = tmp_path / f"run{number}"
        done = disturbed(call, number, "error=EINTR", [*words, folder / "r.csv"])
        assert done.returncode == DONE, (call, number, done.stderr)
        assert without_metadata(folder) == expected, (call, number)


@pytest.mark.parametrize("extra", [[], ["-s"], ["-s", "--details"]], ids=["rows", "scores", "details"])
@pytest.mark.parametrize("call", ["openat", "pwrite64", "rename", "unlink", "fsync", "fdatasync", "ftruncate"])
def test_a_run_that_is_killed_while_it_overwrites_is_gone_on_with(call, extra, tmp_path):
    words = [*inputs_in(tmp_path / "in"), *extra[:1]]
    target = tmp_path / "out"

    def of(folder):
        return [*words, "--report", folder / "r.csv", *(["--details", folder / "d.csv"] if "--details" in extra else [])]

    assert run(*of(target)).returncode == DONE
    expected = without_metadata(target)
    numbers = touching(call, [*of(target), "--overwrite"], target, tmp_path / "trace")
    for number in numbers:
        disturbed(call, number, "signal=SIGKILL", [*of(target), "--overwrite"])
        done = run(*of(target))
        assert done.returncode == DONE, (call, number, done.stderr)
        assert without_metadata(target) == expected, (call, number, "nothing stays behind either")
