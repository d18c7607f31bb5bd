"""Holds a packet socket on a device that nobody reads: packet-socket.py DEVICE. Ends when stdin closes.

Of each packet that it sees a clone stays in its queue."""
import socket
import sys

ETH_P_ALL = 3
with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL)) as receiver:
    receiver.bind((sys.argv[1], ETH_P_ALL))
    print("ready", flush=True)
    sys.stdin.read()
