"""The system calls that a sandbox's programs may make, by list: what is not here is refused."""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct

from limbeck.sandbox._system import PR_SET_SECCOMP, call

AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
# Numbers on x86_64 and on aarch64 (-1: not there).
ALLOWED: dict[str, tuple[int, int]] = {
    # Files and folders, which the mounts or Landlock fence in.
    "read": (0, 63), "write": (1, 64), "pread64": (17, 67), "pwrite64": (18, 68), "readv": (19, 65),
    "writev": (20, 66), "preadv": (295, 69), "pwritev": (296, 70), "preadv2": (327, 286),
    "pwritev2": (328, 287), "lseek": (8, 62), "sendfile": (40, 71), "copy_file_range": (326, 285),
    "open": (2, -1), "openat": (257, 56), "openat2": (437, 437), "creat": (85, -1), "close": (3, 57),
    "close_range": (436, 436), "dup": (32, 23), "dup2": (33, -1), "dup3": (292, 24), "pipe": (22, -1),
    "pipe2": (293, 59), "stat": (4, -1), "fstat": (5, 80), "lstat": (6, -1), "newfstatat": (262, 79),
    "statx": (332, 291), "statfs": (137, 43), "fstatfs": (138, 44), "access": (21, -1),
    "faccessat": (269, 48), "faccessat2": (439, 439), "readlink": (89, -1), "readlinkat": (267, 78),
    "getdents": (78, -1), "getdents64": (217, 61), "getcwd": (79, 17), "chdir": (80, 49),
    "fchdir": (81, 50), "mkdir": (83, -1), "mkdirat": (258, 34), "rmdir": (84, -1), "unlink": (87, -1),
    "unlinkat": (263, 35), "rename": (82, -1), "renameat": (264, 38), "renameat2": (316, 276),
    "link": (86, -1), "linkat": (265, 37), "symlink": (88, -1), "symlinkat": (266, 36),
    "truncate": (76, 45), "ftruncate": (77, 46), "fallocate": (285, 47), "fsync": (74, 82),
    "fdatasync": (75, 83), "fadvise64": (221, 223), "umask": (95, 166),
    # Memory, which its limit counts.
    "mmap": (9, 222), "munmap": (11, 215), "mremap": (25, 216), "mprotect": (10, 226), "madvise": (28, 233),
    "msync": (26, 227), "brk": (12, 214),
    # Itself: its threads, signals, limits, what it waits for.
    "exit": (60, 93), "exit_group": (231, 94), "execve": (59, 221), "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139), "rt_sigpending": (127, 136),
    "rt_sigtimedwait": (128, 137), "rt_sigsuspend": (130, 133), "sigaltstack": (131, 132),
    "pause": (34, -1), "restart_syscall": (219, 128), "alarm": (37, -1), "setitimer": (38, 103),
    "getitimer": (36, 102), "futex": (202, 98), "futex_waitv": (449, 449), "set_robust_list": (273, 99),
    "set_tid_address": (218, 96), "rseq": (334, 293), "membarrier": (324, 283), "arch_prctl": (158, -1),
    "sched_yield": (24, 124), "sched_get_priority_max": (146, 125), "sched_get_priority_min": (147, 126),
    "getcpu": (309, 168), "getpid": (39, 172), "gettid": (186, 178), "getppid": (110, 173),
    "getuid": (102, 174), "geteuid": (107, 175), "getgid": (104, 176), "getegid": (108, 177),
    "getresuid": (118, 148), "getresgid": (120, 150), "getgroups": (115, 158), "getpgrp": (111, -1),
    "wait4": (61, 260), "waitid": (247, 95), "setrlimit": (160, 164), "getrlimit": (97, 163),
    "getrusage": (98, 165), "times": (100, 153), "poll": (7, -1), "ppoll": (271, 73), "select": (23, -1),
    "pselect6": (270, 72), "epoll_create": (213, -1), "epoll_create1": (291, 20), "epoll_ctl": (233, 21),
    "epoll_wait": (232, -1), "epoll_pwait": (281, 22), "epoll_pwait2": (441, 441), "eventfd": (284, -1),
    "eventfd2": (290, 19),
    # The time, the machine, chance.
    "time": (201, -1), "gettimeofday": (96, 169), "nanosleep": (35, 101), "uname": (63, 160),
    "sysinfo": (99, 179), "getrandom": (318, 278),
    # What a pair of sockets needs, once it is there.
    "recvfrom": (45, 207), "shutdown": (48, 210), "getsockname": (51, 204), "getpeername": (52, 205),
    "getsockopt": (55, 209),
}  # fmt: skip
CHANGES = {
    "chmod": (90, -1), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452), "chown": (92, -1),
    "fchown": (93, 55), "lchown": (94, -1), "fchownat": (260, 54), "utime": (132, -1), "utimes": (235, -1),
    "futimesat": (261, -1), "utimensat": (280, 88),
}  # fmt: skip
"""Owner, mode and times of files: without mounts of its own a program would change any of the user's."""
ATTRIBUTES = {
    "getxattr": (191, 8), "lgetxattr": (192, 9), "fgetxattr": (193, 10), "listxattr": (194, 11),
    "llistxattr": (195, 12), "flistxattr": (196, 13),
}  # fmt: skip
"""Read by nobody, for Landlock does not know them; copying a file goes on where they are not supported."""
ITSELF = -1
"""A value that stands for the process's own number."""
_ITS_OWN, _CLOCKS = (0, ITSELF), tuple(range(12))
ALLOWED_WITH: dict[str, tuple[tuple[int, int], int, tuple[int, ...]]] = {
    # These speak of any process, by its number; a clock may be another process's.
    "prlimit64": ((302, 261), 0, _ITS_OWN), "sched_getaffinity": ((204, 123), 0, _ITS_OWN),
    "sched_setaffinity": ((203, 122), 0, _ITS_OWN), "sched_getscheduler": ((145, 120), 0, _ITS_OWN),
    "sched_getparam": ((143, 121), 0, _ITS_OWN), "getpgid": ((121, 155), 0, _ITS_OWN),
    "getsid": ((124, 156), 0, _ITS_OWN), "kill": ((62, 129), 0, (ITSELF,)),
    "tgkill": ((234, 131), 0, (ITSELF,)), "clock_gettime": ((228, 113), 0, _CLOCKS),
    "clock_getres": ((229, 114), 0, _CLOCKS), "clock_nanosleep": ((230, 115), 0, _CLOCKS),
    # A thread's name, names of memory, and reading what holds.
    "prctl": ((157, 167), 0, (3, 15, 16, 21, 23, 39, 0x53564D41)),
    # Copies, flags, locks and a pipe's size as it is; not whom to signal, leases, or a larger pipe.
    "fcntl": ((72, 25), 1, (0, 1, 2, 3, 4, 5, 6, 7, 9, 36, 37, 38, 1030, 1032, 1034)),
    # Whether it is a terminal, its size and group, bytes waiting, blocking, closing on exec.
    "ioctl": ((16, 29), 1, (0x5401, 0x5413, 0x540F, 0x541B, 0x5421, 0x5450, 0x5451)),
}  # fmt: skip
"""Calls with an argument that decides: its place, and the values that are allowed."""
_SOCKETPAIR, _SENDTO, _CLONE, _CLONE3 = (53, 199), (44, 206), (56, 220), 435
_CLONE_THREAD, _AF_UNIX, _SOCK_STREAM = 0x10000, 1, 1
_LOAD, _AND, _EQUAL, _ABOVE, _BITS, _RETURN = 0x20, 0x54, 0x15, 0x25, 0x45, 0x06
_NUMBER, _ARCH, _ARGUMENT = 0, 4, 16
"""Where seccomp's data has them; arguments are 8 bytes each, the low half first."""
Line = tuple[int, int, int, int]


def _fail(number: int) -> Line:
    return (_RETURN, 0, 0, 0x00050000 | number)


_ALLOW, _KILL = (_RETURN, 0, 0, 0x7FFF0000), (_RETURN, 0, 0, 0x80000000)
_REFUSE, _PRETEND = _fail(errno.EPERM), _fail(0)


def filter_calls(pretend: bool = False) -> None:
    """Allow this process, from here on, the calls of the tables above and no other.

    It starts threads, but no process; signals itself alone; and has stream sockets in pairs that speak to
    each other, whose buffers nobody can enlarge. What is refused fails with EPERM; numbers above all of
    these, x32's among them, fail with ENOSYS, as on an older kernel; a call of 32 bits ends the process.

    Args:
        pretend: only say that owner, mode and times of files are changed: where it has no mounts of its own.

    Raises:
        OSError: a processor whose calls are not known here, or a kernel without seccomp.
    """
    machine = platform.machine()
    if machine not in AUDIT_ARCH:
        raise OSError(errno.ENOSYS, f"the numbers of system calls on {machine} are not known")
    program = _program(list(AUDIT_ARCH).index(machine), AUDIT_ARCH[machine], pretend)
    code = b"".join(struct.pack("HBBI", *line) for line in program)
    held = ctypes.create_string_buffer(code, len(code))
    head = struct.pack("HxxxxxxP", len(program), ctypes.addressof(held))
    call("prctl", PR_SET_SECCOMP, 2, head, 0, 0)


def _program(column: int, arch: int, pretend: bool) -> list[Line]:
    """The filter, a rule for each call; what no rule is about is refused at the end."""
    plain = {**ALLOWED, **({} if pretend else CHANGES)}
    rules: list[tuple[int, list[Line]]] = [(pair[column], [_ALLOW]) for pair in plain.values()]
    rules += [(pair[column], [_PRETEND]) for pair in CHANGES.values() if pretend]
    rules += [(pair[column], [_fail(errno.ENOTSUP)]) for pair in ATTRIBUTES.values()]
    for pair, place, values in ALLOWED_WITH.values():
        known = [os.getpid() if value == ITSELF else value for value in values]
        tests = [line for value in known for line in ((_EQUAL, 0, 1, value), _ALLOW)]
        rules.append((pair[column], [_argument(place), *tests, _REFUSE]))
    # Datagrams can be sent to an address: only streams, whatever their flags, and nothing with an address.
    streams = [_argument(1), (_AND, 0, 0, 0xF), (_EQUAL, 0, 1, _SOCK_STREAM), _ALLOW, _REFUSE]
    rules.append((_SOCKETPAIR[column], [_argument(0), (_EQUAL, 1, 0, _AF_UNIX), _REFUSE, *streams]))
    halves = [line for high in (0, 4) for line in (_argument(4, high), (_EQUAL, 1, 0, 0), _REFUSE)]
    rules.append((_SENDTO[column], [*halves, _ALLOW]))
    # glibc turns to clone where there is no clone3; clone makes threads and nothing else.
    rules.append((_CLONE3, [_fail(errno.ENOSYS)]))
    rules.append((_CLONE[column], [_argument(0), (_BITS, 1, 0, _CLONE_THREAD), _REFUSE, _ALLOW]))
    highest = max(number for number, _ in rules)
    program = [(_LOAD, 0, 0, _ARCH), (_EQUAL, 1, 0, arch), _KILL]
    program += [(_LOAD, 0, 0, _NUMBER), (_ABOVE, 0, 1, highest), _fail(errno.ENOSYS)]
    for number, body in rules:
        if number >= 0:
            program += [(_EQUAL, 0, len(body), number), *body]
    return [*program, _REFUSE]


def _argument(place: int, high: int = 0) -> Line:
    return (_LOAD, 0, 0, _ARGUMENT + 8 * place + high)
