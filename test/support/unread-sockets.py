"""Opens sockets that nobody reads: unread-sockets.py ADDRESS PORT... A UDP socket and a TCP listener on each port.

What arrives stays queued, so packets are still alive when the functions that handled them return."""
import socket
import sys

address, ports = sys.argv[1], [int(port) for port in sys.argv[2:]]
sockets = []
for port in ports:
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        opened = socket.socket(socket.AF_INET, kind)
        opened.bind((address, port))
        sockets.append(opened)
        if kind == socket.SOCK_STREAM:
            opened.listen()
print("ready", flush=True)
sys.stdin.read()
