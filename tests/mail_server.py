"""A mail server of our own on loopback: it keeps what it takes, and refuses as a real one does.

It follows RFC 5321 (SMTP: order of commands, limits of lines, replies), RFC 1870 (SIZE) and RFC 3207
(STARTTLS, which it can ask for but not offer: it has no certificate).
"""

from __future__ import annotations

import re
import socketserver
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

LINE = 1000  # octets of a line of text with its CRLF, RFC 5321, 4.5.3.1.6
COMMAND = 512  # octets of a command with its CRLF, 4.5.3.1.4
PATH = re.compile(r"(?:FROM|TO):<([^<>\s]{0,254})>((?: [A-Z0-9]+(?:=\S+)?)*)", re.IGNORECASE)


@dataclass
class MailServer:
    """What a server takes, and what it took. Each mail with the address it was sent to.

    unknown: addresses nobody has, 550. busy: those that are to be tried later, 451. size: octets a
    mail may have. wants_tls: whether it takes mails of encrypted sessions alone, 530.
    """

    port: int = 0
    unknown: Collection[str] = ()
    busy: Collection[str] = ()
    size: int = 100_000
    wants_tls: bool = False
    taken: list[tuple[str, EmailMessage]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


class _Session(socketserver.StreamRequestHandler):
    """One client: a command a line, a reply to each."""

    timeout = 10
    server: Any
    sender: str | None

    def handle(self) -> None:
        self.rules: MailServer = self.server.rules
        self.greeted, self.sender, self.to = False, None, list[str]()
        self.reply("220 mail.example ready")
        while line := self.rfile.readline(COMMAND + 1):
            if len(line) > COMMAND or not line.endswith(b"\r\n"):
                self.reply("500 5.5.6 a line ends with CRLF and has at most 512 octets")
                return
            word, _, rest = line.decode("ascii", "replace").rstrip("\r\n").partition(" ")
            if word.upper() == "QUIT":
                self.reply("221 2.0.0 bye")
                return
            act = getattr(self, f"do_{word.lower()}", None)
            self.reply(act(rest) if act else "500 5.5.1 no such command")

    def reply(self, words: str) -> None:
        if words[0] in "45":
            self.rules.refused.append(words[:3])
        self.wfile.write(f"{words}\r\n".encode())

    def do_ehlo(self, name: str) -> str:
        self.greeted, self.sender, self.to = bool(name.strip()), None, []
        return f"250-mail.example\r\n250-8BITMIME\r\n250 SIZE {self.rules.size}"

    def do_rset(self, rest: str) -> str:
        self.sender, self.to = None, []
        return "250 2.0.0 ok"

    def do_mail(self, rest: str) -> str:
        found = PATH.fullmatch(rest)
        if not self.greeted or self.sender is not None:
            return "503 5.5.1 not now"
        if self.rules.wants_tls:
            return "530 5.7.0 must issue a STARTTLS command first"
        if found is None or not rest.upper().startswith("FROM"):
            return "501 5.5.4 no such sender"
        size = re.search(r"SIZE=(\d+)", found[2].upper())
        if size and int(size[1]) > self.rules.size:
            return "552 5.3.4 too large"
        self.sender = found[1]
        return "250 2.1.0 ok"

    def do_rcpt(self, rest: str) -> str:
        found = PATH.fullmatch(rest)
        if self.sender is None:
            return "503 5.5.1 not now"
        if found is None or not rest.upper().startswith("TO") or "@" not in found[1]:
            return "501 5.1.3 no such recipient"
        if found[1] in self.rules.unknown:
            return "550 5.1.1 nobody has this address"
        if found[1] in self.rules.busy:
            return "451 4.7.1 try later"
        self.to.append(found[1])
        return "250 2.1.5 ok"

    def do_data(self, rest: str) -> str:
        if not self.to:
            return "503 5.5.1 not now"
        self.reply("354 go ahead")
        lines: list[bytes] = []
        fault = ""
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                return "451 4.3.0 the client went away"
            if not line.endswith(b"\r\n") or b"\r" in line[:-2]:
                fault = "521 5.5.2 a bare CR or LF"
            elif len(line) > LINE:
                fault = "500 5.5.2 a line of more than 1000 octets"
            lines.append(line[1:] if line.startswith(b".") else line)
        to, self.sender, self.to = self.to, None, []
        whole = b"".join(lines)
        if len(whole) > self.rules.size:
            fault = "552 5.3.4 too large"
        if fault:
            return fault
        message: Any = message_from_bytes(whole, policy=policy.default)
        self.rules.taken += [(one, message) for one in to]
        return "250 2.0.0 taken"


@contextmanager
def mail_server(**rules: Any) -> Iterator[MailServer]:
    """Run a mail server on loopback as long as the block lasts."""
    found = MailServer(**rules)
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Session) as server:
        server.rules = found  # type: ignore[attr-defined]
        found.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}).start()
        try:
            yield found
        finally:
            server.shutdown()
