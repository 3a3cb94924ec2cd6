"""The system calls a sandbox is made of, through ctypes, and the filter of those its programs may not
make."""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_THREAD = 0x10000
NEW_NS, NEW_UTS, NEW_IPC, NEW_USER, NEW_PID, NEW_NET = (
    0x20000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000,
)  # fmt: skip
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC, MS_PRIVATE = 1, 2, 4, 8, 4096, 16384, 1 << 18
PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 1, 22, 24, 38

AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
# Denied calls: their numbers on x86_64 and on aarch64 (-1: not there). From 424 on numbers are the same
# everywhere.
_DENIED: dict[str, tuple[int, int]] = {
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272),
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51),
    "unshare": (272, 97), "setns": (308, 268), "fork": (57, -1), "vfork": (58, -1),
    "socket": (41, 198), "connect": (42, 203), "bind": (49, 200), "listen": (50, 201),
    "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218),
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106), "reboot": (169, 142), "swapon": (167, 224), "swapoff": (168, 225),
    "acct": (163, 89),
    "quotactl": (179, 60), "syslog": (103, 116), "sethostname": (170, 161), "setdomainname": (171, 162),
    "iopl": (172, -1), "ioperm": (173, -1), "settimeofday": (164, 170), "clock_settime": (227, 112),
    "adjtimex": (159, 171), "clock_adjtime": (305, 266), "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "fanotify_init": (300, 262), "lookup_dcookie": (212, 18), "mknod": (133, -1), "mknodat": (259, 33),
    "move_pages": (279, 239), "mbind": (237, 235), "set_mempolicy": (238, 237), "migrate_pages": (256, 238),
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430), "fsconfig": (431, 431),
    "fsmount": (432, 432), "fspick": (433, 433), "pidfd_getfd": (438, 438), "mount_setattr": (442, 442),
    "quotactl_fd": (443, 443),
    # Memory that no limit counts.
    "memfd_create": (319, 279), "memfd_secret": (447, 447), "shmget": (29, 194), "semget": (64, 190),
    "msgget": (68, 186), "mq_open": (240, 180), "vmsplice": (278, 75),
    "sendmsg": (46, 211), "sendmmsg": (307, 269), "setxattr": (188, 5), "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16), "setxattrat": (463, 463),
    "removexattrat": (466, 466), "open_tree_attr": (467, 467), "file_setattr": (469, 469),
    # These speak of all processes of a user, too.
    "setpriority": (141, 140), "ioprio_set": (251, 30),
}  # fmt: skip
_SIGNALS = {
    "kill": (62, 129), "tkill": (200, 130), "tgkill": (234, 131), "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240), "pidfd_send_signal": (424, 424),
}  # fmt: skip
_PRETENDED = {
    "chmod": (90, -1), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452), "chown": (92, -1),
    "fchown": (93, 55), "lchown": (94, -1), "fchownat": (260, 54), "utime": (132, -1), "utimes": (235, -1),
    "futimesat": (261, -1), "utimensat": (280, 88),
}  # fmt: skip
"""Calls that do nothing and say that they have: Landlock would let them at every file of the user's."""
# Calls with an argument that decides: its place, and values that are denied.
_DENIED_WITH: list[tuple[tuple[int, int], int, tuple[int, ...]]] = [
    ((157, 167), 0, (PR_SET_PDEATHSIG,)),  # prctl: a program may not outlive its parent
    ((72, 25), 1, (8, 10, 15)),  # fcntl: F_SETOWN, F_SETSIG and F_SETOWN_EX send signals to anybody
    # ioctl: TIOCSTI types for a terminal, two are F_SETOWN again, and three set a file's attributes.
    ((16, 29), 1, (0x5412, 0x8901, 0x8902, 0x40086602, 0x40046602, 0x401C5820)),
]
# Calls whose first argument may be their own process alone, which is 0: prlimit64 and four of sched_set….
_OWN = [(302, 261), (203, 122), (144, 119), (142, 118), (314, 274)]
_SOCKETPAIR, _SENDTO = (53, 199), (44, 206)
_CLONE, _CLONE3, _PIVOT = {"x86_64": 56, "aarch64": 220}, 435, {"x86_64": 155, "aarch64": 41}
_LOAD, _EQUAL, _ABOVE, _BITS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000


def call(name: str, *args: object) -> int:
    """A libc function; raises OSError where it fails."""
    done = int(getattr(LIBC, name)(*args))
    if done == -1:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return done


def syscall(number: int, *args: object) -> int:
    """A raw system call."""
    return call("syscall", ctypes.c_long(number), *args)


def mount(source: str, target: str, kind: str = "", flags: int = 0, data: str = "") -> None:
    """As mount(2)."""
    call(
        "mount",
        source.encode(),
        target.encode(),
        kind.encode() or None,
        ctypes.c_ulong(flags),
        data.encode() or None,
    )


def lock(target: str, recursive: bool = True) -> None:
    """Make what is mounted at ``target`` read-only, without devices and setuid programs (Linux 5.12)."""
    attributes = struct.pack("QQQQ", MS_RDONLY | MS_NOSUID | MS_NODEV, 0, 0, 0)
    syscall(
        442, -100, target.encode(), ctypes.c_uint(0x8000 if recursive else 0), attributes, ctypes.c_size_t(32)
    )


def enter(root: str) -> None:
    """Make ``root`` the root folder and let go of the old one."""
    os.chdir(root)
    syscall(_PIVOT[platform.machine()], b".", b".")
    call("umount2", b".", 2)
    os.chdir("/")


def drop_privileges() -> None:
    """No capability can be had any more, by no program."""
    for capability in range(64):
        LIBC.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def filter_calls(signals: bool = False) -> None:
    """Deny dangerous system calls, new processes and sockets to this process from here on.

    Args:
        signals: deny signals too, also to itself, and only pretend to change owner, mode and times of files:
            where there are no namespaces.

    Raises:
        OSError: a processor whose calls are not known here, or a kernel without seccomp.
    """
    machine = platform.machine()
    if machine not in AUDIT_ARCH:
        raise OSError(errno.ENOSYS, f"the numbers of system calls on {machine} are not known")
    column = 0 if machine == "x86_64" else 1
    refuse, allow = (_RETURN, 0, 0, _ERRNO | errno.EPERM), (_RETURN, 0, 0, _ALLOW)
    program = [
        (_LOAD, 0, 0, 4),
        (_EQUAL, 1, 0, AUDIT_ARCH[machine]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, 0),
    ]
    if machine == "x86_64":  # the x32 calls
        program += [(_ABOVE, 0, 1, 0x40000000), refuse]

    def when(number: int, *body: tuple[int, int, int, int]) -> None:
        """What is done about a call; the body returns on every way through it."""
        if number >= 0:
            program.extend([(_EQUAL, 0, len(body), number), *body])

    for pair in ({**_DENIED, **_SIGNALS} if signals else _DENIED).values():
        when(pair[column], refuse)
    for pair in _PRETENDED.values() if signals else ():
        when(pair[column], (_RETURN, 0, 0, _ERRNO))
    for pair, place, values in _DENIED_WITH:
        tests = [line for value in values for line in ((_EQUAL, 0, 1, value), refuse)]
        when(pair[column], (_LOAD, 0, 0, 16 + 8 * place), *tests, allow)
    for pair in _OWN:
        when(pair[column], (_LOAD, 0, 0, 16), (_EQUAL, 1, 0, 0), refuse, allow)
    # Datagrams can be sent to an address: no pair of sockets for them (type 2), and none with an address.
    when(_SOCKETPAIR[column], (_LOAD, 0, 0, 24), (_BITS, 0, 1, 2), refuse, allow)
    halves = [line for place in (48, 52) for line in ((_LOAD, 0, 0, place), (_EQUAL, 1, 0, 0), refuse)]
    when(_SENDTO[column], *halves, allow)
    # glibc turns to clone where there is no clone3; clone makes threads and nothing else.
    when(_CLONE3, (_RETURN, 0, 0, _ERRNO | errno.ENOSYS))
    when(_CLONE[machine], (_LOAD, 0, 0, 16), (_BITS, 1, 0, CLONE_THREAD), refuse, allow)
    program.append(allow)
    code = b"".join(struct.pack("HBBI", *line) for line in program)
    held = ctypes.create_string_buffer(code, len(code))
    head = struct.pack("HxxxxxxP", len(program), ctypes.addressof(held))
    call("prctl", PR_SET_SECCOMP, 2, head, 0, 0)
