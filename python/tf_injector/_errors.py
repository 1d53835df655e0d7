"""Errors by kind, with the texts of the program."""

from . import _core


class Error(Exception):
    """Base of all errors of this package. `exit_code` is that of the program for the same problem."""

    exit_code = 1


class InternalError(Error, RuntimeError):
    """A mistake in tf_injector; please report it."""


class Usage(Error, ValueError):
    """Arguments that cannot be meant, whatever the files hold."""

    exit_code = 2


class BadInput(Error, ValueError):
    """A model, list, data set or report that cannot be used: says where, what was expected, what was found."""

    exit_code = 3


class ModelError(BadInput):
    """The model cannot be read, is damaged, or holds a layer that is not supported."""


class DatasetError(BadInput):
    """The data set is missing, damaged, or does not fit the model."""


class FaultListError(BadInput):
    """The fault list: one line per problem (place, what was expected, what was found), at most 100."""


class OutputError(Error, OSError):
    """A file or folder cannot be written."""

    exit_code = 4


class Busy(Error):
    """Another run owns the report."""

    exit_code = 5


class ResumeRefused(Error):
    """A report that is there belongs to another campaign: says what differs."""

    exit_code = 6


class SelfCheckFailed(Error):
    """A score differs from that of the plain evaluation."""

    exit_code = 7


class OutOfMemory(Error, MemoryError):
    """`memory`, or what is free, is less than the work needs."""

    exit_code = 8


class DownloadFailed(Error):
    """A test set cannot be fetched."""

    exit_code = 9


_core.set_error_types(
    {
        "internal": InternalError,
        "usage": Usage,
        "bad_input": BadInput,
        "ModelError": ModelError,
        "DatasetError": DatasetError,
        "FaultListError": FaultListError,
        "output": OutputError,
        "busy": Busy,
        "resume": ResumeRefused,
        "self_check": SelfCheckFailed,
        "out_of_memory": OutOfMemory,
        "download": DownloadFailed,
        "interrupted": InternalError,  # nothing but a signal stops the work, and that raises its own exception
    }
)
