"""Exact, fast fault injection for the weights of Keras networks.

    import tf_injector as fi

    model = fi.load_model("ResNet20.keras")            # or a live keras.Model
    faults = fi.FaultList.read("faults.csv")
    report = fi.run_campaign(model, fi.Dataset.cifar10(), faults)
    report.by_layer()

Scores and counts equal TensorFlow's in every bit. Neither TensorFlow nor Keras is needed or imported.
"""

import atexit as _atexit

from . import _core
from ._campaign import Progress, run_campaign
from ._check import CheckResult, LayerCheck, check
from ._compare import Comparison, compare
from ._dataset import Dataset, Normalization
from ._errors import (
    BadInput,
    Busy,
    DatasetError,
    DownloadFailed,
    Error,
    FaultListError,
    InternalError,
    ModelError,
    OutOfMemory,
    OutputError,
    ResumeRefused,
    SelfCheckFailed,
    Usage,
)
from ._estimate import Estimate, EstimateProgress, estimate, merge_estimates
from ._explain import Explanation
from ._faults import ExtendedFault, Fault, FaultList, FaultPart
from ._merge import merge
from ._model import FaultableTensor, Layer, Model, ModelInput, ModelOutput, load_model
from ._protect import ProtectionStudy, protect
from ._report import ChangedScores, Report, read_details, read_report
from ._statistics import Share, Statistics
from ._table import Table
from ._verify import Verification, verify

__version__ = _core.version()
_atexit.register(_core.stop_work)  # campaigns that daemon threads still run

__all__ = [
    "BadInput",
    "Busy",
    "ChangedScores",
    "CheckResult",
    "Comparison",
    "Dataset",
    "DatasetError",
    "DownloadFailed",
    "Error",
    "Estimate",
    "EstimateProgress",
    "Explanation",
    "ExtendedFault",
    "Fault",
    "FaultList",
    "FaultListError",
    "FaultPart",
    "FaultableTensor",
    "InternalError",
    "Layer",
    "LayerCheck",
    "Model",
    "ModelError",
    "ModelInput",
    "ModelOutput",
    "Normalization",
    "OutOfMemory",
    "OutputError",
    "Progress",
    "ProtectionStudy",
    "Report",
    "ResumeRefused",
    "SelfCheckFailed",
    "Share",
    "Statistics",
    "Table",
    "Usage",
    "Verification",
    "__version__",
    "check",
    "compare",
    "estimate",
    "load_model",
    "merge",
    "merge_estimates",
    "protect",
    "read_details",
    "read_report",
    "run_campaign",
    "verify",
]
