"""A receiver that causes drops: stubborn-receiver.py slow|full ADDRESS PORT. Prints a line once it is there; ends with stdin.

slow: a UDP socket with the smallest buffer, never read. full: a TCP listener with the smallest backlog that accepts nothing.
"""
import socket
import sys

kind, address, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
if kind == "slow":
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 0)
    receiver.bind((address, port))
else:
    receiver = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    receiver.bind((address, port))
    receiver.listen(0)
print("ready", flush=True)
sys.stdin.read()
