"""Tab completion in real shells, and the manual page as man reads it."""
import shutil
import subprocess

import pytest
from small_campaign import PROGRAM, run


def complete(*words, folder="."):
    """What bash offers for the last of these words."""
    script = f"""
        source <({PROGRAM} completion bash)
        complete -p tf_injector >&2 || exit 1
        COMP_WORDS=({' '.join(f"'{word}'" for word in words)})
        COMP_CWORD=$(({len(words)} - 1))
        _tf_injector
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(["bash", "--norc", "-c", script], capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split("\n")) - {""}


def commands():
    overview = run("--help").stdout.split("these are the flags of run")[0]
    return {line.split()[1] for line in overview.splitlines() if line.startswith("  tf_injector ") and "[run]" not in line} | {"run"}


def flags(command):
    text = run(command, "--help").stdout
    return {name for line in text.splitlines() if line.startswith("  -") for name in line.split()[0].split(",")}


def test_bash_knows_every_sub_command_and_flag():
    assert complete("tf_injector", "") == commands()
    assert complete("tf_injector", "ins") == {"inspect"}
    for command in commands():
        assert complete("tf_injector", command, "-") == flags(command), command
    assert complete("tf_injector", "-") == flags("run")
    assert complete("tf_injector", "-d", "CIFAR10", "--sc") == {"--scores"}


def test_bash_knows_words_and_files(tmp_path):
    (tmp_path / "faults of mine.csv").touch()
    (tmp_path / "net.keras").touch()
    assert complete("tf_injector", "-d", "") == {"CIFAR10", "CIFAR100", "GTSRB"}
    assert complete("tf_injector", "run", "--scores", "c") == {"changed"}
    assert complete("tf_injector", "-f", "fau", folder=tmp_path) == {"faults of mine.csv"}
    assert complete("tf_injector", "inspect", "n", folder=tmp_path) == {"net.keras"}
    assert complete("tf_injector", "--limit", "", folder=tmp_path) == set()
    assert complete("tf_injector", "download", "") == {"CIFAR10", "CIFAR100", "GTSRB"}
    assert complete("tf_injector", "completion", "z") == {"zsh"}


def test_zsh_reads_its_script(tmp_path):
    script = run("completion", "zsh").stdout
    for command in commands():
        for flag in flags(command):
            assert flag in script
    if shutil.which("zsh") is None:
        pytest.skip("zsh is not installed")
    (tmp_path / "_tf_injector").write_text(script)
    done = subprocess.run(["zsh", "-f", "-c", f"fpath=({tmp_path} $fpath); autoload -Uz compinit; compinit -u -d {tmp_path}/dump; "
                           "autoload +X -Uz _tf_injector && print ${_comps[tf_injector]}"], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("_tf_injector\n", "")


def test_another_shell_is_refused():
    done = run("completion", "fish")
    assert done.returncode == 2 and "bash, zsh" in done.stderr
    assert run("completion").returncode == 2


def test_the_manual_page(tmp_path):
    page = run("man").stdout
    assert page.startswith(".TH TF_INJECTOR 1")
    for command in commands():
        for flag in flags(command):
            assert flag.replace("-", "\\-") in page
    reader = shutil.which("groff")
    if reader is None:
        pytest.skip("groff is not installed")
    done = subprocess.run([reader, "-man", "-ww", "-z"], input=page, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
