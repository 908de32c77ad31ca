"""What each isolation level promises, and that nothing of a student's runs where it does not hold.

No code here harms a machine that does not hold it back: what it touches is a private folder, or a
device's mode, which is set to what it is.
"""

from __future__ import annotations

import os
import re
import shutil
import site
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT

from autograder.sandbox import NoSandbox, Sandbox, Session, levels
from autograder.sandbox.inside import landlock
from autograder.sandbox.inside.lock import PAIRS

HERE = [level for level in levels.LEVELS if not levels.lacks(level)]
LOCKED = [level for level in HERE if level != "unprotected"]
BOXED = [level for level in HERE if level.startswith("bubblewrap")]
ALONE = [level for level in HERE if level == "bubblewrap"]
PRIVILEGED = [
    level for level in LOCKED if level in ALONE or (level, os.geteuid()) == ("process", 0)
]


@pytest.fixture
def sandbox(level: str) -> Iterator[Sandbox]:
    with Sandbox(level) as made:
        yield made


def shown(session: Session, code: str) -> str:
    """Return what a cell shows as text."""
    given = session.run(code, seconds=20)
    return "".join(
        str(output.get("text") or output.get("data", {}).get("text/plain") or output.get("evalue"))
        for output in given
    )


# Fails closed


SPOILED: dict[str, tuple[str, str, str, str, list[str]]] = {
    "filter allows everything": (
        "seccomp.py", r"code = program\(.*\)", "code = struct.pack('HBBI', 6, 0, 0, 0x7FFF0000)",
        "start another process", LOCKED,
    ),
    "filter is refused": (
        "seccomp.py", r"code = program\(.*\)", "code = bytes(8)", "filter", LOCKED,
    ),
    "no filter for this machine": (
        "seccomp.py", r"platform\.machine\(\)", "'vax'", "there is no filter", LOCKED,
    ),
    "filter is not put on": (
        "lock.py", r"self\._filter\(\)", "pass", "start another process", LOCKED,
    ),
    "limit that the system has not": (
        "lock.py", '"RLIMIT_CORE"', '"RLIMIT_NONE"', "RLIMIT_NONE cannot be set", LOCKED,
    ),
    "limit that is refused": (
        "lock.py", r'"RLIMIT_CPU": 120', '"RLIMIT_CPU": 1.5', "RLIMIT_CPU|integer", LOCKED,
    ),
    "limit that changes nothing": (
        "lock.py", r"resource\.setrlimit\(.*\)", "pass", "RLIMIT_AS cannot be set", LOCKED,
    ),
    "privilege is kept": (
        "namespaces.py", r'call\("capset".*\)', "pass", "privilege is left", PRIVILEGED,
    ),
    "files are not held back": (
        "landlock.py", r'call\("syscall", RESTRICT.*\)', "pass", "could", ["process"],
    ),
    "folders are held back, the libraries' are not": (
        "landlock.py", "LOOK = ", "LOOK = WRITE | 1 << 8 | ", "write into", ["process"],
    ),
    "no Landlock": ("landlock.py", "NEEDED = 3", "NEEDED = 99", "Landlock", ["process"]),
    "no processes of its own": (
        "namespaces.py", r'call\("unshare", PROCESSES\)', "pass", "other processes", ALONE,
    ),
    "no mounts of its own": (
        "namespaces.py", r'call\("unshare", MOUNTS.*\)', "pass", "others' disk", ALONE,
    ),
    "no disk of its own": (
        "namespaces.py", r'call\("mount", b"tmpfs".*\)', "pass", "others' disk", ALONE,
    ),
    "namespace is refused": (
        "namespaces.py", r'call\("unshare", MOUNTS', 'call("unshare", 1', "not permitted", ALONE,
    ),
    "devices can be changed": (
        "lock.py", r"namespaces\.shield_devices\(\)", "pass", "change a device",
        ALONE if os.geteuid() == 0 else [],
    ),
    "refused only after the trial": (
        "zygote.py", r"if trial:", "if not trial: raise OSError('no more')\n        if trial:",
        "cannot lock a student's process in: no more", HERE,
    ),
    "an error that nobody thought of": (
        "zygote.py", r"if trial:", "if not trial: 1 / 0\n        if trial:",
        "cannot lock a student's process in: division by zero", HERE,
    ),
    "killed only after the trial": (
        "zygote.py", r"if trial:", "if not trial: os._exit(9)\n        if trial:",
        "starts no process", HERE,
    ),
    "killed in the trial": (
        "zygote.py", r"if trial:", "if trial:\n            os._exit(9)",
        "before it is locked in", HERE,
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("level", "name"),
    [(level, name) for name, (*_, where) in SPOILED.items() for level in where if level in HERE],
)
def test_nothing_runs_where_a_protection_fails(
    level: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, old, new, says, _ = SPOILED[name]
    inside = shutil.copytree(levels.INSIDE, tmp_path / "inside")
    whole = (inside / file).read_text()
    spoiled, found = re.subn(old, new.replace("\\", r"\\"), whole)
    assert found
    (inside / file).write_text(spoiled)
    monkeypatch.setattr(levels, "INSIDE", inside)
    ran = tmp_path / "ran"
    with pytest.raises(NoSandbox, match=says) as told, Sandbox(level) as sandbox:
        session = sandbox.session()
        session.run(f"open({str(ran)!r}, 'w')", seconds=5)
        pytest.fail("a student's cell has run")
    assert not ran.exists() and "\n" not in str(told.value) and str(told.value).startswith(level)


@pytest.mark.parametrize("level", HERE)
def test_the_same_cell_runs_where_all_holds(sandbox: Sandbox) -> None:
    assert shown(sandbox.session(), "1 + 1") == "2"


# Which level there is


@pytest.fixture
def unknown() -> Iterator[None]:
    levels.lacks.cache_clear()
    yield
    levels.lacks.cache_clear()


def without_privilege(level: str, locked_in: Any = levels.locked_in) -> list[str]:
    """Return bubblewrap whose kernel will refuse namespaces inside of namespaces."""
    return ["CAP_KILL" if part == "CAP_SYS_ADMIN" else part for part in locked_in(level)]


@pytest.mark.parametrize("level", ALONE)
def test_namespaces_for_all_together_are_a_level_of_their_own(
    unknown: None, level: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(levels, "locked_in", without_privilege)
    best, why = levels.best()
    assert best == "bubblewrap-shared" and "inside of namespaces" in why
    with pytest.raises(NoSandbox, match=r"namespaces inside of namespaces.*bubblewrap-shared"):
        Sandbox(level)
    monkeypatch.setattr(levels, "lacks", lambda _: "")  # the zygote sees for itself
    with pytest.raises(NoSandbox, match=r"bubblewrap does not start: mount is not permitted"):
        Sandbox(level)


def test_a_level_says_what_it_lacks(unknown: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    best, why = levels.best()
    assert (best, "apt-get" in why) == ("process" if "process" in HERE else "unprotected", True)
    levels.lacks.cache_clear()
    monkeypatch.setattr(landlock, "version", lambda: landlock.NEEDED - 1)
    best, why = levels.best()
    assert best == "unprotected" and "apt-get" in why and "Landlock" in why
    levels.lacks.cache_clear()
    monkeypatch.setattr(sys, "platform", "darwin")
    assert levels.best()[0] == "unprotected" and "Linux only" in levels.best()[1]
    for level in levels.LEVELS[1:]:
        with pytest.raises(NoSandbox, match="Linux only"):
            levels.settle(level)
    with pytest.raises(NoSandbox, match=r"Linux only.*--level unprotected"):
        Sandbox()


def test_a_level_that_does_not_exist() -> None:
    with pytest.raises(NoSandbox, match=r"no isolation level 'padlock'.*unprotected, process"):
        Sandbox("padlock")


# One after the other, or each in a world of its own


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="no such call here")
@pytest.mark.parametrize("level", HERE)
def test_a_student_has_one_processor_and_comes_last(sandbox: Sandbox) -> None:
    """Hundreds of threads would else take the time of the others who are graded meanwhile."""
    before = os.sched_getaffinity(0)
    session = sandbox.session()
    assert shown(session, "import os; len(os.sched_getaffinity(0))") == "1"
    assert os.sched_getaffinity(0) == before
    if sandbox.level in LOCKED:
        more = shown(session, "os.sched_setaffinity(0, range(64))")
        assert "Operation not permitted" in more


@pytest.mark.parametrize("level", [level for level in HERE if level not in ALONE])
def test_one_student_at_a_time_where_they_share_a_world(sandbox: Sandbox) -> None:
    first = sandbox.session()
    with pytest.raises(NoSandbox, match="one at a time"):
        sandbox.session()
    first.close()
    assert shown(sandbox.session(), "1 + 1") == "2"


APART = """
seen = [name for _, _, names in os.walk("..") for name in names]
disk = os.statvfs(".")
(os.getpid(), os.getppid(), seen, disk.f_bavail * disk.f_bsize >> 20, disk.f_files)
"""


@pytest.mark.parametrize("level", ALONE)
def test_two_students_at_once_share_nothing(sandbox: Sandbox) -> None:
    first, second = sandbox.session(), sandbox.session()
    first.run("open('letter', 'wb').write(bytes(2**25))", seconds=10)
    assert shown(second, "import os" + APART) == "(1, 0, [], 128, 20480)"


LETTERS = """
import fcntl, os, signal, socket, tempfile
def attempt(function, *args, **keywords):
    try:
        function(*args, **keywords)
    except OSError:
        pass
here = os.getcwd()
for place in (".", "..", *PLACES):
    for name in ("letter", "work/letter"):
        attempt(lambda: open(os.path.join(place, name), "w").write("letter"))
    attempt(os.mkdir, os.path.join(place, "letters"))
    attempt(os.symlink, "letter", os.path.join(place, "link"))
    attempt(os.setxattr, place, "user.letter", b"letter")
    attempt(os.utime, place, (4e9, 1))  # reading does not move a time that is to come
    attempt(os.chmod, place, 0o777)
    attempt(lambda: fcntl.flock(os.open(place, os.O_RDONLY), fcntl.LOCK_EX))
attempt(os.dup2, os.open("letter", os.O_CREAT), 77)
os.environ["LETTER"] = tempfile.tempdir = "letter"
os.umask(0o123)
signal.signal(signal.SIGUSR1, signal.SIG_IGN)
signal.setitimer(signal.ITIMER_REAL, 12345)
os.chdir("/")
import builtins, sys, numpy
builtins.letter = sys.letter = numpy.letter = "letter"
print(sorted(os.listdir(here)))
"""
FINDS = """
import builtins, os, signal, sys, numpy, tempfile
found = []
for place in (".", "..", *PLACES):
    about = os.stat(place)
    found += [(place, time) for time in (about.st_mtime, about.st_atime) if time == 4e9]
    found += [(place, about.st_mode)] * (about.st_mode & 0o777 == 0o777)
    for read in (os.listdir, os.listxattr):
        try:
            found += [(place, name) for name in read(place) if name not in KNOWN]
        except OSError:
            pass
found += ["LETTER" in os.environ] * ("LETTER" in os.environ) + [tempfile.tempdir] * (
    tempfile.tempdir == "letter")
old = os.umask(0o077)
found += [("umask", old)] * (old != 0o077)
found += [signal.getsignal(signal.SIGUSR1)] * (signal.getsignal(signal.SIGUSR1) != signal.SIG_DFL)
found += [signal.getitimer(signal.ITIMER_REAL)] * any(signal.getitimer(signal.ITIMER_REAL))
found += [m for m in (builtins, sys, numpy) if hasattr(m, "letter")]
def opened(fd):
    try:
        return bool(os.fstat(fd))
    except OSError:
        return False
found += [fd for fd in range(4, 128) if opened(fd)][1 + 2 * PAIRS:]
print("found", found)
"""


@pytest.mark.parametrize("level", LOCKED)
def test_no_student_can_leave_a_letter_for_the_next(sandbox: Sandbox) -> None:
    boxed = sandbox.level in BOXED
    # what is not our own is tried only where it is a world apart: elsewhere it is the machine's
    places = ["/", "/dev", "/sandbox", "/sandbox/inside", "/scratch"] if boxed else []
    known = ["work", "stderr"]
    if boxed:
        known += ["bin", "dev", "scratch", "sandbox", "inside", "null", "zero", "random", "urandom"]
        known += [path.parts[1] for path in levels.libraries()] + os.listdir(levels.INSIDE)
    told = f"PLACES, KNOWN, PAIRS = {places}, {known}, {PAIRS}\n"
    for _ in range(2):
        first = sandbox.session()
        assert "letter" in shown(first, told + LETTERS)
        first.close()
        second = sandbox.session()
        assert shown(second, told + FINDS) == "found []\n"
        second.close()


def test_a_letter_would_be_found(tmp_path: Path) -> None:
    """The two halves of the test above, in one process and one private folder."""
    told = "PLACES, KNOWN, PAIRS = [], ['work'], 0\n"
    (tmp_path / "work").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", told + LETTERS + "os.chdir(here)\n" + FINDS],
        cwd=tmp_path / "work", capture_output=True, text=True,
    )  # fmt: skip
    assert not done.returncode, done.stderr
    for kind in (
        "'letter'",
        "'letters'",
        "'user.letter'",
        "4000000000.0",
        "True",
        "umask",
        "numpy",
    ):
        assert kind in done.stdout


DESCRIPTORS = """
import os, socket, stat
def kind(fd):
    try:
        about = os.fstat(fd)
    except OSError:
        return []
    null = os.path.samestat(about, os.stat(os.devnull))
    return ["null" if null else "socket" if stat.S_ISSOCK(about.st_mode) else fd]
from inside.lock import PAIRS
pairs = [end for _ in range(PAIRS) for end in socket.socketpair()]  # both ends of these are its own
for end in pairs:
    end.close()
[found for fd in range(128) for found in kind(fd)]
"""


@pytest.mark.parametrize("level", HERE)
def test_one_descriptor_leads_out(sandbox: Sandbox) -> None:
    assert shown(sandbox.session(), DESCRIPTORS) == "['null', 'null', 'null', 'socket']"


# What is held back


REACHES = """
import os, socket
out, done = OUTSIDE, []
def attempt(name, way):
    try:
        way()
    except OSError:
        return
    done.append(name)
attempt("read", lambda: open(out + "/file").read())
os.symlink(out + "/file", "way out")
attempt("read by a link", lambda: open("way out").read())
attempt("read by climbing", lambda: open("../" * 20 + out + "/file").read())
attempt("list", lambda: os.listdir(out))
attempt("write", lambda: open(out + "/file", "r+"))
attempt("append", lambda: open(out + "/file", "a"))
attempt("empty", lambda: open(out + "/file", "w"))
attempt("empty while reading", lambda: os.open(out + "/file", os.O_RDONLY | os.O_TRUNC))
attempt("empty by path", lambda: os.truncate(out + "/file", 0))
attempt("make a file", lambda: open(out + "/new", "w"))
attempt("make a nameless file", lambda: os.open(out, os.O_TMPFILE | os.O_WRONLY))
attempt("make a folder", lambda: os.mkdir(out + "/made"))
attempt("make a link", lambda: os.symlink("file", out + "/link"))
attempt("make a pipe", lambda: os.mkfifo(out + "/pipe"))
attempt("link out", lambda: os.link("own", out + "/linked"))
attempt("link in", lambda: os.link(out + "/file", "linked"))
attempt("move in", lambda: os.rename(out + "/file", "moved"))
attempt("move out", lambda: os.rename("own", out + "/moved"))
attempt("rename", lambda: os.rename(out + "/file", out + "/renamed"))
attempt("remove", lambda: os.remove(out + "/file"))
attempt("remove a folder", lambda: os.rmdir(out + "/folder"))
attempt("the grader's memory", lambda: open("/proc/%d/mem" % GRADER, "rb"))
attempt("its own memory as a file", lambda: open("/proc/self/mem", "rb"))
attempt("the grader's environment", lambda: open("/proc/%d/environ" % GRADER, "rb"))
attempt("processes", lambda: os.listdir("/proc"))
attempt("shared memory", lambda: os.open("/dev/shm", os.O_TMPFILE | os.O_WRONLY))
attempt("a signal", lambda: os.kill(GRADER, 0))
attempt("a process", lambda: os.fork() or os._exit(0))
attempt("a socket", lambda: socket.socket(socket.AF_UNIX))
attempt("the course", lambda: open(PACKAGE + "/losses.py"))
print("done", done)
"""


@pytest.mark.parametrize("level", LOCKED)
def test_a_student_reaches_nothing_outside(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("a secret")
    told = f"OUTSIDE, GRADER, PACKAGE = {str(tmp_path)!r}, {os.getpid()}, {str(levels.PACKAGE)!r}\n"
    own = "open('own', 'w').write('mine')\n"
    assert shown(sandbox.session(), told + own + REACHES).endswith("done []\n")
    assert sorted(os.listdir(tmp_path)) == ["file", "folder"]
    assert (tmp_path / "file").read_text() == "a secret"


LIBRARY = """
import os
done = []
for way in (
    lambda: open(OUTSIDE + "/file", "r+"),
    lambda: os.open(OUTSIDE + "/file", os.O_TRUNC),
    lambda: os.truncate(OUTSIDE + "/file", 0),
    lambda: open(OUTSIDE + "/new", "w"),
    lambda: os.remove(OUTSIDE + "/file"),
    lambda: os.rmdir(OUTSIDE + "/folder"),
    lambda: os.rename(OUTSIDE + "/file", OUTSIDE + "/renamed"),
    lambda: os.rename(OUTSIDE + "/folder", "moved"),
):
    try:
        done.append(way())
    except OSError:
        pass
(sorted(os.listdir(OUTSIDE)), open(OUTSIDE + "/file").read(), done)
"""


@pytest.mark.parametrize("level", LOCKED)
def test_libraries_can_be_read_and_not_changed(
    level: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = tmp_path / "library"
    (library / "folder").mkdir(parents=True)
    (library / "file").write_text("of use")
    known = levels.libraries()
    monkeypatch.setattr(levels, "libraries", lambda: [*known, library])
    with Sandbox(level) as sandbox:
        told = f"OUTSIDE = {str(library)!r}\n"
        assert shown(sandbox.session(), told + LIBRARY) == "(['file', 'folder'], 'of use', [])"


def test_what_is_not_held_back_would_be_seen(tmp_path: Path) -> None:
    """The attempts of the test above where nothing holds them, in a private folder."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("no secret")
    own = tmp_path / "cwd"
    own.mkdir()
    (own / "own").write_text("mine")
    told = f"OUTSIDE, GRADER, PACKAGE = {str(tmp_path)!r}, {os.getpid()}, {str(levels.PACKAGE)!r}\n"
    done = subprocess.run(
        [sys.executable, "-c", told + REACHES], cwd=own, capture_output=True, check=True
    )
    named = re.findall(r'^attempt\("(.+?)"', REACHES, re.MULTILINE)
    missed = [name for name in named if repr(name) not in done.stdout.decode()]
    assert missed == ["rename", "remove"]  # what was moved before is not there


@pytest.mark.parametrize("level", ALONE)
def test_a_device_of_the_machine_can_be_used_and_not_changed(sandbox: Sandbox) -> None:
    code = """
import errno, os
said = []
for device in (*range(3), "/dev/null", "/dev/zero", "/dev/random", "/dev/urandom"):
    mode = os.stat(device).st_mode & 0o7777
    for change in (lambda: os.chmod(device, mode), lambda: os.utime(device)):
        try:
            change()
            said.append(device)
        except OSError as problem:
            said += [device] * (problem.errno != errno.EROFS)
print(open("/dev/null", "w").write("x"), os.write(1, b"y"), open("/dev/zero", "rb").read(1), said)
"""
    assert shown(sandbox.session(), code) == "1 1 b'\\x00' []\n"


@pytest.mark.parametrize("level", ALONE)
def test_files_without_number_find_no_room(sandbox: Sandbox) -> None:
    code = """
import os
try:
    for number in range(25_000):
        os.close(os.open(str(number), os.O_CREAT))
except OSError as problem:
    print(number > 20_000, problem.strerror)
"""
    assert shown(sandbox.session(), code) == "True No space left on device\n"


# What is not in the way


HONEST = """
import asyncio, os, tempfile, threading, zoneinfo
import matplotlib.pyplot as plt, numpy as np
kept = [open(f"{number}.txt", "w+") for number in range(90)]
with tempfile.NamedTemporaryFile() as file, tempfile.TemporaryDirectory() as folder:
    np.savetxt(file.name, np.ones(3))
    os.rename(kept[0].name, folder + "/moved")
zoneinfo.ZoneInfo("Europe/Berlin")
thread = threading.Thread(target=lambda: None); thread.start(); thread.join()
await asyncio.sleep(0.01)
open(os.devnull, "w").write("x")
with plt.rc_context({"font.family": ["DejaVu Serif", "monospace"]}):
    fig, ax = plt.subplots()
    ax.plot([1, 2], label="$x^2$"); ax.legend(); fig.savefig("plot.svg"); fig.savefig("plot.pdf")
    plt.show()
import autograder
autograder.check(len)
np.linalg.svd(np.random.default_rng(0).normal(size=(99, 99)))[1][0] > 0
"""


@pytest.mark.parametrize("level", HERE)
@pytest.mark.parametrize("plots", [False, True])
def test_an_honest_notebook_notices_nothing(sandbox: Sandbox, plots: bool) -> None:
    session = sandbox.session(plots, {"data/views.csv": b"1,2"})
    given = session.run(HONEST + "\nopen('data/views.csv').read()", seconds=30)
    assert [output["output_type"] for output in given][-1] == "execute_result", given
    assert any("image/png" in output.get("data", {}) for output in given)


# What is shown of the machine


@pytest.mark.parametrize("prefix", ["/usr", "/usr/local", "/opt/conda"])
def test_only_folders_of_libraries_are_shown(prefix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("prefix", "base_prefix"):
        monkeypatch.setattr(sys, name, prefix)
    monkeypatch.setattr(sys, "executable", f"{prefix}/bin/python3")
    monkeypatch.setattr("sysconfig.get_path", lambda name: f"{prefix}/lib/python3")
    monkeypatch.setattr(site, "getsitepackages", lambda: [f"{prefix}/local/lib/python3/packages"])
    exchange = ("/usr/local/share/nbgrader/exchange", "/srv/nbgrader/exchange", f"{prefix}/share/x")
    for place in map(Path, (*exchange, "/usr/share/secret", f"{prefix}/secret", "/etc", "/home")):
        assert not any(place.is_relative_to(path) for path in levels.libraries())
    assert Path(f"{prefix}/lib") in [*levels.libraries(), Path("/usr/lib"), Path("/lib")]


def environment(folder: Path, python: str) -> Path:
    """Make an environment that finds this one's libraries; return its Python."""
    subprocess.run([python, "-m", "venv", "--without-pip", folder], check=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    (packages / "more.pth").write_text("\n".join(site.getsitepackages()))
    return folder / "bin" / "python"


def run(python: Path, code: str, path: Path) -> str:
    """Return what a program says that finds our package in `path`."""
    found = os.environ | {"PYTHONPATH": str(path)}
    return subprocess.check_output([python, "-c", code], env=found, cwd=path, text=True).strip()


IN_THE_BOX = """
import subprocess, sys
from autograder.sandbox import levels
code = 'import sys; print(sys.prefix, [p for p in map(__import__("os").path.exists, sys.argv[1:])])'
package = str(levels.PACKAGE)
names = [package + "/losses.py", package.replace("/lib/", "/lib64/") + "/losses.py"]
subprocess.run([*levels.locked_in("bubblewrap"), sys.executable, "-c", code, *names], check=True)
"""
ON_PROCESS = """
from autograder.sandbox import Sandbox, levels
with Sandbox("process") as sandbox:
    code = f"open('{levels.PACKAGE}/losses.py')"
    print(levels.PACKAGE, sandbox.session().run(code, 5)[-1]["ename"])
"""


@pytest.mark.skipif(not ALONE, reason="a plain process sees every link")
def test_sandbox_starts_where_python_is_a_link_to_a_link(tmp_path: Path) -> None:
    link = tmp_path / "system" / "python3"
    link.parent.mkdir()
    link.symlink_to(Path(sys.executable).resolve())
    python = environment(tmp_path / "environment", str(link))
    assert run(python, IN_THE_BOX, ROOT) == f"{tmp_path / 'environment'} [False, False]"


@pytest.mark.parametrize("level", [level for level in LOCKED if level != "bubblewrap-shared"])
def test_the_course_stays_covered_among_the_libraries(level: str, tmp_path: Path) -> None:
    python = environment(tmp_path / "environment", os.path.realpath(sys.executable))
    (packages,) = tmp_path.glob("environment/lib/python*/site-packages")
    shutil.copytree(levels.PACKAGE, packages / "autograder")
    if level == "process":
        assert run(python, ON_PROCESS, packages) == f"{packages / 'autograder'} PermissionError"
    else:
        assert run(python, IN_THE_BOX, packages) == f"{tmp_path / 'environment'} [False, False]"
