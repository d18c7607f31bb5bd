"""Connects two vsock sockets on this machine, closes them with unread data, and connects to a port where nothing listens (vsock(7))."""

import socket

local_cid, port = 1, 5000


def stream() -> socket.socket:
    return socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)


listener, client = stream(), stream()
listener.bind((local_cid, port))
listener.listen(1)
client.connect((local_cid, port))
server, _ = listener.accept()
client.send(b"unread")
server.close()
client.close()
listener.close()
try:
    stream().connect((local_cid, port + 1))
except ConnectionError:
    pass
