"""Takes the server's pulse from a process of its own: GET /health every 10 ms, and beside it how late this machine wakes anybody."""
import multiprocessing
import socket
import threading
import time

REQUEST = b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n"


def beat(connection):
    connection.sendall(REQUEST)
    answer = b""
    while b'{"status":"ok"}' not in answer:
        piece = connection.recv(4096)
        if not piece:
            raise ConnectionError("the server closed a connection that asked for /health")
        answer += piece


def take(port, asked, told):
    worst = {"health": 0.0, "machine": 0.0}
    stopping = threading.Event()

    # A process that wants 10 ms of sleep and gets more was kept from running: so was the server, perhaps.
    def machine(pipe):
        while not pipe.poll(0):
            before = time.perf_counter()
            time.sleep(0.01)
            pipe.send(time.perf_counter() - before - 0.01)

    here, there = multiprocessing.Pipe()
    sleeper = multiprocessing.Process(target=machine, args=(there,), daemon=True)
    sleeper.start()
    count, fault = 0, ""
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), 10) as connection:
                connection.settimeout(10)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for _ in range(20):  # every so often a new connection
                    before = time.perf_counter()
                    beat(connection)
                    worst["health"] = max(worst["health"], time.perf_counter() - before)
                    count += 1
                    while here.poll(0):
                        worst["machine"] = max(worst["machine"], here.recv())
                    if asked.poll(0):
                        if asked.recv() == "stop":
                            here.send("stop")
                            stopping.set()
                        told.send((count, worst["health"], worst["machine"], fault))
                        worst, count, fault = {"health": 0.0, "machine": 0.0}, 0, ""
                        if stopping.is_set():
                            return
                    time.sleep(0.01)
        except OSError as problem:
            fault = str(problem)
            time.sleep(0.01)


class Pulse:
    """since(): (beats, the worst answer in s, the worst wake-up of the machine in s, a fault or "") since it was last asked."""

    def __init__(self, port):
        asked, self.ask = multiprocessing.Pipe(False)
        self.tell, told = multiprocessing.Pipe(False)
        self.process = multiprocessing.Process(target=take, args=(port, asked, told))
        self.process.start()

    def since(self, word="go on"):
        self.ask.send(word)
        if not self.tell.poll(30):
            raise SystemExit("/health was not answered for 30 s")
        return self.tell.recv()

    def end(self):
        self.since("stop")
        self.process.join()
