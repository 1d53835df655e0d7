"""What a row is made of: cases, each a function that raises Failed, and what is counted of them."""
import dataclasses


class Failed(Exception):
    """The program did not do what the row's criterion says."""


class NotRun(Exception):
    """The case could not be tried here: a tool or a right is missing. Never counted as passed."""


@dataclasses.dataclass
class Figures:
    """What a case gives: how many of the row's units it tried and how many of them failed; the longest time and the most memory."""
    volume: int = 1
    failed: int = 0
    milliseconds: float | None = None
    mebibytes: float | None = None
    lost: float | None = None  # seconds of work that a kill cost
    why: str = ""  # of the failed ones


@dataclasses.dataclass
class Case:
    """One try. Its name is unique in its row, and repeats it: what is random in it follows from the seed and the name alone."""
    name: str
    run: "callable"  # () -> Figures or None; raises Failed, NotRun


@dataclasses.dataclass
class Result:
    """A row's figures."""
    number: int
    fault: str
    unit: str
    criterion: str
    volume: int = 0
    failed: int = 0
    times: list = dataclasses.field(default_factory=list)  # ms
    mebibytes: float | None = None
    lost: float | None = None
    failures: list = dataclasses.field(default_factory=list)  # {case, why, repeat}
    not_run: dict = dataclasses.field(default_factory=dict)  # why -> cases
    seconds: float = 0.0

    @property
    def passed(self):
        return self.volume - self.failed

    def add(self, figures):
        self.volume += figures.volume
        self.failed += figures.failed
        if figures.milliseconds is not None:
            self.times.append(figures.milliseconds)
        if figures.mebibytes is not None:
            self.mebibytes = max(self.mebibytes or 0.0, figures.mebibytes)
        if figures.lost is not None:
            self.lost = max(self.lost or 0.0, figures.lost)

    def percentile(self, share):
        """Of the cases' times, by nearest rank; None without times."""
        if not self.times:
            return None
        ordered = sorted(self.times)
        return ordered[min(len(ordered) - 1, max(0, -int(-share * len(ordered) // 1) - 1))]

    def as_json(self):
        worst = {"ms": self.percentile(1), "ms_p50": self.percentile(0.5), "ms_p99": self.percentile(0.99), "MiB": self.mebibytes, "lost_s": self.lost}
        return {"row": self.number, "fault": self.fault, "unit": self.unit, "volume": self.volume, "passed": self.passed, "failed": self.failed,
                "worst": {key: round(value, 1) for key, value in worst.items() if value is not None}, "criterion": self.criterion,
                "not_run": self.not_run, "failures": self.failures, "seconds": round(self.seconds, 1)}
