"""Messages of any length over a stream socket: the length first, then the bytes."""

import socket
import struct


def send(to: socket.socket, message: bytes) -> None:
    to.sendall(struct.pack("<Q", len(message)) + message)


def receive(source: socket.socket) -> bytes:
    """The next message; raises EOFError where the other side has gone."""
    return bytes(_exactly(source, struct.unpack("<Q", _exactly(source, 8))[0]))


def _exactly(source: socket.socket, size: int) -> bytearray:
    data = bytearray()
    while len(data) < size:
        part = source.recv(min(size - len(data), 1 << 20))
        if not part:
            raise EOFError
        data += part
    return data
