"""A proxy in front of a broker that can refuse to store: a full disk, as a producer sees it.

    with KafkaProxy(stack.broker.port) as proxy:
        start_producer(KAFKA_BOOTSTRAP_SERVERS=proxy.address)
        proxy.refuses = True      # every produce request gets KAFKA_STORAGE_ERROR; nothing is stored

Addresses within the broker's metadata are rewritten, so that its clients stay with the proxy. It
speaks the versions of librdkafka 2.0: Produce 3 to 7, Metadata 3 to 8.
"""
import io
import socket
import struct
import threading

PRODUCE, METADATA = 0, 3
KAFKA_STORAGE_ERROR = 56


class KafkaProxy:
    def __init__(self, port):
        self.target = ("127.0.0.1", port)
        self.refuses = False
        self.refused = 0  # Produce requests.
        self.sockets = []

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        for one in (self.listener, *self.sockets):
            one.close()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return  # Closed.
            try:
                broker = socket.create_connection(self.target)
            except OSError:
                client.close()
                continue
            for one in (client, broker):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.sockets.append(one)
            link = _Link(self, client, broker)
            for work in (link.pass_requests, link.pass_answers):
                threading.Thread(target=link.until_closed, args=(work,), daemon=True).start()


class _Link:
    """One client's connection."""

    def __init__(self, proxy, client, broker):
        self.proxy, self.client, self.broker = proxy, client, broker
        self.asked = {}  # Correlation -> what was asked, and its version.
        self.writing = threading.Lock()

    def until_closed(self, work):
        try:
            work()
        except (OSError, EOFError):
            pass
        finally:
            for one in (self.client, self.broker):
                try:
                    one.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def pass_requests(self):
        while True:
            frame = receive(self.client)
            kind, version, correlation = struct.unpack_from(">hhi", frame)
            if kind == PRODUCE and self.proxy.refuses:
                self.answer(refusal(frame, version, correlation))
                self.proxy.refused += 1
                continue
            self.asked[correlation] = kind, version
            self.broker.sendall(struct.pack(">i", len(frame)) + frame)

    def pass_answers(self):
        while True:
            frame = receive(self.broker)
            kind, version = self.asked.pop(struct.unpack_from(">i", frame)[0])
            self.answer(self.with_our_port(frame, version) if kind == METADATA else frame)

    def answer(self, frame):
        with self.writing:
            self.client.sendall(struct.pack(">i", len(frame)) + frame)

    def with_our_port(self, frame, version):
        assert 3 <= version <= 8, f"Metadata {version} is not known here."
        frame, reader = bytearray(frame), Reader(frame, 8)  # Correlation and throttle time.
        for _ in range(reader.number(">i")):
            reader.number(">i")
            reader.text()
            struct.pack_into(">i", frame, reader.tell(), self.proxy.port)
            reader.number(">i")
            reader.text()
        return bytes(frame)


class Reader(io.BytesIO):
    def __init__(self, data, position):
        super().__init__(data)
        self.seek(position)

    def number(self, layout):
        return struct.unpack(layout, self.read(struct.calcsize(layout)))[0]

    def text(self):
        return self.read(max(self.number(">h"), 0))


def receive(connection):
    (size,) = struct.unpack(">i", receive_exactly(connection, 4))
    return receive_exactly(connection, size)


def receive_exactly(connection, size):
    data = bytearray()
    while len(data) < size:
        piece = connection.recv(size - len(data))
        if not piece:
            raise EOFError
        data += piece
    return bytes(data)


def refusal(frame, version, correlation):
    """The answer to a produce request: nothing of it could be stored."""
    assert 3 <= version <= 7, f"Produce {version} is not known here."
    reader = Reader(frame, 8)
    reader.text()  # The client's id.
    reader.text()  # The transaction's id.
    reader.number(">h")
    reader.number(">i")
    topics = reader.number(">i")
    answer = struct.pack(">ii", correlation, topics)
    for _ in range(topics):
        name = reader.text()
        partitions = reader.number(">i")
        answer += struct.pack(">h", len(name)) + name + struct.pack(">i", partitions)
        for _ in range(partitions):
            partition = reader.number(">i")
            reader.read(max(reader.number(">i"), 0))
            answer += struct.pack(">ihqq", partition, KAFKA_STORAGE_ERROR, -1, -1)
            answer += struct.pack(">q", -1) if version >= 5 else b""
    return answer + struct.pack(">i", 0)
