"""Trains both models, starts both servers, measures them in turns, writes the report."""

import datetime
import os
import pathlib
import platform
import selectors
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

import numpy
import xgboost

FEATURES, ROWS, RUNS, SECONDS, WARM_UP = 28, 20_000, 5, 4.0, 0.5


def data():
    numbers = numpy.random.default_rng(1)
    x = numbers.normal(size=(ROWS, FEATURES)).round(4)
    y = (x[:, 0] + x[:, 1] * x[:, 2] + numbers.normal(size=ROWS) > 0).astype(int)
    return x, y


def train(sapwood, directory):
    """Two models of 100 trees of depth 6 on the same rows."""
    x, y = data()
    numpy.savetxt(directory / "train.csv", numpy.column_stack([y, x]), fmt="%g", delimiter=",")
    words = ["objective=binary:logistic", "num_round=100", "max_depth=6", "eta=0.1"]
    paths = ["--train", directory / "train.csv", "--model-out", directory / "model.sapwood"]
    subprocess.run([sapwood, "train", *paths, *words], check=True, capture_output=True)
    parameters = {"objective": "binary:logistic", "max_depth": 6, "eta": 0.1, "tree_method": "hist"}
    xgboost.train(parameters, xgboost.DMatrix(x, y), 100).save_model(directory / "model.ubj")
    return [",".join(f"{value:g}" for value in row) + "\n" for row in x[:500]]


def wait_for(port):
    for _ in range(300):
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{port}/ping", timeout=1).status
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"nobody answers on port {port}")


class Connection:
    """One request at a time on a connection that stays open."""

    def __init__(self, port, requests):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.requests, self.next, self.answer = requests, 0, b""

    def send(self):
        self.answer, self.start = b"", time.perf_counter()
        self.socket.sendall(self.requests[self.next % len(self.requests)])
        self.next += 1

    def receive(self):
        """Whether the answer is complete."""
        part = self.socket.recv(65536)
        if not part:
            raise SystemExit("a connection was closed")
        self.answer += part
        head, end, body = self.answer.partition(b"\r\n\r\n")
        if not end:
            return False
        if b" 200 " not in head[:20]:
            raise SystemExit(self.answer.decode())
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        return len(body) >= int(length.split(b":")[1])


def measure(port, rows, connections):
    """Requests a second, and the times that single ones took."""
    head = "POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\nContent-Length: {}\r\n\r\n{}"
    requests = [head.format(len(row), row).encode() for row in rows]
    ready, times = selectors.DefaultSelector(), []
    opened = [Connection(port, requests) for _ in range(connections)]
    for connection in opened:
        ready.register(connection.socket, selectors.EVENT_READ, connection)
        connection.send()
    begin = time.perf_counter() + WARM_UP
    while time.perf_counter() < begin + SECONDS:
        for key, _ in ready.select():
            if key.data.receive():
                now = time.perf_counter()
                if now > begin:
                    times.append(now - key.data.start)
                key.data.send()
    for connection in opened:
        connection.socket.close()
    times.sort()
    return len(times) / SECONDS, times[len(times) // 2], times[len(times) * 99 // 100]


def processor():
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def report(results, cpus, load):
    lines = [
        "# Single-row CSV requests",
        "",
        f"{datetime.date.today()}, {processor()}, {cpus} CPUs, Python {platform.python_version()}, load average {load[0]:.1f} before: other work ran at"
        " the same time. Client and server share the machine. 100 trees of depth 6, 28 features. Medians of"
        f" {RUNS} runs of {SECONDS:.0f} s, taken in turns; in brackets the range.",
        "",
        f"XGBoost {xgboost.__version__} behind flask and gunicorn, {cpus} gevent workers.",
        "",
        "| server | connections | requests/s | p50 ms | p99 ms |",
        "|---|---|---|---|---|",
    ]
    for (name, connections), runs in results.items():
        rates, p50, p99 = zip(*runs)
        middle = statistics.median
        lines.append(
            f"| {name} | {connections} | {middle(rates):,.0f} ({min(rates):,.0f} – {max(rates):,.0f})"
            f" | {1e3 * middle(p50):.3f} | {1e3 * middle(p99):.3f} |"
        )
    return "\n".join(lines) + "\n"


def main():
    sapwood, target = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    cpus, load = len(os.sched_getaffinity(0)), os.getloadavg()
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        rows = train(sapwood, directory)
        ports = {"sapwood serve": 18081, "XGBoost, flask, gunicorn": 18082}
        ours = [sapwood, "serve", "--model", directory / "model.sapwood", "--host", "127.0.0.1", "--port", "18081"]
        peer = [sys.executable, "-m", "gunicorn", "-k", "gevent", "-w", str(cpus), "-b", "127.0.0.1:18082", "peer:app"]
        environment = {**os.environ, "PEER_MODEL": str(directory / "model.ubj"), "OMP_NUM_THREADS": "1"}
        servers = [
            subprocess.Popen(ours, stderr=subprocess.DEVNULL),
            subprocess.Popen(peer, cwd=pathlib.Path(__file__).parent, env=environment, stderr=subprocess.DEVNULL),
        ]
        try:
            for port in ports.values():
                wait_for(port)
            results = {}
            for _ in range(RUNS):
                for connections in (1, 32):
                    for name, port in ports.items():
                        results.setdefault((name, connections), []).append(measure(port, rows, connections))
        finally:
            for server in servers:
                server.terminate()
            for server in servers:
                server.wait()
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(report(dict(sorted(results.items(), key=lambda item: item[0][1])), cpus, load))
    print(target.read_text())


main()
