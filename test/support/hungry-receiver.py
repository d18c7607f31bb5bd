"""Takes all that fits into a huge buffer and reads nothing: hungry-receiver.py udp|tcp ADDRESS PORT. Ends when stdin closes."""
import socket
import sys

SO_RCVBUFFORCE = 33  # include/uapi/asm-generic/socket.h

kind, address, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM)
receiver.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 32 << 20)
receiver.bind((address, port))
if kind == "tcp":
    receiver.listen()
print("ready", flush=True)
sys.stdin.read()
