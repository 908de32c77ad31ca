"""What a student's process may ask of the kernel from the moment its cells run: this, no more.

The list was found by tracing honest notebooks: Python, NumPy, SciPy, matplotlib, pandas,
scikit-learn, PyTorch, threads and `await`; other names of what they do were added, for libraries
older and newer. Whatever is not on it is denied, calls not yet invented included. On aarch64 the
filter was never run, only interpreted by a test. It is a few words of classic BPF:
https://www.kernel.org/doc/html/latest/userspace-api/seccomp_filter.html
"""

from __future__ import annotations

import ctypes
import platform
import struct
import sys
from collections.abc import Callable
from typing import NamedTuple

Numbers = tuple[int, int | None]
"""A call's number on x86_64 and on aarch64, which never had the older one of two ways."""

ALLOWED: dict[str, dict[str, Numbers]] = {
    "read and write what is open": {
        "read": (0, 63), "write": (1, 64), "readv": (19, 65), "writev": (20, 66),
        "pread64": (17, 67), "pwrite64": (18, 68), "lseek": (8, 62), "close": (3, 57),
        "dup": (32, 23), "dup2": (33, None), "dup3": (292, 24),
    },
    "find, open and look at files": {
        "open": (2, None), "openat": (257, 56), "access": (21, None), "faccessat": (269, 48),
        "stat": (4, None), "lstat": (6, None), "fstat": (5, 80), "newfstatat": (262, 79),
        "statx": (332, 291), "statfs": (137, 43), "fstatfs": (138, 44), "getdents64": (217, 61),
        "readlink": (89, None), "readlinkat": (267, 78), "getcwd": (79, 17), "chdir": (80, 49),
    },
    "make, change and remove files; shutil.copy sets modes and times": {
        "mkdir": (83, None), "mkdirat": (258, 34), "rmdir": (84, None), "unlink": (87, None),
        "unlinkat": (263, 35), "rename": (82, None), "renameat": (264, 38),
        "symlink": (88, None), "symlinkat": (266, 36), "chmod": (90, None), "fchmod": (91, 52),
        "fchmodat": (268, 53), "umask": (95, 166), "utimensat": (280, 88), "truncate": (76, 45),
        "ftruncate": (77, 46), "fallocate": (285, 47), "fsync": (74, 82), "fdatasync": (75, 83),
        "sendfile": (40, 71), "copy_file_range": (326, 285),
    },
    "memory, within the limit": {
        "brk": (12, 214), "mmap": (9, 222), "munmap": (11, 215), "mprotect": (10, 226),
        "mremap": (25, 216), "msync": (26, 227),
    },
    "be a thread (where rseq fails in one, glibc ends the process) and end": {
        "rseq": (334, 293), "sched_yield": (24, 124), "exit": (60, 93), "exit_group": (231, 94),
    },
    "handle one's own signals and alarms": {
        "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139),
        "sigaltstack": (131, 132), "restart_syscall": (219, 128), "alarm": (37, None),
        "getitimer": (36, 102), "setitimer": (38, 103),
    },
    "clocks, sleep, randomness": {
        "clock_gettime": (228, 113), "clock_getres": (229, 114), "gettimeofday": (96, 169),
        "time": (201, None), "nanosleep": (35, 101), "clock_nanosleep": (230, 115),
        "getrandom": (318, 278),
    },
    "who and where am I; libraries count processors and memory": {
        "getpid": (39, 172), "getppid": (110, 173), "gettid": (186, 178), "getuid": (102, 174),
        "geteuid": (107, 175), "getgid": (104, 176), "getegid": (108, 177), "uname": (63, 160),
        "sysinfo": (99, 179), "times": (100, 153), "getrusage": (98, 165), "getcpu": (309, 168),
        "sched_getaffinity": (204, 123),
    },
    "wait for what is open, as asyncio does": {
        "poll": (7, None), "ppoll": (271, 73), "select": (23, None), "pselect6": (270, 72),
        "epoll_create1": (291, 20), "epoll_ctl": (233, 21), "epoll_wait": (232, None),
        "epoll_pwait": (281, 22),
    },
    "hear the grader, over the one socket that is open": {
        "recvfrom": (45, 207), "getsockname": (51, 204), "getpeername": (52, 205),
    },
}  # fmt: skip
"""Calls allowed whatever their arguments, by the reason for them."""


class Word(NamedTuple):
    """32 bits of an argument: what they have to be, apart from the bits that are free."""

    argument: int
    values: tuple[int, ...]
    free: int = 0
    high: bool = False


def nothing(argument: int) -> list[Word]:
    """Require a pointer that points nowhere, or a zero as wide as one."""
    return [Word(argument, (0,)), Word(argument, (0,), high=True)]


BY_ARGUMENT: dict[str, tuple[tuple[int, int], list[Word]]] = {
    # A thread that shares all with the others, descriptors included, as pthread_create makes it:
    # no process, no namespace. musl adds a flag that the kernel ignores.
    "clone": ((56, 220), [Word(0, (0x3D0F00,), free=0x400000), Word(0, (0,), high=True)]),
    # FUTEX_WAIT and FUTEX_WAIT_BITSET (to join a thread), both in this process alone too, and
    # FUTEX_WAKE, _REQUEUE and _WAKE_BITSET in this process alone; by either clock. Those that
    # lend priority are where holes were found.
    "futex": ((202, 98), [Word(1, (0, 9, 128, 137, 129, 131, 138), free=0x100)]),
    # What an allocator says of its memory: from MADV_NORMAL to MADV_DONTNEED, MADV_FREE,
    # MADV_HUGEPAGE, MADV_NOHUGEPAGE. Others merge it with other processes', or poison it.
    "madvise": ((28, 233), [Word(2, (0, 1, 2, 3, 4, 8, 14, 15))]),
    # Is this a terminal (TCGETS, TCGETS2), how large (TIOCGWINSZ), how much is there to read
    # (FIONREAD), do not block (FIONBIO), close on exec or not (FIOCLEX, FIONCLEX), copy (FICLONE).
    "ioctl": (
        (16, 29),
        [Word(1, (0x5401, 0x802C542A, 0x5413, 0x541B, 0x5421, 0x5451, 0x5450, 0x40049409))],
    ),
    # Duplicates (F_DUPFD, F_DUPFD_CLOEXEC), F_GETFD, F_SETFD, F_GETFL, F_SETFL. No locks: on a
    # shared library one is a letter. No owners: they are sent signals. No larger pipes.
    "fcntl": ((72, 25), [Word(1, (0, 1, 2, 3, 4, 1030))]),
    # PR_SET_NAME, PR_GET_NAME: threads have names.
    "prctl": ((157, 167), [Word(0, (15, 16))]),
    # One's own limits, to read.
    "prlimit64": ((302, 261), [Word(0, (0,)), *nothing(2)]),
    # What kind of socket it is, and whether it failed: SO_TYPE, SO_ERROR, SO_SNDBUF, SO_RCVBUF,
    # SO_ACCEPTCONN, SO_PROTOCOL, SO_DOMAIN. Others number it among all of the machine, which is a
    # letter, or hand out the process at its other end.
    "getsockopt": ((55, 209), [Word(1, (1,)), Word(2, (3, 4, 7, 8, 30, 38, 39))]),
    # To the other end alone, with no flag but MSG_NOSIGNAL and MSG_DONTWAIT.
    "sendto": ((44, 206), [Word(3, (0,), free=0x4040), *nothing(4), Word(5, (0,))]),
}
"""Calls allowed when each of these words of their arguments is as it says. No pipe and
no socket is made: the machine numbers them one after another, and the next student could count."""

PRETENDED: dict[str, Numbers] = {"fadvise64": (221, 223)}
"""Advice that nobody has to follow, and here nobody does: with it a process throws a library's file
out of the machine's memory, and the next student's could see whether it has to be read again."""

UNSUPPORTED: dict[str, Numbers] = {
    "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7),
    "getxattr": (191, 8), "lgetxattr": (192, 9), "fgetxattr": (193, 10),
    "listxattr": (194, 11), "llistxattr": (195, 12), "flistxattr": (196, 13),
    "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16),
}  # fmt: skip
"""Calls that fail as on a disk that has no such thing: shutil.copy2 takes no other answer."""

OWN_DISK_ONLY = ("chmod", "fchmod", "fchmodat", "utimensat")
"""Calls that do nothing, and say that they did, where the disk is not the process's own: there
they would reach files and devices of the machine, which nothing else holds back."""

FIRST_NEW = 435
"""clone3, of Linux 5.3. Older kernels lack all from here on, and libraries fall back where a call
is missing (ENOSYS) but not where it is forbidden. Older calls are forbidden (EPERM)."""

X32 = 0x40000000
"""From here on x86_64 has its calls once more."""

ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
"""By name: the column of numbers, and how the kernel calls it."""

ALLOW, ERRNO, KILL = 0x7FFF0000, 0x00050000, 0x80000000
EPERM, ENOSYS, EOPNOTSUPP = 1, 38, 95
LOAD, EQUAL, AT_LEAST, AND, RETURN = 0x20, 0x15, 0x35, 0x54, 0x06
NUMBER, ARCHITECTURE, ARGUMENTS = 0, 4, 16
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, MODE_FILTER = 38, 22, 2
Line = tuple[int, int, int, int]
"""Code, lines to skip if true, if false, value. struct.pack refuses to skip more than 255."""


def program(machine: str, own_disk: bool = True) -> bytes:
    """Return the filter for an architecture, for a process with a disk of its own or without."""
    column, architecture = ARCHITECTURES[machine]
    lines: list[Line] = [
        (LOAD, 0, 0, ARCHITECTURE),
        (EQUAL, 1, 0, architecture),
        (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, NUMBER),
        *answer(AT_LEAST, X32, ERRNO | EPERM),
    ]
    for both, words in BY_ARGUMENT.values():
        block = [line for word in words for line in check(word)]
        lines += [(EQUAL, 0, len(block) + 1, both[column]), *block, (RETURN, 0, 0, ALLOW)]
    answers = [(group, ALLOW) for group in ALLOWED.values()]
    others = [(PRETENDED, ERRNO), (UNSUPPORTED, ERRNO | EOPNOTSUPP)]
    for calls, action in [*answers, *others]:
        for name, numbers in calls.items():
            pretended = name in OWN_DISK_ONLY and not own_disk
            if (number := numbers[column]) is not None:
                lines += answer(EQUAL, number, ERRNO if pretended else action)
    lines += [*answer(AT_LEAST, FIRST_NEW, ERRNO | ENOSYS), (RETURN, 0, 0, ERRNO | EPERM)]
    return b"".join(struct.pack("HBBI", *line) for line in lines)


def answer(comparison: int, number: int, action: int) -> list[Line]:
    """Return the lines that give a call of this number (or from it on) its answer."""
    return [(comparison, 0, 1, number), (RETURN, 0, 0, action)]


def check(word: Word) -> list[Line]:
    """Return the lines that deny the call unless `word` is as it should be."""
    offset = ARGUMENTS + 8 * word.argument + 4 * word.high  # both architectures: low half first
    last = len(word.values)
    return [
        (LOAD, 0, 0, offset),
        (AND, 0, 0, ~word.free & 0xFFFFFFFF),
        *((EQUAL, last - position, 0, value) for position, value in enumerate(word.values)),
        (RETURN, 0, 0, ERRNO | EPERM),
    ]


def filtering(own_disk: bool = True) -> Callable[[], None]:
    """Return what puts the filter on its process for good; OSError where there is none for it.

    Made once, before processes fork: each of them then has nothing left to do but two calls. What
    is returned raises OSError where the kernel refuses.
    """
    machine = platform.machine()
    if not sys.platform.startswith("linux") or machine not in ARCHITECTURES:
        raise OSError(f"there is no filter of system calls for {sys.platform} on {machine}")
    code = program(machine, own_disk)
    held = ctypes.create_string_buffer(code, len(code))
    filter_program = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(held))
    pointed = ctypes.create_string_buffer(filter_program, len(filter_program))
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]

    def restrict() -> None:
        pointer = ctypes.addressof(pointed)
        _ = held  # which the pointer within `pointed` needs alive
        if prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or prctl(
            PR_SET_SECCOMP, MODE_FILTER, pointer, 0, 0
        ):
            raise OSError(ctypes.get_errno(), "the kernel takes no filter of system calls")

    return restrict
