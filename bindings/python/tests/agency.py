"""The real server in a process of its own, and devices of its workers. It speaks TLS under a certificate of the tests' own making."""

import hashlib
import hmac
import os
import secrets
import subprocess
from pathlib import Path

import caseweave
import trustme

# Signs the certificates of servers. Tests name it to the system as the one that is trusted.
AUTHORITY = trustme.CA()


class FileVault(caseweave.KeyVault):
    """Seals under a key in a file, well enough to tell a wrong key. For tests: it keeps no secret from whoever reads the file."""

    def __init__(self, file: Path):
        self._file = file
        if not file.exists():
            file.write_bytes(secrets.token_bytes(32))

    def seal(self, name: str, secret: bytes) -> bytes:
        masked = self._masked(name, secret)
        return self._tag(name, masked) + masked

    def open(self, name: str, sealed: bytes) -> bytes:
        tag, masked = sealed[:32], sealed[32:]
        if not hmac.compare_digest(tag, self._tag(name, masked)):
            raise caseweave.KeyVaultError.Failed("the key does not fit")
        return self._masked(name, masked)

    def delete(self, name: str) -> None:
        self._file.unlink(missing_ok=True)

    def _masked(self, name: str, data: bytes) -> bytes:
        stream = hashlib.shake_256(self._file.read_bytes() + name.encode()).digest(len(data))
        return bytes(a ^ b for a, b in zip(data, stream))

    def _tag(self, name: str, data: bytes) -> bytes:
        return hmac.digest(self._file.read_bytes(), name.encode() + data, "sha256")


class LossyDriver:
    """A network that loses answers, or requests, when told to."""

    def __init__(self):
        self._inner = caseweave.UrllibDriver()
        self.replies_to_lose = 0
        self.requests_to_lose = 0

    def send(self, request):
        if self.requests_to_lose > 0:
            self.requests_to_lose -= 1
            raise ConnectionError("the request is lost")
        answer = self._inner.send(request)
        if self.replies_to_lose > 0:
            self.replies_to_lose -= 1
            raise ConnectionError("the reply is lost")
        return answer


class Server:
    """One agency on the real server."""

    def __init__(self, directory: Path):
        self.directory = directory
        self._data = directory / "server"
        self._data.mkdir()
        self._organisation = self._command("org", "add", "--data", self._data, "Agency")
        self._process = self._start("serve", "--data", self._data, "--listen", "127.0.0.1:0", *self._certificate())
        said = self._process.stdout.readline().strip()
        assert said.startswith("listening on "), self._log()
        self._url = "https://" + said.removeprefix("listening on ")
        self.pauses = []

    def stop(self):
        self._process.terminate()
        self._process.communicate()

    def worker(self, name: str) -> str:
        return self._command("worker", "add", *self._here(), name)

    def link(self, worker: str) -> str:
        return self._command("device", "enrol", *self._here(), "--worker", worker, "--url", self._url)

    def revoke(self, device: str):
        self._command("device", "revoke", *self._here(), device)

    def set(self, settings: str):
        file = self.directory / "settings.json"
        file.write_text(settings)
        self._command("settings", "set", *self._here(), file)

    def home(self, name: str) -> Path:
        return self.directory / name

    def vault(self, name: str) -> FileVault:
        return FileVault(self.directory / f"{name}.key")

    def retry(self, attempts: int = 5) -> caseweave.Retry:
        """Pauses that take no time and are written down."""
        return caseweave.Retry(attempts=attempts, pause=self.pauses.append)

    def device(self, worker: str, name: str, http=None) -> caseweave.Caseweave:
        return caseweave.Caseweave.enrol(self.link(worker), self.home(name), self.vault(name), http, self.retry())

    def _certificate(self):
        issued = AUTHORITY.issue_cert("127.0.0.1")
        chain, key = self.directory / "cert.pem", self.directory / "key.pem"
        issued.private_key_pem.write_to_path(key)
        for certificate in issued.cert_chain_pems:
            certificate.write_to_path(chain, append=True)
        return "--tls-cert", chain, "--tls-key", key

    def _here(self):
        return "--data", self._data, "--org", self._organisation

    def _start(self, *arguments) -> subprocess.Popen:
        with open(self.directory / "server.log", "a") as log:
            command = [os.environ["CASEWEAVE_SERVER"], *map(str, arguments)]
            return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)

    def _command(self, *arguments) -> str:
        command = self._start(*arguments)
        printed, _ = command.communicate()
        assert command.returncode == 0, self._log()
        return printed.strip()

    def _log(self) -> str:
        return (self.directory / "server.log").read_text()
