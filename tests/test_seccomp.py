"""The filter of system calls: it says what its table says, honest notebooks run, the rest fails.

The program of both architectures is interpreted here. That of x86_64 runs in the sandbox as well;
that of aarch64 was never run by a kernel.
"""

from __future__ import annotations

import ctypes
import errno
import importlib.util
import platform
import struct
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import LOCKED

from autograder.sandbox import Died, Sandbox, levels
from autograder.sandbox.inside import seccomp

MACHINES = list(seccomp.ARCHITECTURES)
ALLOWED, KILLED, PRETENDED = "allowed", "killed", "does nothing, and says that it did"
LEVELS = [level for level in levels.LEVELS[1:] if not levels.lacks(level)]


def outcome(
    machine: str,
    number: int,
    *args: int,
    architecture: int | None = None,
    own_disk: bool = True,
) -> str:
    """Return what the kernel does with a call under the filter, told as an error's name."""
    if architecture is None:
        architecture = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}[machine]
    words = [arg & 0xFFFFFFFFFFFFFFFF for arg in (*args, *[0] * 6)[:6]]
    data = struct.pack("<IIQ6Q", number & 0xFFFFFFFF, architecture, 0, *words)
    lines = list(struct.iter_unpack("HBBI", seccomp.program(machine, own_disk)))
    at = held = 0
    while True:
        code, if_true, if_false, value = lines[at]
        at += 1
        match code:
            case 0x20:
                (held,) = struct.unpack_from("<I", data, value)
            case 0x54:
                held &= value
            case 0x15:
                at += if_true if held == value else if_false
            case 0x35:
                at += if_true if held >= value else if_false
            case 0x06 if value == 0x7FFF0000:
                return ALLOWED
            case 0x06 if value == 0x80000000:
                return KILLED
            case 0x06 if value == 0x50000:
                return PRETENDED
            case 0x06 if value & 0xFFFF0000 == 0x50000:
                return errno.errorcode[value & 0xFFFF]
            case _:
                pytest.fail(f"unknown line {code:#x} {value:#x}")


def numbers(machine: str) -> dict[str, int]:
    """Return the table's calls on an architecture."""
    column = MACHINES.index(machine)
    calls = {name: both for group in seccomp.ALLOWED.values() for name, both in group.items()}
    calls |= seccomp.PRETENDED | seccomp.UNSUPPORTED
    calls |= {n: both for n, (both, _) in seccomp.BY_ARGUMENT.items()}
    return {name: n for name, both in calls.items() if (n := both[column]) is not None}


@pytest.mark.parametrize("own_disk", [True, False])
@pytest.mark.parametrize("machine", MACHINES)
def test_every_number_is_answered_as_the_table_says(machine: str, own_disk: bool) -> None:
    names = {number: name for name, number in numbers(machine).items()}
    assert len(names) == len(numbers(machine))
    free = {name for group in seccomp.ALLOWED.values() for name in group}
    for number in range(1101):
        name = names.get(number)
        if name in seccomp.BY_ARGUMENT:
            continue  # asked below, with arguments
        expected = "EPERM" if number < 435 else "ENOSYS"
        if name:
            expected = ALLOWED if name in free else "ENOTSUP"
        not_own = () if own_disk else ("chmod", "fchmod", "fchmodat", "utimensat")
        if name in ("fadvise64", *not_own):
            expected = PRETENDED
        for args in ([0] * 6, [-1] * 6):
            given = outcome(machine, number, *args, own_disk=own_disk)
            assert given == expected, (number, name)


@pytest.mark.parametrize("machine", MACHINES)
def test_calls_of_another_architecture_are_refused(machine: str) -> None:
    for number in [*range(1101), 2**20]:
        for other in (number | 0x40000000, -number - 1, number | 0x80000000):  # x32, and beyond
            assert outcome(machine, other) == "EPERM"
    ours = seccomp.ARCHITECTURES[machine][1]
    others = [0x40000003, 0x40000028, 0, 0xFFFFFFFF, ours ^ 0x80000000]  # i386, ARM, none
    others += [a for _, a in seccomp.ARCHITECTURES.values() if a != ours]
    for other in others:
        assert outcome(machine, 0, architecture=other) == KILLED


THREAD, HIGH = 0x3D0F00, 2**32
GOOD: dict[str, list[tuple[int, ...]]] = {
    "clone": [(THREAD,), (THREAD, -1, -1, -1, -1), (THREAD | 0x400000,)],
    "futex": [(0, op, 1) for op in (0, 9, 128, 129, 137, 137 | 256, 131, 138, 129 | HIGH)],
    "madvise": [(0, 0, advice) for advice in (0, 4, 8, 14, 4 | HIGH)],
    "ioctl": [(1, 0x5401, -1), (1, 0x5421, -1), (1, 0x5401 | HIGH), (1, 0x541B)],
    "fcntl": [(3, command, -1) for command in (0, 1, 2, 3, 4, 1030, 1 | HIGH)],
    "prctl": [(15, -1), (16, -1)],
    "prlimit64": [(0, 7, 0, -1), (HIGH, 7, 0, -1)],
    "getsockopt": [(3, 1, option) for option in (3, 4, 7, 8, 30, 38, 39)],
    "sendto": [(3, -1, -1, flags, 0, 0) for flags in (0, 0x40, 0x4000)],
}
BAD: dict[str, list[tuple[int, ...]]] = {
    "clone": [
        *[(17,), (0,), (0x4111,), (THREAD | HIGH,), (THREAD | 17,), (-1,)],  # processes
        *[(THREAD ^ 1 << bit,) for bit in range(64) if bit != 22],  # shares less; CLONE_NEW...
    ],
    # FUTEX_LOCK_PI, WAIT_REQUEUE_PI and such; a wake or a requeue between processes
    "futex": [(0, op) for op in (6, 7, 11, 12, 13, 134, 139, 140, 1, 3, 4, 5, 10, 2, 1 | 256)],
    "madvise": [(0, 0, advice) for advice in (5, 9, 10, 12, 13, 16, 21, 100, 101, -1)],
    # TIOCSTI, FIOSETOWN, SIOCSPGRP, FIOASYNC, TIOCSPTLCK, TCSETS, FS_IOC_SETFLAGS, SIOCGIFCONF
    "ioctl": [
        (1, command)
        for command in (0x5412, 0x8901, 0x8902, 0x5452, 0x40045431, 0x5402, 0x40086602, 0x8912, 0)
    ],
    # locks, owners, signals, leases, notifications, pipes, seals
    "fcntl": [(3, c) for c in (*range(5, 17), *range(36, 39), 1024, 1026, 1031, 1033, 1036, -1)],
    # PDEATHSIG, DUMPABLE, SECCOMP, CAP_AMBIENT, PTRACER, MDWE, SET_MM, NO_NEW_PRIVS
    "prctl": [(o, 1) for o in (1, 4, 22, 47, 0x59616D61, 65, 35, 38, 0, 24, 36, -1)],
    "prlimit64": [(0, 7, 1), (0, 7, HIGH), (0, 7, -1), (1, 7, 0), (-1, 7, 0)],
    # SO_PEERCRED, SO_PEERSEC, SO_COOKIE, SO_NETNS_COOKIE, SO_PEERPIDFD, and other levels
    "getsockopt": [
        *[(3, 1, option) for option in (0, 1, 2, 5, 6, 9, 17, 31, 57, 71, 77, -1)],
        *[(3, level, 3) for level in (0, 2, 3, 5, 6, 9, 31, 37, 39, 41, -1)],
    ],
    "sendto": [
        *[(3, 0, 1, 0, address, 0) for address in (1, HIGH, -1)],
        *[(3, 0, 1, 0, 0, length) for length in (1, 110, -1)],
        *[(3, 0, 1, flag, 0, 0) for flag in (1, 4, 0x8000, 0x20000000, 0x4000000)],  # MSG_OOB...
    ],
}
"""Arguments with which a call is allowed, and with which it is not."""


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("name", seccomp.BY_ARGUMENT)
def test_arguments_decide(machine: str, name: str) -> None:
    number = numbers(machine)[name]
    assert GOOD[name] and BAD[name]
    for args in GOOD[name]:
        assert outcome(machine, number, *args) == ALLOWED, args
    for args in BAD[name]:
        assert outcome(machine, number, *args) == "EPERM", args


@pytest.mark.parametrize("name", seccomp.BY_ARGUMENT)
def test_a_requirement_more_or_less_is_noticed(name: str) -> None:
    _, words = seccomp.BY_ARGUMENT[name]
    number = numbers("x86_64")[name]
    for word in words:  # everything that is required is required by a bad case alone
        others = [other for other in words if other != word]
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(seccomp.BY_ARGUMENT, name, (seccomp.BY_ARGUMENT[name][0], others))
            assert any(outcome("x86_64", number, *args) == ALLOWED for args in BAD[name]), word


def test_a_jump_too_far_is_no_program(monkeypatch: pytest.MonkeyPatch) -> None:
    many = [seccomp.Word(0, tuple(range(300)))]
    monkeypatch.setitem(seccomp.BY_ARGUMENT, "ioctl", ((16, 29), many))
    with pytest.raises(struct.error):
        seccomp.program("x86_64")


DENIED = """
fork vfork clone3 execve execveat kill tkill tgkill rt_sigqueueinfo rt_tgsigqueueinfo ptrace
process_vm_readv process_vm_writev process_madvise pidfd_open pidfd_getfd pidfd_send_signal kcmp
wait4 waitid setsid setpgid setpriority sched_setaffinity sched_setattr sched_setparam
sched_setscheduler ioprio_set setrlimit setuid setgid setgroups setresuid setresgid setfsuid capset
socket connect bind listen accept accept4 sendmsg sendmmsg recvmsg recvmmsg setsockopt shutdown
shmget shmat shmctl semget semop msgget msgsnd mq_open memfd_create
timer_create timerfd_create eventfd2 signalfd4 inotify_init1 inotify_add_watch fanotify_init
io_uring_setup io_setup bpf perf_event_open userfaultfd keyctl add_key request_key
unshare setns mount umount2 pivot_root chroot open_tree move_mount fsopen fsmount mount_setattr
close_range openat2 name_to_handle_at open_by_handle_at link linkat mknod mknodat chown fchown
fchownat lchown flock splice tee vmsplice mlock mlock2 mlockall mincore mbind set_mempolicy
migrate_pages move_pages remap_file_pages personality seccomp landlock_create_ruleset
init_module finit_module delete_module kexec_load reboot swapon quotactl acct syslog sethostname
settimeofday clock_settime clock_adjtime adjtimex iopl ioperm modify_ldt arch_prctl lookup_dcookie
vhangup membarrier set_robust_list get_robust_list set_tid_address pkey_alloc
"""


@pytest.fixture(scope="module")
def resolve() -> Any:
    """Return libseccomp's own table: (architecture, name) -> number, negative where absent."""
    try:
        found = ctypes.CDLL("libseccomp.so.2").seccomp_syscall_resolve_name_arch
    except (OSError, AttributeError):
        pytest.skip("libseccomp.so.2, which knows the numbers, is not installed")
    found.argtypes = [ctypes.c_uint32, ctypes.c_char_p]
    return found


@pytest.mark.parametrize("machine", MACHINES)
def test_numbers_are_those_of_libseccomp(machine: str, resolve: Any) -> None:
    token = seccomp.ARCHITECTURES[machine][1]
    calls: dict[str, tuple[int, int | None]] = seccomp.PRETENDED | seccomp.UNSUPPORTED
    for group in seccomp.ALLOWED.values():
        calls |= group
    for name, (both, _) in seccomp.BY_ARGUMENT.items():
        calls[name] = both
    for name, both in calls.items():
        known = resolve(token, name.encode())
        assert both[MACHINES.index(machine)] == (known if known >= 0 else None), name
    assert resolve(token, b"clone3") == seccomp.FIRST_NEW


@pytest.mark.parametrize("machine", MACHINES)
def test_calls_that_nobody_honest_needs_are_denied(machine: str, resolve: Any) -> None:
    token = seccomp.ARCHITECTURES[machine][1]
    for name in DENIED.split():
        number = resolve(token, name.encode())
        assert number != -1, f"no call is named {name}"  # less: another architecture has it
        if number >= 0:
            assert outcome(machine, number) in ("EPERM", "ENOSYS"), name


def test_where_there_is_no_filter_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with pytest.raises(OSError, match=r"^there is no filter [^\n]+ riscv64$"):
        seccomp.filtering()
    monkeypatch.undo()
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(OSError, match=r"^there is no filter [^\n]+ darwin on "):
        seccomp.filtering()


# ---------------------------------------------------------------------------------------------
# In the real sandbox


@pytest.fixture(scope="module", params=LOCKED)
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A sandbox for each level that this machine has."""
    if not sys.platform.startswith("linux") or platform.machine() not in MACHINES:
        pytest.skip("there is no filter on this machine")
    with Sandbox(request.param) as made:
        yield made


HONEST = {
    "Python": """
import datetime, decimal, inspect, json, logging, math, pickle, platform, random, secrets
import statistics, time, timeit, uuid, warnings
secrets.token_hex(), uuid.uuid4(), random.random(), platform.platform()
start = time.monotonic()
time.sleep(0.01)
assert time.monotonic() > start and datetime.datetime.now(datetime.UTC).astimezone().year > 2000
time.time(), time.perf_counter(), time.process_time(), time.thread_time()
time.clock_getres(time.CLOCK_MONOTONIC)
with warnings.catch_warnings(record=True) as heard:
    warnings.simplefilter("always")
    warnings.warn("hear me")
assert len(heard) == 1
def plus_one(x):
    return x + 1
assert "x + 1" in inspect.getsource(plus_one)
timeit.timeit("1 + 1", number=1000)
assert json.loads(json.dumps([1])) == pickle.loads(pickle.dumps([1]))
""",
    "files": """
import csv, fcntl, gzip, io, json, mmap, os, pathlib, pickle, shutil, tarfile, tempfile, zipfile
here = pathlib.Path()
(here / "a" / "b").mkdir(parents=True)
(here / "a" / "t.txt").write_text("one\\ntwo\\n")
assert (here / "a" / "t.txt").read_text().splitlines() == ["one", "two"]
with open("x.csv", "w", newline="") as file:
    csv.writer(file).writerows([[1, 2], [3, 4]])
with open("x.csv", newline="") as file:
    assert list(csv.reader(file)) == [["1", "2"], ["3", "4"]]
with open("x.json", "w") as file:
    json.dump([1], file)
with open("x.pkl", "wb") as file:
    pickle.dump([1], file)
with open("x.csv", "r+b") as file:
    file.seek(0, 2), file.truncate(3), file.flush(), os.fsync(file.fileno())
    os.fdatasync(file.fileno()), os.posix_fallocate(file.fileno(), 0, 10)
shutil.copy("x.json", "y.json"), shutil.copy2("x.json", "z.json")
shutil.copyfile("x.json", "w.json"), shutil.copytree("a", "c"), shutil.move("c", "d")
assert (here / "d" / "t.txt").read_text() == "one\\ntwo\\n"
own_disk = os.getpid() == 1  # elsewhere nobody sets modes and times
assert not own_disk or os.stat("z.json").st_mtime == os.stat("x.json").st_mtime
shutil.rmtree("d"), os.rename("w.json", "v.json"), os.replace("v.json", "u.json")
os.remove("u.json"), os.makedirs("m/n"), os.removedirs("m/n")
os.truncate("x.csv", 1), os.chmod("x.csv", 0o600), os.utime("x.csv", (1, 1))
set_so = os.stat("x.csv").st_mode & 0o777 == 0o600 and os.path.getmtime("x.csv") == 1
assert set_so or not own_disk
os.symlink("x.csv", "l")
assert os.readlink("l") == "x.csv" and (here / "l").resolve().name == "x.csv"
(here / "touched").touch()
assert sorted(p.name for p in here.glob("x.*")) == ["x.csv", "x.json", "x.pkl"]
list(os.walk(".")), os.listdir("."), shutil.disk_usage("."), os.access("a", os.R_OK)
os.chdir("a"), os.getcwd(), os.chdir("..")
with tempfile.TemporaryDirectory() as folder:
    pathlib.Path(folder, "f").write_text("x")
with tempfile.NamedTemporaryFile("w+") as file:
    file.write("x"), file.seek(0)
    assert file.read() == "x"
with tempfile.TemporaryFile() as file:
    file.write(b"x")
with gzip.open("g.gz", "wt") as file:
    file.write("x")
shutil.make_archive("made", "zip", "a"), shutil.unpack_archive("made.zip", "out")
with tarfile.open("t.tar.gz", "w:gz") as file:
    file.add("a")
with tarfile.open("t.tar.gz") as file:
    # Python 3.11 has filters from 3.11.4 on
    file.extractall("out", **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
with open("x.json", "r+b") as file, mmap.mmap(file.fileno(), 0) as mapped:
    assert mapped[:1] == b"["
    mapped.flush()
with open("x.json", "rb") as file:
    os.close(os.dup(file.fileno())), os.close(os.dup2(file.fileno(), os.dup(file.fileno())))
os.isatty(1), os.umask(os.umask(0o22)), shutil.get_terminal_size()
os.getpid(), os.getuid(), os.cpu_count(), os.uname(), os.times(), os.urandom(3)
os.sched_getaffinity(0), os.sysconf("SC_PHYS_PAGES"), os.sched_yield()
""",
    "SQLite in memory": """
import sqlite3
with sqlite3.connect(":memory:") as book:
    book.execute("create table t (a)"), book.execute("insert into t values (1)"), book.commit()
    assert book.execute("select a from t").fetchall() == [(1,)]
""",
    "NumPy": """
import numpy as np
a = np.random.default_rng().normal(size=(200, 200))
np.linalg.inv(a), np.linalg.svd(a), np.linalg.eigh(a @ a.T), np.linalg.solve(a, a[0])
np.fft.fft2(a), np.random.rand(3)
np.save("a.npy", a), np.savez("a.npz", a=a), np.savez_compressed("b.npz", a=a)
assert (np.load("a.npy") == a).all() and (np.load("a.npz")["a"] == a).all()
mapped = np.memmap("m", float, "w+", shape=(100, 100))
mapped[:] = 1
mapped.flush()
assert np.memmap("m", float, "r", shape=(100, 100)).sum() == 10_000
assert np.load("a.npy", mmap_mode="r").shape == (200, 200)
np.savetxt("a.txt", a[:3]), np.loadtxt("a.txt"), np.genfromtxt("a.txt")
np.ones(4_000_000).tofile("raw")
assert np.fromfile("raw").sum() == np.ones(30_000_000).sum() * 4 / 30
""",
    "SciPy": """
import numpy as np
from scipy import fft, integrate, linalg, optimize, sparse, spatial, stats
import scipy.sparse.linalg
assert abs(optimize.minimize(lambda x: (x[0] - 1) ** 2, [0.0]).x[0] - 1) < 1e-4
optimize.curve_fit(lambda x, a: a * x, [1, 2, 3], [2, 4, 6]), optimize.linprog([1], [[-1]], [-1])
stats.norm.fit(stats.norm.rvs(size=100)), stats.ttest_ind([1, 2, 3], [2, 3, 5])
integrate.quad(np.sin, 0, 1), linalg.expm(np.eye(50))
fft.fft2(np.ones((256, 256)), workers=2)
sparse.linalg.spsolve(sparse.eye(5, format="csc"), np.ones(5))
spatial.cKDTree(np.random.rand(100, 2)).query(np.random.rand(10, 2), workers=2)
""",
    "matplotlib": """
%matplotlib inline
import matplotlib.pyplot as plt, numpy as np, os
plt.plot([1, 2], label="$x^2$"), plt.title("a title"), plt.legend()
for kind in ("png", "svg", "pdf"):
    plt.savefig(f"p.{kind}")
    assert os.path.getsize(f"p.{kind}") > 1000
plt.show()
plt.imshow(plt.imread("p.png"))
""",
    "sklearn": """
import joblib, warnings
from sklearn import cluster, datasets, decomposition, ensemble, linear_model, model_selection, svm
x, y = datasets.load_iris(return_X_y=True)
warnings.simplefilter("ignore")  # joblib warns that it has no processes
for model in (linear_model.LogisticRegression(max_iter=500), svm.SVC(),
              ensemble.RandomForestClassifier(10, n_jobs=2),
              ensemble.HistGradientBoostingClassifier(max_iter=3)):
    assert model.fit(x, y).score(x, y) > 0.9
cluster.KMeans(3, n_init=2).fit(x), decomposition.PCA(2).fit_transform(x)
model_selection.cross_val_score(linear_model.LinearRegression(), x, y, n_jobs=2)
joblib.dump(model, "model"), joblib.load("model")
""",
    "pandas": """
import pandas as pd
d = pd.DataFrame({"a": [1, 2, 3], "b": list("xyz"), "t": pd.date_range("2020", periods=3)})
d.to_csv("d.csv"), d.to_json("d.json", date_format="iso"), d.to_pickle("d"), d.plot()
assert list(pd.read_csv("d.csv", memory_map=True)["a"]) == list(pd.read_pickle("d")["a"])
d.groupby("b").sum(numeric_only=True), d.merge(d, on="a"), d.describe()
""",
    "threads": """
import concurrent.futures, queue, threading, time, numpy as np
with concurrent.futures.ThreadPoolExecutor(4) as pool:
    assert list(pool.map(lambda n: n * n, range(5))) == [0, 1, 4, 9, 16]
event, lock, waiting = threading.Event(), threading.Lock(), queue.Queue()
threading.Timer(0.01, event.set).start()
assert event.wait(5) and lock.acquire(timeout=1) and not lock.acquire(timeout=0.01)
done = []
workers = [threading.Thread(target=lambda: done.append(np.ones((300, 300)) @ np.ones(300)))
           for _ in range(8)]
for worker in workers: worker.start()
for worker in workers: worker.join()
assert len(done) == 8
""",
    "BLAS threads": """
import numpy as np, glob, ctypes, os
for file in glob.glob(os.path.dirname(np.__file__) + ".libs/*openblas*"):
    library = ctypes.CDLL(file)
    for name in ("scipy_openblas_set_num_threads64_", "openblas_set_num_threads"):
        if hasattr(library, name):
            getattr(library, name)(2)
assert (np.ones((600, 600)) @ np.ones((600, 600)) == 600).all()
""",
    "await": """
import asyncio, threading, time
async def later(n):
    await asyncio.sleep(0.01)
    return n
assert await asyncio.gather(later(1), later(2)) == [1, 2]
await asyncio.to_thread(time.sleep, 0.01)
try:
    await asyncio.wait_for(asyncio.sleep(5), 0.01)
    raise AssertionError
except TimeoutError:
    pass
found = []
thread = threading.Thread(target=lambda: found.append(asyncio.run(later(3))))
thread.start()
thread.join()
assert found == [3]
""",
    "IPython": """
from IPython.display import HTML, Markdown, clear_output, display
display(HTML("<b>x</b>"), Markdown("*x*"))
%timeit -n 10 -r 2 1 + 1
%time sum(range(10))
%pwd
%cd .
print?
""",
    "a module of one's own": """
get_ipython().run_cell_magic("writefile", "own.py", "def f():\\n    return 1\\n")
import own, importlib
importlib.reload(own)
assert own.f() == 1
%run own.py
""",
    "alarms": """
import signal, time
def late(*_):
    raise TimeoutError
signal.signal(signal.SIGALRM, late)
for setting in (lambda: signal.alarm(1), lambda: signal.setitimer(signal.ITIMER_REAL, 0.05)):
    setting()
    try:
        time.sleep(20)
        raise AssertionError
    except TimeoutError:
        pass
""",
    "waiting": """
import selectors, socket
ours, theirs = socket.socketpair()
ours.send(b"x")
assert theirs.recv(1) == b"x"
for kind in (selectors.EpollSelector, selectors.PollSelector, selectors.SelectSelector):
    with kind() as selector:
        selector.register(ours, selectors.EVENT_WRITE)
        assert selector.select(1)
theirs.setblocking(False), ours.close(), theirs.close()
""",
    "limits": """
import ctypes, gc, resource, sys, tracemalloc
resource.getrlimit(resource.RLIMIT_AS), resource.getrusage(resource.RUSAGE_SELF)
tracemalloc.start(), [0] * 1000, tracemalloc.take_snapshot(), tracemalloc.stop()
def deep(n):
    return deep(n - 1)
for call, error in ((lambda: deep(0), RecursionError), (lambda: [0] * 10**10, MemoryError)):
    try:
        call()
        raise AssertionError
    except error:
        pass
assert ctypes.CFUNCTYPE(ctypes.c_int)(lambda: 1)() == 1
""",
}
"""What an honest notebook may hold, by what it is about."""


def run(sandbox: Sandbox, code: str, seconds: float = 60) -> list[dict[str, Any]]:
    """Run a cell in a process of its own."""
    session = sandbox.session()
    try:
        return session.run(code, seconds)
    finally:
        session.close()


@pytest.mark.parametrize("about", HONEST)
def test_honest_notebook_runs(sandbox: Sandbox, about: str) -> None:
    if about in ("sklearn", "pandas") and not importlib.util.find_spec(about):
        pytest.skip(f"{about} is not installed")
    outputs = run(sandbox, HONEST[about] + "print('and all was well')\n")
    assert not [o for o in outputs if o["output_type"] == "error"], outputs
    told = "".join(o["text"] for o in outputs if o["output_type"] == "stream")
    assert told.endswith("and all was well\n")
    drawn = [o for o in outputs if "image/png" in o.get("data", {})]
    assert len(drawn) == {"matplotlib": 2, "pandas": 1}.get(about, 0)


@pytest.mark.parametrize(
    "code",
    [
        "%%bash\nls",
        "import subprocess\nsubprocess.run(['ls'])",
        "import os\nos.fork()",
        "import multiprocessing\nmultiprocessing.Pool(2)",
        "import socket\nsocket.create_connection(('127.0.0.1', 9))",
    ],
)
def test_what_needs_more_fails_with_one_error_and_the_notebook_goes_on(
    sandbox: Sandbox, code: str
) -> None:
    session = sandbox.session()
    outputs = session.run(code, seconds=10)
    assert [o["ename"] for o in outputs if o["output_type"] == "error"], outputs
    assert session.run("6 * 7", seconds=10)[-1]["data"]["text/plain"] == "42"
    session.close()


ENDS = {
    "os.abort": "import os\nos.abort()",
    "a null pointer": "import ctypes\nctypes.string_at(0)",
    "os._exit": "import os\nos._exit(3)",
    "an abort in a thread": "import os, threading\nt = threading.Thread(target=os.abort)\n"
    "t.start()\nt.join()",
}


@pytest.mark.parametrize("way", ENDS)
def test_a_process_that_crashes_is_gone_at_once(sandbox: Sandbox, way: str) -> None:
    with pytest.raises(Died) as died:
        run(sandbox, ENDS[way], seconds=20)
    assert not died.value.too_slow
    assert run(sandbox, "6 * 7")[-1]["data"]["text/plain"] == "42"


PROBES: dict[str, tuple[int, ...]] = {
    "fcntl F_SETLK": (72, -1, 6, 0),
    "fcntl F_OFD_SETLK": (72, -1, 37, 0),
    "fcntl F_SETOWN": (72, -1, 8, 0),
    "fcntl F_SETPIPE_SZ": (72, -1, 1031, 4096),
    "ioctl TIOCSTI": (16, -1, 0x5412, 0),
    "ioctl TIOCGPTN": (16, -1, 0x80045430, 0),
    "prctl PR_SET_DUMPABLE": (157, 4, 9),
    "prlimit64 to write": (302, 0, 99, 1, 0),
    "prlimit64 of another": (302, 99999, 99, 0, 0),
    "socketpair": (53, 1, 1, 0, 0),
    "pipe2": (293, 0, 0),
    "sendto an address": (44, -1, 0, 0, 0, 1, 16),
    "sendto out of band": (44, -1, 0, 0, 1, 0, 0),
    "futex with priority": (202, 0, 6, 0),
    "madvise MADV_MERGEABLE": (28, 0, 0, 12),
    "clone with less shared": (56, 0x3D0B00 | 2**40),
    "flock": (73, -1, 2),
    "inotify_init1": (294, -1),
    "timerfd_create": (283, -1, -1),
    "timer_create": (222, -99, 0, 0),
    "eventfd2": (290, 0, -1),
    "signalfd4": (289, -1, 0, 0, 0),
    "memfd_create": (319, 0, -1),
    "shmget": (29, 0, 0, 0),
    "semget": (64, 0, -1, 0),
    "msgctl": (71, -1, 2, 0),
    "mq_unlink": (241, 0),
    "sendmsg": (46, -1, 0, 0),
    "recvmsg": (47, -1, 0, 0),
    "setsockopt": (54, -1, 1, 7, 0, 0),
    "mlock": (149, 0, 0),
    "mincore": (27, 0, 0, 0),
    "mbind": (237, 0, 0, 0, 0, 0, 0),
    "splice": (275, -1, 0, -1, 0, 0, 0),
    "link": (86, 0, 0),
    "mknod": (133, 0, 0, 0),
    "chown": (92, 0, -1, -1),
    "unshare": (272, 0),
    "personality": (135, 0xFFFFFFFF),
    "kill": (62, 99999, 0),
    "x32": (0x40000000 + 39,),
}
"""Calls of x86_64 that hurt nobody and give no EPERM of their own: their files, places or flags
are none."""
MISSING = {
    "clone3": (435, 0, 0),
    "close_range": (436, 5000, 4000, 0),
    "openat2": (437, -1, 0, 0, 0),
}
UNSUPPORTED = {"listxattr": (194, 0, 0, 0), "setxattr": (188, 0, 0, 0, 0, 0)}
PRETENDS = {"fadvise64": (221, -1, 0, 0, 4)}
"""Of a file that is not open: the kernel itself would say so."""
ASKS = """
import ctypes
kernel = ctypes.CDLL(None, use_errno=True)
found = {}
for name, call in probes.items():
    ctypes.set_errno(0)
    found[name] = kernel.syscall(*map(ctypes.c_long, call)), ctypes.get_errno()
found
"""


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the probes are calls of x86_64")
def test_denied_calls_fail_in_the_sandbox(sandbox: Sandbox) -> None:
    probes = PROBES | MISSING | UNSUPPORTED | PRETENDS
    outputs = run(sandbox, f"probes = {probes!r}\n{ASKS}")
    expected = dict.fromkeys(PROBES, (-1, errno.EPERM))
    expected |= dict.fromkeys(MISSING, (-1, errno.ENOSYS))
    expected |= dict.fromkeys(UNSUPPORTED, (-1, errno.EOPNOTSUPP)) | {"fadvise64": (0, 0)}
    assert eval(outputs[-1]["data"]["text/plain"]) == expected


def test_a_filter_that_the_kernel_refuses_is_an_error(sandbox: Sandbox) -> None:
    outputs = run(sandbox, "import inside.seccomp\ninside.seccomp.filtering()()")
    (error,) = [o for o in outputs if o["output_type"] == "error"]
    assert (error["ename"], error["evalue"]) == (
        "PermissionError",
        "[Errno 1] the kernel takes no filter of system calls",
    )
