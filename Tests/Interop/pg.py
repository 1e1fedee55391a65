"""A PostgreSQL for tests, stopped when this process ends; the tests' only way to it is `scripts/postgres-for-tests`."""

import subprocess

import kit


class Server:
    """A server of one's own: `kill`, `stop` and `start` act on it; `url` is of its one database."""

    def __init__(self):
        self.process = subprocess.Popen([kit.ROOT / "scripts" / "postgres-for-tests"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip()
        if not self.url.startswith("postgresql://"):
            raise RuntimeError("PostgreSQL did not start: scripts/postgres-for-tests says why")

    def command(self, word):
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        assert answer == "ok", f"PostgreSQL did not {word}"

    def address(self, schema):
        return f"{self.url}?schema={schema}"

    def close(self):
        self.process.stdin.close()
        self.process.wait(60)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
