"""Namespaces of its own for every student's process, where the zygote has the privilege for it.

bubblewrap leaves the zygote one capability, over its own namespaces alone. It serves to fork into
new ones, and every fork gives it up before the first cell runs.
https://man7.org/linux/man-pages/man7/namespaces.7.html
"""

from __future__ import annotations

import ctypes
import os
import struct
from pathlib import Path

MOUNTS, NAMES, IPC, PROCESSES, NETWORK = 0x20000, 0x4000000, 0x8000000, 0x20000000, 0x40000000
READ_ONLY, NO_SETUID, NO_DEVICES, REMOUNT, BIND = 1, 2, 4, 32, 4096
SCRATCH = b"size=128m,nr_inodes=20k,mode=700"
DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")
PIDFD_OPEN = 434
"""os.pidfd_open is missing where Python was built for old kernels, as conda's is."""
LIBC = ctypes.CDLL(None, use_errno=True)
CAPABILITIES_V3, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 0x20080522, 47, 4


def try_out(folder: Path) -> None:
    """Raise OSError where no process can have namespaces of its own; tried in one that ends."""
    pid = fork()
    if pid == 0:
        try:
            leave(folder)
        except OSError:
            os._exit(1)
        os._exit(0)
    if os.waitpid(pid, 0)[1]:
        raise OSError("namespaces inside of namespaces are not permitted")


def fork() -> int:
    """Fork as os.fork does, into a process namespace where the new process is the first."""
    here = call("syscall", PIDFD_OPEN, os.getpid(), 0)
    try:
        call("unshare", PROCESSES)
        pid = os.fork()
        if pid:
            call("setns", here, PROCESSES)
    finally:
        os.close(here)
    return pid


def leave(folder: Path) -> None:
    """Leave the zygote's namespaces, put an empty disk over `folder`, and give up the privilege."""
    call("unshare", MOUNTS | NAMES | IPC | NETWORK)
    call("mount", b"tmpfs", bytes(folder), b"tmpfs", NO_SETUID | NO_DEVICES, SCRATCH)
    give_up_privileges()


def shield_devices() -> None:
    """Make the devices, which are the machine's, read-only: they can be used, but not changed."""
    for device in DEVICES:
        flags = os.statvfs(device).f_flag & 0xF | READ_ONLY | REMOUNT | BIND
        call("mount", b"none", device.encode(), b"none", flags, b"")


def give_up_privileges() -> None:
    """Give up all capabilities for good, and see that they are gone."""
    call("prctl", PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    head, left = struct.pack("Ii", CAPABILITIES_V3, 0), ctypes.create_string_buffer(24)
    call("capset", head, bytes(24))
    call("capget", head, left)
    if any(left.raw):
        raise OSError("a privilege is left that should be gone")


def call(name: str, *args: int | bytes | ctypes.Array[ctypes.c_char]) -> int:
    """Return what a system call returns; raises OSError where the kernel refuses."""
    words = [ctypes.c_ulong(arg) if isinstance(arg, int) else arg for arg in args]
    if (result := int(getattr(LIBC, name)(*words))) < 0:
        raise OSError(ctypes.get_errno(), f"{name} is not permitted")
    return result
