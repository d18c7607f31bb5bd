"""Holds a UDP socket whose filter rejects everything: filtered-receiver.py ADDRESS PORT. Ends when stdin closes."""
import ctypes
import socket
import struct
import sys

SO_ATTACH_FILTER = 26  # include/uapi/asm-generic/socket.h
RETURN_ZERO = struct.pack("HBBI", 0x06, 0, 0, 0)  # struct sock_filter: BPF_RET | BPF_K, 0

address, port = sys.argv[1], int(sys.argv[2])
family = socket.AF_INET6 if ":" in address else socket.AF_INET
program = ctypes.create_string_buffer(RETURN_ZERO)
with socket.socket(family, socket.SOCK_DGRAM) as receiver:
    # struct sock_fprog: number of instructions, pointer to them
    receiver.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HxxxxxxP", 1, ctypes.addressof(program)))
    receiver.bind((address, port))
    print("ready", flush=True)
    sys.stdin.read()
