"""Attaches a BPF program that drops all packets to a control group: cgroup-drop.py ingress|egress DIRECTORY. Ends when stdin closes."""
import ctypes
import os
import struct
import sys

BPF_PROG_LOAD, BPF_LINK_CREATE = 5, 28  # enum bpf_cmd (include/uapi/linux/bpf.h)
BPF_PROG_TYPE_CGROUP_SKB = 8
ATTACH_TYPES = {"ingress": 0, "egress": 1}
RETURN_ZERO = struct.pack("<BBhi", 0xB7, 0, 0, 0) + struct.pack("<BBhi", 0x95, 0, 0, 0)  # r0 = 0; exit
SYS_BPF = {"x86_64": 321, "aarch64": 280}[os.uname().machine]

libc = ctypes.CDLL(None, use_errno=True)


def bpf(command, attributes):
    buffer = ctypes.create_string_buffer(attributes, 128)
    result = libc.syscall(SYS_BPF, command, buffer, 128)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


attach_type = ATTACH_TYPES[sys.argv[1]]
instructions = ctypes.create_string_buffer(RETURN_ZERO, len(RETURN_ZERO))
licence = ctypes.create_string_buffer(b"GPL")
# union bpf_attr up to expected_attach_type
program = bpf(
    BPF_PROG_LOAD,
    struct.pack("<IIQQ", BPF_PROG_TYPE_CGROUP_SKB, 2, ctypes.addressof(instructions), ctypes.addressof(licence))
    + bytes(44)
    + struct.pack("<I", attach_type),
)
# The link ends with this process.
link = bpf(BPF_LINK_CREATE, struct.pack("<IIII", program, os.open(sys.argv[2], os.O_RDONLY | os.O_DIRECTORY), attach_type, 0))
print("ready", flush=True)
sys.stdin.read()
