"""What a student's process may no longer ask of the kernel, from the moment its cells run.

It computes; it needs no other process, no network, no namespace, no kernel facility. A call that
is denied fails with EPERM, as if not permitted. The filter is a few words of classic BPF:
https://www.kernel.org/doc/html/latest/userspace-api/seccomp_filter.html
"""

from __future__ import annotations

import ctypes
import platform
import struct
import sys
from collections.abc import Callable

DENIED = {
    # other processes: start, replace, signal, trace, inspect
    "fork": (57, None), "vfork": (58, None), "execve": (59, 221), "execveat": (322, 281),
    "kill": (62, 129), "tkill": (200, 130), "tgkill": (234, 131), "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240), "pidfd_open": (434, 434), "pidfd_send_signal": (424, 424),
    "pidfd_getfd": (438, 438), "ptrace": (101, 117), "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271), "kcmp": (312, 272), "process_madvise": (440, 440),
    # the network, and what outlives a process
    "socket": (41, 198), "connect": (42, 203), "bind": (49, 200), "listen": (50, 201),
    "shmget": (29, 194), "msgget": (68, 186), "semget": (64, 190), "mq_open": (240, 180),
    "memfd_create": (319, 279), "memfd_secret": (447, 447),
    # namespaces, mounts, limits, identities
    "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39),
    "pivot_root": (155, 41), "chroot": (161, 51), "open_tree": (428, 428), "fsopen": (430, 430),
    "move_mount": (429, 429), "fsmount": (432, 432), "mount_setattr": (442, 442),
    "setrlimit": (160, 164), "prlimit64": (302, 261), "setuid": (105, 146), "setgid": (106, 144),
    "setsid": (112, 157), "setpgid": (109, 154), "setpriority": (141, 140), "ioprio_set": (251, 30),
    "sched_setscheduler": (144, 119), "sched_setaffinity": (203, 122), "sched_setattr": (314, 274),
    "sched_setparam": (142, 118),
    # the kernel's workshops, where most of its holes are found
    "io_uring_setup": (425, 425), "bpf": (321, 280), "perf_event_open": (298, 241),
    "userfaultfd": (323, 282), "keyctl": (250, 219), "add_key": (248, 217),
    "request_key": (249, 218), "personality": (135, 92), "init_module": (175, 105),
    "finit_module": (313, 273), "kexec_load": (246, 104), "reboot": (169, 142),
    "fanotify_init": (300, 262), "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265),
    "landlock_create_ruleset": (444, 444), "quotactl": (179, 60), "acct": (163, 89),
    "swapon": (167, 224), "settimeofday": (164, 170), "clock_settime": (227, 112),
}  # fmt: skip
"""Calls by name with their numbers on x86_64 and aarch64."""

DENIED_COMMANDS = {
    # F_SETOWN, F_SETSIG, F_SETOWN_EX: they send any signal to any process of the same user
    "fcntl": ((72, 25), (8, 10, 15)),
    # FIOSETOWN, SIOCSPGRP: the same; TIOCSTI: types into a terminal
    "ioctl": ((16, 29), (0x8901, 0x8902, 0x5412)),
}
"""Calls of which only some commands are denied: by name their numbers, and those commands."""

CLONE, CLONE3, CLONE_THREAD = (56, 220), 435, 0x10000
ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
ALLOW, ERRNO, KILL = 0x7FFF0000, 0x00050000, 0x80000000
EPERM, ENOSYS = 1, 38
LOAD, EQUAL, AT_LEAST, BITS, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NUMBER, ARCHITECTURE, FIRST_ARGUMENT, SECOND_ARGUMENT = 0, 4, 16, 24
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, MODE_FILTER = 38, 22, 2


def program(machine: str) -> bytes:
    """Return the filter for an architecture; each line is (code, jump if true, if false, value)."""
    column, architecture = ARCHITECTURES[machine]
    numbers = [number for both in DENIED.values() if (number := both[column]) is not None]
    lines = [
        (LOAD, 0, 0, ARCHITECTURE),
        (EQUAL, 1, 0, architecture),
        (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, NUMBER),
        (AT_LEAST, 0, 1, 0x40000000),  # the x32 calls of x86_64 are the same ones again
        (RETURN, 0, 0, ERRNO | EPERM),
        (EQUAL, 0, 1, CLONE3),  # its flags cannot be read from here; libc falls back to clone
        (RETURN, 0, 0, ERRNO | ENOSYS),
        (EQUAL, 0, 4, CLONE[column]),  # a thread is welcome, a process is not
        (LOAD, 0, 0, FIRST_ARGUMENT),
        (BITS, 1, 0, CLONE_THREAD),
        (RETURN, 0, 0, ERRNO | EPERM),
        (RETURN, 0, 0, ALLOW),
    ]
    for number in numbers:
        lines += [(EQUAL, 0, 1, number), (RETURN, 0, 0, ERRNO | EPERM)]
    for both, commands in DENIED_COMMANDS.values():
        lines += [(EQUAL, 0, 2 * len(commands) + 2, both[column]), (LOAD, 0, 0, SECOND_ARGUMENT)]
        for command in commands:
            lines += [(EQUAL, 0, 1, command), (RETURN, 0, 0, ERRNO | EPERM)]
        lines += [(RETURN, 0, 0, ALLOW)]
    lines += [(RETURN, 0, 0, ALLOW)]
    return b"".join(struct.pack("HBBI", *line) for line in lines)


def filtering() -> Callable[[], None]:
    """Return what denies these calls to its process for good; it raises OSError where it cannot.

    Made once, before processes fork: each of them then has nothing left to do but two calls.
    """
    if not sys.platform.startswith("linux") or platform.machine() not in ARCHITECTURES:
        raise OSError(f"there is no filter of system calls for {sys.platform} {platform.machine()}")
    code = program(platform.machine())
    held = ctypes.create_string_buffer(code, len(code))
    filter_program = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(held))
    pointed = ctypes.create_string_buffer(filter_program, len(filter_program))
    prctl = ctypes.CDLL(None).prctl
    prctl.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]

    def restrict() -> None:
        failed = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        pointer = ctypes.addressof(pointed)
        assert held
        if failed or prctl(PR_SET_SECCOMP, MODE_FILTER, pointer, 0, 0):
            raise OSError("the kernel does not take the filter of system calls")

    return restrict
