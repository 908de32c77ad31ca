"""What one student's process leaves, no other one sees; what the kernel keeps for it is bounded.

Two tables of harmless probes, which run in the sandbox: LETTERS, of which each is written by one
process and looked for by another, after it and beside it; and BOUNDS, which count how much of
something can be had, and stop early.
"""

from __future__ import annotations

import platform
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import pytest
from attacking import LINUX, texts
from conftest import LOCKED

from autograder.sandbox import Sandbox, Session, levels

PROBE = """
import builtins, ctypes, fcntl, os, resource, select, socket, struct, sys, threading, time
import _posixshmem
import numpy as np
kernel = ctypes.CDLL(None, use_errno=True)
shared = os.__file__
home = os.path.dirname(os.getcwd())
def attempt(function, *args):
    try:
        result = function(*args)
        return "no" if result == -1 else result
    except (OSError, ValueError):
        return "no"
def count(most, function):
    kept = []
    while len(kept) < most and (got := attempt(function)) != "no":
        kept.append(got)
    return len(kept), kept
def taken(path):
    fd = os.open(path, os.O_RDONLY)
    got = attempt(fcntl.flock, fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(fd)
    return got
def filled(ends, most=80):
    chunk, total = bytes(2**16), 0
    for end in ends:
        os.set_blocking(end, False)
        while total < most << 20 and (sent := attempt(os.write, end, chunk)) != "no":
            total += sent
    return total >> 20
def sockets(size):
    def pair():
        ours, theirs = socket.socketpair()
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, size)
        return ours, theirs
    kept = count(110, pair)[1]
    return filled([ours.fileno() for ours, _ in kept])
def pipes(size):
    def pair():
        theirs, ours = os.pipe()
        size and fcntl.fcntl(ours, 1031, size)  # F_SETPIPE_SZ
        return ours, theirs
    return filled([ours for ours, _ in count(110, pair)[1]])
def by_threads(each, threads=3):
    found = []
    def work():
        kernel.syscall(436, 200, 255, 2)  # close_range, CLOSE_RANGE_UNSHARE
        found.append(count(each, lambda: os.open("/dev/null", os.O_RDONLY))[0])
    for thread in [threading.Thread(target=work) for _ in range(threads)]:
        thread.start()
        thread.join()
    return sum(found)
def under_way():
    pair = socket.socketpair()
    return 200 * count(8, lambda: socket.send_fds(pair[0], [b"x"], [0] * 200))[0]
numbers = iter(range(10**6))
def file(folder):
    os.close(os.open(f"{folder}/{next(numbers)}-", os.O_CREAT))
def timer():
    return kernel.syscall(222, 1, None, ctypes.create_string_buffer(8))
def queue():
    return kernel.syscall(206, 1, ctypes.create_string_buffer(8))
def same_mode(path):
    return count(1, lambda: os.chmod(path, os.stat(path).st_mode & 0o7777))[0]
def keeps(lock):
    builtins.lock = lock
    return lock
"""
"""Harmless: what it asks for is little, given back at once, and nobody else's."""

BOTH, INNER = levels.LEVELS[1:], ("bubblewrap",)
"""Levels on which a student's files are read, or changed, are only those with namespaces."""
LETTERS = {
    "a file beside its folder": ("open('../letter', 'w')", "len(os.listdir('..'))", INNER),
    "a folder beside its folder": (
        "os.mkdir('../letter')",
        "os.path.exists(home + '/letter')",
        INNER,
    ),
    "a link beside its folder": (
        "os.symlink('letter', '../letter')",
        "os.path.lexists(home + '/letter')",
        INNER,
    ),
    "an attribute of the folder above": (
        "os.setxattr(home, f'user.{time.time_ns()}', b'x')",
        "os.listxattr(home)",
        INNER,
    ),
    "an attribute of its folder": (
        "os.setxattr('.', 'user.letter', b'x')",
        "os.listxattr('.')",
        INNER,
    ),
    "the times of the folder above": (
        "os.utime(home, (1, 1))",
        "os.stat(home).st_mtime == 1",
        INNER,
    ),
    "the mode of the folder above": (
        "os.chmod(home, 0o751)",
        "(oct(os.stat(home).st_mode), os.stat(home).st_uid)",
        INNER,
    ),
    "how often a shared file is read": (
        "open(shared).read()",
        "os.stat(shared).st_atime_ns",
        INNER,
    ),
    "how full the disk is": (
        "open('letter', 'wb').write(bytes(2**22))",
        "[(d.f_bfree, d.f_ffree) for d in map(os.statvfs, ('.', '..', '/'))]",
        INNER,
    ),
    "how full the disk above is": (
        "open('../letter', 'wb').write(bytes(2**22))",
        "os.statvfs('..').f_bfree",
        INNER,
    ),
    "the number of its folder": ("len(os.getcwd())", "os.getcwd()", INNER),
    "the number of its process": ("os.getpid()", "(os.getpid(), os.getppid())", INNER),
    "a lock on a shared file": (
        "fcntl.flock(keeps(open(shared)), fcntl.LOCK_EX)",
        "taken(shared)",
        INNER,
    ),
    "a lock on a shared folder": (
        "fcntl.flock(os.open('/', os.O_RDONLY), fcntl.LOCK_EX)",
        "taken('/')",
        INNER,
    ),
    "a lock on a device": (
        "fcntl.flock(keeps(open('/dev/null')), fcntl.LOCK_EX)",
        "taken('/dev/null')",
        INNER,
    ),
    "a record lock on a shared file": (
        "fcntl.lockf(keeps(open(shared)), fcntl.LOCK_SH)",
        "[*struct.unpack('hhqqi4x', fcntl.fcntl(open(shared), fcntl.F_GETLK,"
        " struct.pack('hhqqi4x', fcntl.F_WRLCK, 0, 0, 0, 0)))]",
        INNER,
    ),
    "a lease on a shared file": (
        "fcntl.fcntl(keeps(open(shared)), fcntl.F_SETLEASE, fcntl.F_RDLCK)",
        "fcntl.fcntl(open(shared), fcntl.F_GETLEASE)",
        INNER,
    ),
    "POSIX shared memory": (
        "_posixshmem.shm_open('/letter', os.O_CREAT | os.O_RDWR, 0o600)",
        "attempt(_posixshmem.shm_open, '/letter', os.O_RDONLY, 0)",
        INNER,
    ),
    "System V shared memory": (
        "kernel.shmget(0x1e77e5, 4096, 0o1600)",
        "kernel.shmget(0x1e77e5, 0, 0)",
        BOTH,
    ),
    "a message queue": ("kernel.msgget(0x1e77e5, 0o1600)", "kernel.msgget(0x1e77e5, 0)", BOTH),
    "a semaphore": ("kernel.semget(0x1e77e5, 1, 0o1600)", "kernel.semget(0x1e77e5, 0, 0)", BOTH),
    "a POSIX message queue": (
        "kernel.syscall(240, b'letter', os.O_CREAT | os.O_RDWR, 0o600, 0)",
        "kernel.syscall(240, b'letter', os.O_RDONLY, 0, 0)",
        BOTH,
    ),
    "an abstract socket": (
        "keeps(socket.socket(socket.AF_UNIX)).bind('\\0letter')",
        "attempt(lambda: socket.socket(socket.AF_UNIX).connect('\\0letter'))",
        BOTH,
    ),
    "a datagram to an abstract socket": (
        "kernel.syscall(49, keeps(socket.socketpair(type=socket.SOCK_DGRAM))[0].fileno(),"
        " struct.pack('H', 1) + b'\\0letter', 9)",
        "attempt(socket.socketpair(type=socket.SOCK_DGRAM)[0].sendto, b'?', '\\0letter')",
        BOTH,
    ),
    "a socket with a path": (
        "socket.socket(socket.AF_UNIX).bind('../letter')",
        "os.path.exists(home + '/letter')",
        INNER,
    ),
    "a key ring": (
        "kernel.syscall(248, b'user', b'letter', b'x', 1, -4)",
        "kernel.syscall(249, b'user', b'letter', None, -4)",
        BOTH,
    ),
    "the environment": (
        "os.environ.update(LETTER='x') or os.putenv('B', 'x')",
        "sorted(os.environ)",
        BOTH,
    ),
    "the mask of new files": ("os.umask(0o123)", "os.umask(0o77)", BOTH),
    "the builtins": ("builtins.__dict__.update(letter='x')", "hasattr(builtins, 'letter')", BOTH),
    "a module": ("sys.modules.update(letter=os)", "'letter' in sys.modules", BOTH),
    "a module's contents": ("setattr(np, 'letter', 'x')", "hasattr(np, 'letter')", BOTH),
    "the path of modules": ("sys.path.append('letter')", "'letter' in sys.path", BOTH),
    "what NumPy does about errors": ("np.seterr(all='raise')", "np.geterr()", BOTH),
    "how NumPy prints": ("np.set_printoptions(7)", "np.get_printoptions()", BOTH),
    "the niceness": ("os.nice(3)", "os.nice(0)", BOTH),
    "its limits": (
        "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))",
        "resource.getrlimit(resource.RLIMIT_CORE)",
        BOTH,
    ),
    "its open descriptors": (
        "[os.open('/dev/null', os.O_RDONLY) for _ in range(9)]",
        "[fd for fd in range(64) if attempt(os.fstat, fd) != 'no']",
        BOTH,
    ),
    "a signal's handler": (
        "__import__('signal').signal(10, __import__('signal').SIG_IGN)",
        "str(__import__('signal').getsignal(10))",
        BOTH,
    ),
    "the current folder": ("os.chdir('/')", "os.listdir('.')", BOTH),
}
"""What one process tries to leave, what another one looks at, and the levels that promise."""

BY_OTHERS = {
    "the number of its folder",
    "the number of its process",
    "how often a shared file is read",
    "a record lock on a shared file",
    "a lease on a shared file",
}
"""What a process cannot see of itself, or cannot choose."""


@pytest.fixture(scope="module", params=LOCKED)
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A sandbox for each level."""
    if not LINUX or platform.machine() != "x86_64":  # the probes use its system calls' numbers
        pytest.skip("the numbers of system calls are those of another machine")
    with Sandbox(request.param) as made:
        yield made


def looks(session: Session, code: str) -> str:
    """Run code in a student's process; return what came of its last line."""
    outputs = session.run(f"{PROBE}\nprint('came:', attempt(lambda: {code}))", 10)
    (came,) = re.findall("came: (.*)", "\n".join(texts(outputs))) or [""]
    assert came, outputs
    return came


@pytest.fixture
def start(sandbox: Sandbox) -> Iterator[Callable[[], Session]]:
    """Start processes, all of which are ended after the test."""
    with ExitStack() as ends:
        yield lambda: ends.enter_context(closing(sandbox.session()))


@pytest.mark.parametrize(("writes", "reads", "promised"), LETTERS.values(), ids=LETTERS)
@pytest.mark.parametrize("at_once", [False, True], ids=["after", "at once"])
def test_nothing_that_one_leaves_is_seen_by_another(
    sandbox: Sandbox,
    start: Callable[[], Session],
    writes: str,
    reads: str,
    promised: tuple[str, ...],
    at_once: bool,
) -> None:
    if sandbox.level not in promised or (at_once and sandbox.level != "bubblewrap"):
        pytest.skip("this level does not promise it")
    with closing(sandbox.session()) as first:
        before = looks(first, reads)
    writer = sandbox.session() if not at_once else start()
    looks(writer, writes)
    if not at_once:
        writer.close()
    assert looks(start(), reads) == before


BOUNDS = {
    "megabytes in sockets": ("sockets(1)", 64, BOTH),
    "megabytes in large sockets": ("sockets(2**22)", 64, BOTH),
    "megabytes in pipes": ("pipes(0)", 64, BOTH),
    "megabytes in large pipes": ("pipes(2**20)", 64, BOTH),
    "tables of descriptors": ("kernel.syscall(436, 200, 255, 2) + 1", 0, BOTH),
    "descriptors in threads": ("by_threads(150)", 256, BOTH),
    "descriptors under way": ("under_way()", 512, BOTH),
    "files": ("count(21_000, lambda: file('.'))[0]", 20_500, INNER),
    "files beside its folder": ("count(21_000, lambda: file('..'))[0]", 20_500, INNER),
    "megabytes of attributes": (
        "count(300, lambda: os.setxattr('.', f'user.{next(numbers)}', bytes(2**16)))[0] // 16",
        8,
        INNER,
    ),
    "watchers of files": ("count(8, lambda: kernel.inotify_init1(0))[0]", 0, BOTH),
    "timers of the kernel": ("count(100, timer)[0]", 64, BOTH),
    "timers that are files": ("count(300, lambda: kernel.timerfd_create(1, 0))[0]", 256, BOTH),
    "counters that are files": ("count(300, lambda: kernel.eventfd(0, 0))[0]", 256, BOTH),
    "watchers of descriptors": ("count(300, select.epoll)[0]", 256, BOTH),
    "queues of reads and writes": ("count(4, queue)[0]", 0, BOTH),
    "megabytes that are locked": (
        "count(20, lambda: kernel.mlock(ctypes.create_string_buffer(2**20), 2**20))[0]",
        16,
        BOTH,
    ),
    "modes of a device": ("same_mode('/dev/null')", 0, INNER),
    "owners of a device": ("count(1, lambda: os.chown('/dev/null', -1, -1))[0]", 0, INNER),
    "modes of a library": ("same_mode(shared)", 0, INNER),
}
"""A harmless probe, the most that it may come to, and the levels that promise."""


@pytest.mark.parametrize(("probe", "most", "promised"), BOUNDS.values(), ids=BOUNDS)
def test_what_the_kernel_keeps_for_a_student_is_bounded(
    sandbox: Sandbox,
    start: Callable[[], Session],
    probe: str,
    most: int,
    promised: tuple[str, ...],
) -> None:
    if sandbox.level not in promised:
        pytest.skip("this level does not promise it")
    came = looks(start(), probe)
    assert int(came.replace("no", "0")) <= most


@pytest.mark.parametrize("name", [name for name in LETTERS if name not in BY_OTHERS])
def test_letter_can_be_read_by_its_writer_where_it_can_be_written(
    sandbox: Sandbox, start: Callable[[], Session], name: str
) -> None:
    writes, reads, promised = LETTERS[name]
    if sandbox.level not in promised:
        pytest.skip("this level does not promise it")
    read, written = (f"attempt(lambda: {code})" for code in (reads, writes))
    came = looks(start(), f"(lambda a, b, c: (b != 'no', a != c))({read}, {written}, {read})")
    assert came in ("(True, True)", "(False, False)")
