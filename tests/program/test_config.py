"""-c campaign.toml: the same campaign as its flags; what is in its metadata; what is printed is TOML, by Python's own reader; files made to hurt."""
import json
import os
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_campaign import DONE, LIST, MODEL, RESUME, USAGE, campaign_in, files_of, run, write_images

tomllib = pytest.importorskip("tomllib", reason="Python 3.11 or later has a reader of TOML")


def write_config(folder, **more):
    """The campaign of campaign_in as a file."""
    keys = {"model": str(MODEL), "data": str(write_images(folder / "set.npz")), "fault-list": str(LIST), "threads": 1, **more}
    path = folder / "campaign.toml"
    path.write_text("".join(f"{key} = {json.dumps(value)}  # {key}\n" for key, value in keys.items()))
    return path


def test_a_file_gives_the_campaign_of_its_flags(tmp_path):
    words = campaign_in(tmp_path)
    assert run(*words, "--report", tmp_path / "a/r.csv", "-s").returncode == DONE
    config = write_config(tmp_path, **{"report": str(tmp_path / "b/r.csv"), "save-scores": True})
    assert run("-c", config).returncode == DONE
    a, b = files_of(tmp_path / "a"), files_of(tmp_path / "b")
    facts_a, facts_b = json.loads(a.pop("r.run.json")), json.loads(b.pop("r.run.json"))
    assert a == b and len(a) > 2
    assert facts_a["config"] == {"file": None, "flags": facts_b["config"]["flags"] | {"report": str(tmp_path / "a/r.csv")}}
    assert facts_b["config"]["file"] == str(config)
    assert facts_b["config"]["flags"]["save-scores"] is True
    assert facts_b["config"]["flags"]["threads"] == "1"


def test_the_command_line_wins_and_the_run_is_gone_on_with(tmp_path):
    config = write_config(tmp_path, report=str(tmp_path / "r.csv"), limit=3)
    assert run("-c", config).returncode == DONE
    again = run("--config", config)
    assert again.returncode == DONE and "finished already" in again.stderr
    other = run("-c", config, "--limit", "2")
    assert other.returncode == RESUME and "--limit: 3 in the report, 2 now" in other.stderr
    assert run("-c", config, "--limit", "2", "--overwrite").returncode == DONE
    assert json.loads((tmp_path / "r.run.json").read_text())["config"]["flags"]["limit"] == "2"


def test_metadata_without_it_are_gone_on_with(tmp_path):
    words = [*campaign_in(tmp_path), "--report", tmp_path / "r.csv"]
    assert run(*words).returncode == DONE
    path = tmp_path / "r.run.json"
    facts = json.loads(path.read_text())
    del facts["config"]
    path.write_text(json.dumps(facts))
    assert run(*words).returncode == DONE
    assert run("report", tmp_path / "r.csv").returncode == DONE
    assert run("verify", tmp_path / "r.csv").returncode == DONE


def test_the_data_set_of_a_file_is_the_report_s(tmp_path):
    config = write_config(tmp_path, report=str(tmp_path / "r.csv"), dataset="GTSRB")
    assert run("-c", config).returncode == DONE
    shown = run("report", tmp_path / "r.csv", "--json", "-")
    assert json.loads(shown.stdout)["dataset"] == "GTSRB"


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.sampled_from(["network-name", "data", "report", "output-path", "fault-list"]),
                       st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1).filter(lambda text: text[0] != "-")),
       st.booleans())
def test_what_is_printed_is_toml(texts, quiet):
    words = [word for key, text in texts.items() for word in (f"--{key}", text)]
    shown = run("run", *words, *["-q"] * quiet, "--print-config", text=False)
    assert shown.returncode == DONE, shown.stderr
    read = {key: value if value is True else str(value) for key, value in tomllib.loads(shown.stdout.decode()).items()}
    assert read == texts | ({"quiet": True} if quiet else {})


@settings(max_examples=60, deadline=None)
@given(text=st.text(alphabet=st.sampled_from("ab='\"\\u0041[],.#\n\t -_+10e{}é\r\0"), max_size=30))
def test_what_is_no_toml_is_refused(tmp_path_factory, text):
    """What Python's reader refuses is refused; what is accepted means the same there."""
    path = tmp_path_factory.mktemp("toml") / "c.toml"
    path.write_text("seed = 7\n" + text, newline="", encoding="utf-8")
    ours = run("-c", path, "--print-config")
    try:
        theirs = tomllib.loads(path.read_bytes().decode())
    except tomllib.TOMLDecodeError:
        assert ours.returncode == USAGE, (text, ours.stdout)
        return
    if theirs == {"seed": 7}:
        assert ours.returncode == DONE and ours.stdout == "seed = 7\n", (text, ours.stderr)
    else:  # no flag has such a name
        assert ours.returncode == USAGE


@pytest.mark.parametrize("content, said", [
    (b"thread = 1\n", "c.toml:1: unknown key 'thread'"),
    (b"threads = 1\n\nthreads = 2\n", "c.toml:3:1: 'threads' stands in line 1 already"),
    (b"[run]\n", "c.toml:1:1: tables are not read here"),
    (b"threads = 1\0\n", "c.toml:1:12: NUL byte"),
    (b"\xff\xfet\0", "c.toml:1:1: no UTF-8"),
    (b"\x1b[31m = 1\n", "c.toml:1:1: control character"),
    (b"'\xc2\x9b31m' = 1\n", r"c.toml:1: unknown key"),
    (b"threads = 99999999999999999999\n", "c.toml:1: --threads: expected an integer between 1 and 65536"),
    (b"a" * 2000000, "more than 1 MiB"),
    (b"[" * 100000, "tables are not read here"),
    (b"a = [" + b"[" * 100000, "lists of lists are not read here"),
], ids=range(11))
def test_files_made_to_hurt(tmp_path, content, said):
    path = tmp_path / "c.toml"
    path.write_bytes(content)
    ended = run("-c", path, timeout=20)
    lines = ended.stderr.splitlines()
    assert ended.returncode == USAGE
    assert said in lines[0] and len(lines) <= 2 and len(lines[0]) < 600
    assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for line in lines for character in line)
    assert ended.stdout == ""


@pytest.mark.parametrize("path, said", [("/dev/zero", "more than 1 MiB"), (".", "found a folder"), ("none.toml", "No such file"),
                                        ("/proc/self/mem", "Input/output error"), ("/dev/null", "-d (--dataset) is required")])
def test_what_is_no_file(tmp_path, path, said):
    ended = run("-c", path, cwd=tmp_path, timeout=20)
    assert ended.returncode == USAGE and said in ended.stderr


def test_a_file_that_may_not_be_read(tmp_path):
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    config = write_config(tmp_path)
    config.chmod(0)
    ended = run("-c", config)
    assert ended.returncode == USAGE and "Permission denied" in ended.stderr


def test_python_takes_the_file_too(tmp_path):
    pytest.importorskip("tf_injector")
    config = write_config(tmp_path, report=str(tmp_path / "r.csv"))
    words = [sys.executable, "-m", "tf_injector", "--config", str(config), "-q"]
    assert subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True).returncode == DONE
    assert (tmp_path / "r.csv").exists()
