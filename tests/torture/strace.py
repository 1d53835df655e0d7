"""System calls of the program, seen and made to fail by strace."""
import collections
import re

from torture import program

# What changes files. A name with ? may be unknown to the machine.
WRITERS = ("write", "pwrite64", "writev", "fsync", "fdatasync", "?rename", "?renameat", "renameat2", "ftruncate", "?mkdir", "mkdirat", "openat",
           "?unlink", "unlinkat", "?link", "linkat", "flock", "fallocate", "fchmod")
LINE = re.compile(r"^(\d+)\s+(?:([\d.]+)\s+)?(\w+)\((.*)$")


class Call:
    """One call: `place` is how many of its name its thread had made with it, which is how strace counts them."""

    def __init__(self, name, place, arguments):
        self.name, self.place, self.arguments = name, place, arguments

    @property
    def descriptor(self):
        found = re.match(r"(\d+)<", self.arguments)
        return int(found[1]) if found else None

    @property
    def label(self):
        return f"{self.name}:{self.place}"

    @property
    def changes_files(self):
        return self.name != "openat" or any(flag in self.arguments for flag in ("O_CREAT", "O_WRONLY", "O_RDWR"))


def words(calls, out, *more):
    """What stands before the program's command line."""
    return [program.need("strace", "strace"), "-f", "-q", "-y", "-ttt", "-s", "0", "-o", out, "-e", f"trace={','.join(calls)}", *more]


def lines_of(path):
    """(thread, time, name, rest of the line) of each call in a trace."""
    for line in path.read_text(errors="replace").splitlines():
        found = LINE.match(line)
        if found:
            yield found[1], float(found[2] or 0), found[3], found[4]


def calls_of(campaign, folder, names=WRITERS, more=()):
    """The calls of an undisturbed run; of a name and place once, whichever thread made it."""
    trace = folder.parent / f"{folder.name}.trace"
    ended = campaign.run(folder, *more, before=words(names, trace))
    if ended.code != program.DONE:
        raise program.Failed(f"under strace, {campaign.name} ends with {ended.describe()}")
    counts, seen = collections.Counter(), {}
    for thread, _, name, arguments in lines_of(trace):
        counts[thread, name] += 1
        call = Call(name, counts[thread, name], arguments)
        seen.setdefault(call.label, call)
    return list(seen.values())


def kill_at(call):
    return ["-e", f"inject={call.name}:signal=SIGKILL:when={call.place}"]


def fail_at(call, error, ever_after=False):
    return ["-e", f"inject={call.name}:error={error}:when={call.place}{'+' if ever_after else ''}"]


def aftermath(path):
    """What followed the first injected error in a trace: milliseconds until the end, and the calls (name, arguments)."""
    injected, calls, last = None, [], None
    for line in path.read_text(errors="replace").splitlines():
        stamp = re.match(r"\d+\s+(\d+\.\d+)", line)
        last = float(stamp[1]) if stamp else last
        found = LINE.match(line)
        if injected is not None and found:
            calls.append((found[3], found[4]))
        elif injected is None and "(INJECTED)" in line:
            injected = last
            calls.append((found[3], found[4]))
    return (1000 * (last - injected), calls) if injected is not None else (None, [])
