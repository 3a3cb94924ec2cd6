"""What a program in a sandbox may not do: each probe tries one thing, and says ``escaped`` where it got it.

All of it is harmless: it reaches for canaries that `sandbox_kit` has laid out, makes calls with arguments
that mean nothing, and asks what any process of this machine may know. ``K`` says where the canaries are.
"""

from __future__ import annotations

import platform
from itertools import product

from sandbox_denied import DENIED

LEAD = """
import ctypes, errno, json, mmap, os, socket, struct, sys
C = ctypes.CDLL(None, use_errno=True)
K = json.load(open('canaries.json'))
OPEN = []
for number in range(3, 256):
    try:
        os.fstat(number)
        OPEN.append(number)
    except OSError:
        pass
def escaped(what=''):
    print('ESCAPED', NAME, str(what)[:200].replace(chr(10), ' '), flush=True)
def call(number, *given):
    ctypes.set_errno(0)
    done = C.syscall(number, *[ctypes.c_long(each) if isinstance(each, int) else each for each in given])
    return done, ctypes.get_errno()
def through(number, *given):
    if number >= 0 and (why := call(number, *given)[1]) not in (errno.EPERM, errno.ENOSYS):
        escaped(errno.errorcode.get(why, 'done'))
def got(value):
    if value != -1:
        escaped(value)
"""
"""What each probe may use."""
COLUMN = 0 if platform.machine() == "x86_64" else 1
N = {name: pair[COLUMN] for name, pair in DENIED.items()}
CLONE, VFORK = ((56, 220)[COLUMN], (58, -1)[COLUMN])

# Canary files are in a folder that its owner alone may enter; `open` can be read by all.
_FILES = {"secret": "K['secret']", "open": "K['open']"}
_TO_FILES = {
    "read": "escaped(open({0}).read())",
    "read by its number": "fd = os.open({0}, os.O_PATH); escaped(open(f'/proc/self/fd/{{fd}}').read())",
    "append": "open({0}, 'a').write('x'); escaped()",
    "truncate": "os.truncate({0}, 0); escaped()",
    "overwrite": "open({0}, 'w').close(); escaped()",
    "remove": "os.unlink({0}); escaped()",
    "rename": "os.rename({0}, {0} + '.x'); escaped()",
    "replace": "open('x', 'w').close(); os.replace('x', {0}); escaped()",
    "take away": "os.rename({0}, 'x'); escaped()",
    "hard link": "os.link({0}, 'l'); escaped(open('l').read())",
    "symbolic link": "os.symlink({0}, 's'); escaped(open('s').read())",
    "map": "f = open({0}, 'r+b'); escaped(mmap.mmap(f.fileno(), 0)[:])",
    "copy": "import shutil; shutil.copy({0}, 'c'); escaped(open('c').read())",
    "mode": "os.chmod({0}, 0o777); escaped() if os.stat({0}).st_mode & 0o777 == 0o777 else 0",
    "times": "os.utime({0}, (1, 1)); escaped() if os.stat({0}).st_mtime == 1 else 0",
    "attribute": "os.setxattr({0}, 'user.y', b'1'); escaped()",
    "read an attribute": "escaped(os.getxattr({0}, 'user.x'))",
    "list attributes": "escaped(os.listxattr({0})) if os.listxattr({0}) else 0",
    "lock": "import fcntl; fcntl.flock(open({0}), fcntl.LOCK_EX); escaped()",
    "run": "os.execv({0}, ['x'])",
}  # fmt: skip
_FOLDERS = {
    "its names": "os.listdir(K['folder'])",
    "its names by scandir": "[each.name for each in os.scandir(K['folder'])]",
    "its names from within": "os.chdir(K['folder']) or os.listdir('.')",
    "its names through a link": "os.symlink(K['folder'], 'd') or os.listdir('d')",
    "its names by glob": "__import__('glob').glob(K['folder'] + '/*')",
    "its names by a shell's expansion": "__import__('pathlib').Path(K['folder']).rglob('*').__next__()",
    "a new file in it": "open(K['folder'] + '/new', 'w').close() or 'made'",
    "a new folder in it": "os.mkdir(K['folder'] + '/new') or 'made'",
    "a link in it": "os.symlink('x', K['folder'] + '/new') or 'made'",
    "a pipe in it": "os.mkfifo(K['folder'] + '/new') or 'made'",
    "a socket in it": "socket.socket(socket.AF_UNIX).bind(K['folder'] + '/new') or 'made'",
    "its removal": "__import__('shutil').rmtree(K['folder']) or 'gone'",
}  # fmt: skip
_PATHS = [
    "/etc/passwd",
    "/etc/shadow",
    "/etc/hostname",
    "/etc/resolv.conf",
    "/etc/machine-id",
    "/proc/1/environ",
    "/proc/1/cmdline",
    "/proc/kcore",
    "/proc/kallsyms",
    "/proc/version",
    "/proc/cmdline",
    "/proc/mounts",
    "/proc/net/tcp",
    "/proc/sysvipc/shm",
    "/proc/keys",
    "/proc/meminfo",
    "/proc/sys/kernel/core_pattern",
    "/sys/kernel/notes",
    "/sys/class/net/lo/address",
    "/dev/mem",
    "/dev/tty",
    "/dev/ptmx",
    "/dev/kmsg",
    "/dev/fuse",
    "/dev/net/tun",
    "/dev/vda",
    "/run/utmp",
    "/var/log/lastlog",
]
_PLACES = [
    "/",
    "/tmp",
    "/var/tmp",
    "/dev/shm",
    "/run",
    "/etc",
    "/usr",
    "/usr/lib",
    "/proc/self",
    "/dev",
    "/home",
    "/root",
    "/opt",
    "/mnt",
]
# Objects of System V and POSIX that the user has: `K` has their numbers, keys and names.
_MEMORY = "C.shmat.restype = ctypes.c_void_p; at = C.shmat(K['shm'], None, {0}); assert at != 2**64 - 1; "
_OBJECTS = {
    "read shared memory": _MEMORY.format("0o10000") + "escaped(ctypes.string_at(at, 6))",
    "write shared memory": _MEMORY.format(0) + "ctypes.memmove(at, b'WRITTEN', 7); escaped()",
    "remove shared memory": "got(C.shmctl(K['shm'], 0, None))",
    "ask of shared memory": "got(C.shmctl(K['shm'], 2, ctypes.create_string_buffer(200)))",
    "find shared memory": "got(C.shmget(K['key'], 0, 0))",
    "make shared memory": "n = C.shmget(0, 4096, 0o1600); C.shmctl(n, 0, None); got(n)",
    "count shared memory": "got(C.shmctl(0, 14, ctypes.create_string_buffer(200)))",
    "walk shared memory": "got(C.shmctl(K['shm'] % 32768, 15, ctypes.create_string_buffer(200)))",
    "read a semaphore": "got(C.semctl(K['sem'], 0, 12))",
    "set a semaphore": "got(C.semctl(K['sem'], 0, 16, 77))",
    "wait at a semaphore": "got(C.semop(K['sem'], struct.pack('HhH', 0, 1, 0o4000), 1))",
    "remove a semaphore": "got(C.semctl(K['sem'], 0, 0))",
    "find a semaphore": "got(C.semget(K['key'], 0, 0))",
    "take a message": "got(C.msgrcv(K['msg'], ctypes.create_string_buffer(99), 80, 0, 0o4000))",
    "send a message": "got(C.msgsnd(K['msg'], struct.pack('q8s', 1, b'written'), 8, 0o4000))",
    "remove messages": "got(C.msgctl(K['msg'], 0, None))",
    "ask of messages": "got(C.msgctl(K['msg'], 2, ctypes.create_string_buffer(200)))",
    "find messages": "got(C.msgget(K['key'], 0))",
    "open POSIX memory": "got(C.shm_open(K['posix'].encode(), 0, 0))",
    "write POSIX memory": "got(C.shm_open(K['posix'].encode(), 2, 0))",
    "make POSIX memory": "got(C.shm_open(K['posix'].encode() + b'-new', 0o102, 0o600))",
    "remove POSIX memory": "got(C.shm_unlink(K['posix'].encode()))",
    "POSIX memory in Python": (
        "from multiprocessing.shared_memory import SharedMemory; m = SharedMemory(K['posix'][1:]); "
        "escaped(bytes(m.buf[:6]))"
    ),
    "open a POSIX semaphore": (
        "C.sem_open.restype = ctypes.c_void_p; s = C.sem_open(K['posix'].encode(), 0); escaped() if s else 0"
    ),
    "remove a POSIX semaphore": "got(C.sem_unlink(K['posix'].encode()))",
    "open a queue": "got(C.mq_open(K['posix'].encode(), 0o4000))",
    "make a queue": "got(C.mq_open(K['posix'].encode() + b'-new', 0o102, 0o600, None))",
    "remove a queue": "got(C.mq_unlink(K['posix'].encode()))",
}  # fmt: skip
_KEPT = ("environ", "maps", "fd", "cwd", "root", "exe", "auxv", "status", "task", "ns/pid")
_LOOK = (
    "p = f'/proc/{{K[\"pid\"]}}/{0}'; escaped(os.readlink(p) if os.path.islink(p) "
    "else os.listdir(p) if os.path.isdir(p) else open(p, 'rb').read(9))"
)
_PROCESSES = {
    **{f"its /proc {name}": _LOOK.format(name) for name in _KEPT},
    "its /proc mem": "open(f\"/proc/{K['pid']}/mem\", 'r+b'); escaped()",
    "signal 0": "os.kill(K['pid'], 0); escaped()",
    "signal": "import signal; os.kill(K['pid'], signal.SIGURG); escaped()",
    "signal the parent": "os.kill(os.getppid() or K['pid'], 0); escaped()",
    "signal everybody": "os.kill(-1, 0); escaped()",
    "signal its group": "os.killpg(os.getpgid(K['pid']), 0); escaped()",
    "signal a thread": "got(C.tgkill(K['pid'], K['pid'], 0))",
    "signal on a file": "import fcntl; fcntl.fcntl(1, fcntl.F_SETOWN, K['pid']); escaped()",
    "follow its end": "os.pidfd_open(K['pid']); escaped()",
    "trace": f"got(call({N['ptrace']}, 0x4206, K['pid'], 0, 0)[0])",
    "its memory": "v = (ctypes.c_size_t * 2)(id(K), 8); "
    f"through({N['process_vm_readv']}, K['pid'], v, 1, v, 1, 0)",
    "its processors": "escaped(os.sched_getaffinity(K['pid']))",
    "bind it": "os.sched_setaffinity(K['pid'], {0}); escaped()",
    "its priority": "escaped(os.getpriority(os.PRIO_PROCESS, K['pid']))",
    "slow it": "os.setpriority(os.PRIO_PROCESS, K['pid'], 19); escaped()",
    "slow all of the user's": "os.setpriority(os.PRIO_USER, 0, 19); escaped()",
    "its limits": "import resource; escaped(resource.prlimit(K['pid'], resource.RLIMIT_NOFILE))",
    "its group": "escaped(os.getpgid(K['pid']))",
    "its session": "escaped(os.getsid(K['pid']))",
    "its policy": "escaped(os.sched_getscheduler(K['pid']))",
    "its clock": "import time; escaped(time.clock_gettime(~K['pid'] * 8 + 2))",
    "outlive": "got(C.prctl(1, 0, 0, 0, 0))",
}  # fmt: skip
_NEW = {
    "fork": "os.fork() or os._exit(0); escaped()",
    "a terminal's fork": "import pty; pty.fork()[0] or os._exit(0); escaped()",
    "vfork": f"got(call({VFORK})[0])",
    "a program": "import subprocess; subprocess.run(['/bin/true']); escaped()",
    "posix_spawn": "os.posix_spawn('/bin/true', ['true'], {}); escaped()",
    "a shell": "escaped() if os.system('true') == 0 else 0",
    "multiprocessing": "import multiprocessing as m; p = m.get_context('fork').Process(target=int); "
    "p.start(); p.join(); escaped()",
    "a thread that is none": f"got(call({CLONE}, 0x11, 0, 0, 0, 0)[0])",
    "clone3": "through(435, ctypes.create_string_buffer(88), 88)",
}
_FAMILIES = {
    "unix": 1,
    "IPv4": 2,
    "IPv6": 10,
    "netlink": 16,
    "packet": 17,
    "TIPC": 30,
    "ALG": 38,
    "vsock": 40,
}
_SOCKETS = {
    **{f"{family} {kind}": f"socket.socket({number}, {type_}); escaped()"
       for (family, number), (kind, type_) in product(
           _FAMILIES.items(), {"stream": 1, "datagram": 2, "raw": 3}.items())},
    "a server of this machine": "socket.create_connection(('127.0.0.1', K['tcp']), 1); escaped()",
    "a datagram to it": "socket.socket(2, 2).sendto(b'x', ('127.0.0.1', K['udp'])); escaped()",
    "a server's abstract name": "socket.socket(1).connect('\\0' + K['abstract']); escaped()",
    "a server's file": "socket.socket(1).connect(K['socket']); escaped()",
    "a pair for datagrams": "socket.socketpair(1, 2); escaped()",
    "a pair for packets": "socket.socketpair(1, 5); escaped()",
    "a descriptor sent": "a, b = socket.socketpair(); socket.send_fds(a, [b'x'], [1]); escaped()",
    "a larger buffer": "socket.socketpair()[0].setsockopt(1, 7, 1 << 24); escaped()",
    "names": "escaped(socket.getaddrinfo('example.org', 80))",
    "interfaces": "escaped(socket.if_nameindex())",
}  # fmt: skip
_LIMITS = {
    "more memory": "import resource as r; r.setrlimit(r.RLIMIT_AS, (-1, -1)); escaped()",
    "more time": "import resource as r; r.setrlimit(r.RLIMIT_CPU, (10**6, 10**6)); escaped()",
    "more descriptors": "import resource as r; r.setrlimit(r.RLIMIT_NOFILE, (9999, 9999)); escaped()",
    "a dump": "import resource as r; r.setrlimit(r.RLIMIT_CORE, (-1, -1)); escaped()",
    "a larger pipe": "import fcntl; fcntl.fcntl(os.pipe()[1], 1031, 1 << 20); escaped()",
    "a file too large": "open('big', 'wb').truncate(1 << 40); escaped()",
    "a lease": "import fcntl; fcntl.fcntl(open('x', 'w'), 1024, 1); escaped()",
    "watch a folder": "import fcntl; fcntl.fcntl(os.open('/usr', 0), 1026, 0xffffffff); escaped()",
    "type for a terminal": "import fcntl; fcntl.ioctl(0, 0x5412, b'x'); escaped()",
    "keep what is written": "import fcntl; fcntl.ioctl(open('x', 'w'), 0x40086602, bytes(8)); escaped()",
    "be root": "os.setuid(0); escaped()",
    "be root already": "escaped() if os.getuid() == 0 else 0",
    "signal process 1": "os.kill(1, 0); escaped()",
    "have a capability": "t = open('/proc/self/status').read(); "
    "escaped() if 'CapEff:\\t0000000000000000' not in t or 'CapBnd:\\t0000000000000000' not in t else 0",
    "a secret of the environment": "escaped() if 'LIMBECK_PROBE' in os.environ else 0",
    "descriptors left open": "escaped(OPEN) if OPEN else 0",
}  # fmt: skip
# Calls of another kind of processor, of x32, and above what is known.
_ODD = [0x40000000 + each for each in (0, 39, 57, 59)] + [470, 500, 511, 512, 1023, 4095, 2**31 - 1, -1]


def probes() -> dict[str, str]:
    """Every probe's code by its name, ``kind: what``."""
    table = {f"file: {what} {name}": act.format(path)
             for (what, act), (name, path) in product(_TO_FILES.items(), _FILES.items())}  # fmt: skip
    table |= {f"folder: {what}": f"v = {code}; escaped(v) if v else 0" for what, code in _FOLDERS.items()}
    table |= {f"read: {path}": f"escaped(open({path!r}, 'rb').read(9))" for path in _PATHS}
    table |= {f"write: {place}": f"open({place + '/limbeck-probe'!r}, 'w'); escaped()" for place in _PLACES}
    groups = {"object": _OBJECTS, "process": _PROCESSES, "new": _NEW, "socket": _SOCKETS, "limit": _LIMITS}
    table |= {f"{kind}: {what}": code for kind, group in groups.items() for what, code in group.items()}
    # Arguments that mean nothing: what lets the call through complains of them with another error.
    table |= {f"call: {name}": f"through({number}, -1, -1, -1, -1, -1, -1)" for name, number in N.items()}
    table |= {f"number: {each:#x}": f"through({each}, 0, 0, 0, 0, 0, 0)" for each in _ODD if each >= 0}
    table["number: -1"] = "got(call(-1)[0])"
    if COLUMN == 0:
        # mov eax, 20; int 0x80; ret: the process's own number, as a program of 32 bits would ask for it.
        code = "b'\\xb8\\x14\\0\\0\\0\\xcd\\x80\\xc3'"
        table["number: of 32 bits"] = (
            f"m = mmap.mmap(-1, 4096, prot=7); m.write({code}); "
            "at = ctypes.addressof(ctypes.c_char.from_buffer(m)); got(ctypes.CFUNCTYPE(ctypes.c_int)(at)())"
        )
    return table


CANARY_ONLY = ("file: ", "folder: ", "object: ", "process: ")
"""Kinds that touch canaries alone: outside of any sandbox they do get what they reach for."""
