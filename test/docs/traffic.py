"""Packets for documented commands to show: refused connections, datagrams nobody reads, pings; 20 rounds a second, for a minute or two.

Runs in a network namespace whose addresses are all its own, so nothing leaves it.
"""

import os
import socket
import struct
import time

ADDRESS = "10.0.0.1"


def connect(port):
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as client:
        client.settimeout(0.2)
        client.connect_ex((ADDRESS, port))


def send(family, address, port):
    with socket.socket(family, socket.SOCK_DGRAM) as client:
        client.sendto(b"x", (address, port))


def ping(number):
    # Each has an identifier of its own: connection tracking takes those with the same one for one connection, and what was established
    # while a ruleset was being loaded would be accepted by it for ever.
    header = struct.pack("!BBHHH", 8, 0, 0, number & 0xFFFF, 1)
    checksum = 0xFFFF - sum(struct.unpack("!4H", header)) % 0xFFFF
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as client:
        client.sendto(header[:2] + struct.pack("!H", checksum) + header[4:], (ADDRESS, 0))


parent = os.getppid()
for round_number in range(3000):
    if os.getppid() != parent:
        break
    for port in (80, 443):
        connect(port)
    send(socket.AF_INET, ADDRESS, 9)
    send(socket.AF_INET6, "::1", 5005)
    ping(round_number)
    time.sleep(0.05)
