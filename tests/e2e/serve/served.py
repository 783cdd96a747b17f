"""A small model behind the real server, and what a test asks of both."""
import contextlib
import http.client
import os
import pathlib
import re
import resource
import signal
import subprocess
import tempfile


@contextlib.contextmanager
def project(binary):
    """A folder with a trained model, stage `fit`."""
    with tempfile.TemporaryDirectory(prefix="mlopsctl-serve-") as folder:
        for words in (["init"], ["run", "fit", "--report", "no"]):
            subprocess.run([binary, "-C", folder, *words], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        yield pathlib.Path(folder)


class Server:
    def __init__(self, binary, folder, *options):
        self.process = subprocess.Popen([binary, "-C", folder, "serve", "--model", "fit", "--host", "127.0.0.1", "--port", "0", *options],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        line = self.process.stderr.readline()
        found = re.search(r"on port (\d+)", line)
        if not found:
            raise SystemExit("the server said: " + line + self.process.stderr.read())
        self.port = int(found[1])

    def ask(self, method, path, body=None, headers={}):
        """(status, headers, body)"""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def status_of(self, key):
        """A line of /proc/PID/status, in its unit."""
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(key + ":"):
                return int(line.split()[1])

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def end(self, number=signal.SIGTERM):
        """Its exit code."""
        self.process.send_signal(number)
        code = self.process.wait(30)
        self.process.stderr.close()
        return code


def allow_descriptors(wanted):
    """How many this process may have open, raised as far as it may be."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return max(soft, most)
