"""Closes a UDP socket that holds a datagram: abandoned-sockets.py ADDRESS PORT."""

import socket
import sys

address = (sys.argv[1], int(sys.argv[2]))
receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
receiver.bind(address)
receiver.sendto(b"unread", address)
receiver.close()
