"""What is broken, and which tests are to notice. Folders and programs that do not exist are skipped."""

# Folder (with all below it), patterns of the names of files in it, patterns of those left out.
SCOPE = (
    ("src/replay/simd", ("*",), ("pack_table*",)),
    ("src/replay", ("*",), ("pack_table*",)),
    ("src/engine", ("*",), ()),
    ("src/metrics", ("*",), ()),
    ("src/report", ("*",), ()),
    ("src/plan/passes", ("*",), ()),
    ("src/session", ("block_size*", "block_run*", "golden_run*", "kept_rows*", "plain_rows*"), ()),
)

CAMPAIGN = "test_campaign"
PYTEST = (".cache/venv/bin/python", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider")


class Stage:
    """Tests that are run together: the targets they need, the command, its environment."""

    def __init__(self, name, targets, command, environment=None):
        self.name, self.targets, self.command, self.environment = name, targets, command, environment or {}


def gtest(target, tests="*", environment=None, name=None):
    """A test program; those of the higher folders run the program itself too."""
    more = () if target in ("test_plan", "test_kernels", "test_metrics") else ("tf_injector",)
    command = (f"build/release/tests/{target}", f"--gtest_filter={tests}", "--gtest_break_on_failure", "--gtest_brief=0")
    return Stage(name or target, (f"tests/{target}", *more), command, environment)


def pytest(files, targets, name):
    return Stage(name, targets, (*PYTEST, *files), {})


LANES = gtest("test_replay", "*Lane*:*lane*:*Item*:*Window*:*Simd*", name="test_replay, lanes")
REPLAY = gtest("test_replay", "-ReplayCases*", name="test_replay, quick")
REPLAY_CASES = gtest("test_replay")
RANDOM = gtest(CAMPAIGN, "RandomNetworks.*", {"TFI_NETWORKS": "300"}, name="test_campaign, random networks")
# Without the tests that take longest: the next stages hold them.
LONG = "RandomNetworks.Both*:CampaignRunTest.EqualsASlow*:RandomCampaigns*:ResumeTest.OfProcesses*"
QUICK = gtest(CAMPAIGN, f"-{LONG}:EngineSpeed*:Shared/*:Archives/*:*TellsHowFar*:*DryRun*", name="test_campaign, quick")
SLOW = gtest(CAMPAIGN, LONG, {"TFI_NETWORKS": "2500"}, name="test_campaign, long")
NUMPY = pytest(("tests/oracle/test_topk.py",), ("tests/oracle/topk_rows",), "pytest, metrics")
MEMORY = pytest(("tests/program/test_memory.py",), ("tf_injector",), "pytest, memory")
PROGRAM = pytest(("tests/program/test_report_names.py", "tests/program/test_lost_scores.py", "tests/program/test_standard_streams.py",
                  "tests/program/test_read_once.py"), ("tf_injector",), "pytest, program")

# The folder's twin first, then what runs it most; what takes long last.
OTHERS = (gtest("test_engine"), gtest("test_metrics"), gtest("test_report"), gtest("test_session"))
ENGINES = (RANDOM, *OTHERS, QUICK, SLOW, MEMORY)
STAGES = {
    "src/replay": (REPLAY, *ENGINES, REPLAY_CASES),
    "src/plan/passes": (gtest("test_plan"), REPLAY, *ENGINES),
    "src/replay/simd": (LANES, REPLAY, RANDOM, gtest("test_kernels"), SLOW),
    "src/metrics": (gtest("test_metrics"), NUMPY, QUICK, SLOW),
    "src/report": (gtest("test_report"), QUICK, gtest("test_cli"), PROGRAM),
    "src/engine": (gtest("test_engine"), *ENGINES),
    "src/session": (*OTHERS, QUICK, RANDOM, SLOW),
}
