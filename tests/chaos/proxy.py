# SPDX-License-Identifier: MIT
"""The network between the pool and its database: a TCP proxy in a process of its own, that can be told to fail.

    proxy.py LISTEN-PORT TO-PORT

takes a word a line on its standard input, and answers it with itself: `reset` (all connections that are there end by a
reset), `stall` (nothing is forwarded any more, nobody is told), `refuse` (a connection is closed at once), `go` (all is
well). It ends with its input.
"""
import asyncio
import socket
import struct
import sys


class Proxy:
    def __init__(self, port):
        self.port, self.pairs = port, set()
        self.flows = asyncio.Event()
        self.flows.set()
        self.refuses = False

    async def serve(self, reader, writer):
        if self.refuses:
            writer.transport.abort()
            return
        try:
            await self.flows.wait()
            there, to = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            writer.transport.abort()
            return
        pair = (writer, to)
        self.pairs.add(pair)
        for end in pair:
            end.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            await asyncio.wait({asyncio.ensure_future(self.copy(reader, to)), asyncio.ensure_future(self.copy(there, writer))},
                               return_when=asyncio.ALL_COMPLETED)  # fmt: skip
        finally:
            self.pairs.discard(pair)
            for end in pair:
                end.close()

    async def copy(self, reader, writer):
        try:
            while data := await reader.read(1 << 17):
                await self.flows.wait()
                writer.write(data)
                await writer.drain()
            writer.write_eof()
        except (OSError, RuntimeError):
            writer.transport.abort()

    def told(self, word):
        self.refuses = word == "refuse"
        if word == "stall":
            self.flows.clear()
        else:
            self.flows.set()
        if word == "reset":
            for pair in list(self.pairs):
                for end in pair:
                    end.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    end.transport.abort()


async def main(port, to):
    proxy = Proxy(to)
    await asyncio.start_server(proxy.serve, "127.0.0.1", port, backlog=256)
    words = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(words), sys.stdin)
    print("go", flush=True)
    while line := await words.readline():
        proxy.told(line.decode().strip())
        print(line.decode().strip(), flush=True)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
