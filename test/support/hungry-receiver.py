"""Takes all that fits into a huge buffer and reads nothing: hungry-receiver.py ADDRESS PORT. Ends when stdin closes."""
import socket
import sys

SO_RCVBUFFORCE = 33  # include/uapi/asm-generic/socket.h

address, port = sys.argv[1], int(sys.argv[2])
receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
receiver.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 32 << 20)
receiver.bind((address, port))
print("ready", flush=True)
sys.stdin.read()
