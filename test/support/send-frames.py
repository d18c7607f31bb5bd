"""Sends Ethernet frames, each COUNT times: send-frames.py DEVICE COUNT HEX..."""
import socket
import sys

device, count, frames = sys.argv[1], int(sys.argv[2]), [bytes.fromhex(text) for text in sys.argv[3:]]
with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sender:
    sender.bind((device, 0))
    for frame in frames:
        for _ in range(count):
            sender.send(frame)
