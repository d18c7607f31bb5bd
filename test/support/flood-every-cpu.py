"""Sends datagrams from several processors at once: flood-every-cpu.py ADDRESS PORT FIRST-SOURCE-PORT PROCESSORS COUNT.

Processor N sends COUNT datagrams from source port FIRST-SOURCE-PORT + N, numbered from 0 in their first eight bytes."""
import os
import socket
import sys

address, port, first, processors, count = sys.argv[1], *map(int, sys.argv[2:])
start_read, start_write = os.pipe()
children = []
for processor in range(processors):
    child = os.fork()
    if child == 0:
        os.close(start_write)
        os.sched_setaffinity(0, {processor})
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.bind(("", first + processor))
            # Ends when all of them are ready: the parent closes its end.
            os.read(start_read, 1)
            for number in range(count):
                sender.sendto(number.to_bytes(8, "big"), (address, port))
        os._exit(0)
    children.append(child)
os.close(start_write)
sys.exit(max(os.waitpid(child, 0)[1] != 0 for child in children))
