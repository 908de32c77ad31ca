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
NO_SETUID, NO_DEVICES = 2, 4
SCRATCH = b"size=128m,nr_inodes=20k,mode=700"
PIDFD_OPEN = 434
"""os.pidfd_open is missing where Python was built for old kernels, as conda's is."""
CAPABILITIES_V3, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 0x20080522, 47, 4


def granted(folder: Path) -> bool:
    """Try it once, in a process that does nothing else."""
    try:
        pid = fork()
    except OSError:
        return False
    if pid == 0:
        try:
            leave(folder)
        except OSError:
            os._exit(1)
        os._exit(0)
    return os.waitpid(pid, 0)[1] == 0


def fork() -> int:
    """Fork as os.fork does, into a process namespace where the new process is the first."""
    here = call("syscall", PIDFD_OPEN, os.getpid(), 0)
    call("unshare", PROCESSES)
    pid = os.fork()
    if pid:
        call("setns", here, PROCESSES)
    os.close(here)
    return pid


def leave(folder: Path) -> None:
    """Leave the zygote's namespaces, put an empty disk over `folder`, and give up the privilege."""
    call("unshare", MOUNTS | NAMES | IPC | NETWORK)
    call("mount", b"tmpfs", bytes(folder), b"tmpfs", NO_SETUID | NO_DEVICES, SCRATCH)
    give_up_privileges()


def give_up_privileges() -> None:
    """Give up all capabilities for good."""
    call("prctl", PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    call("capset", struct.pack("Ii", CAPABILITIES_V3, 0), bytes(24))


def call(name: str, *args: int | bytes) -> int:
    """Return what a system call returns; raises OSError where the kernel refuses."""
    libc = ctypes.CDLL(None, use_errno=True)
    words = [ctypes.c_ulong(arg) if isinstance(arg, int) else arg for arg in args]
    if (result := int(getattr(libc, name)(*words))) < 0:
        raise OSError(ctypes.get_errno(), f"{name} is not permitted")
    return result
