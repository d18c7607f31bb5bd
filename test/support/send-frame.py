"""Sends one Ethernet frame: send-frame.py DEVICE HEX [COUNT]. Prints how many were sent."""
import socket
import sys

device, frame = sys.argv[1], bytes.fromhex(sys.argv[2])
count = int(sys.argv[3]) if len(sys.argv) > 3 else 1
with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sender:
    sender.bind((device, 0))
    for _ in range(count):
        sender.send(frame)
print(count)
