"""A bucket of our own on loopback: it keeps what it takes, and refuses as the real service does.

It follows the Amazon S3 API Reference, version 2006-03-01 (PutObject, GetObject, HeadObject,
DeleteObject, ListObjects, Error Responses) and "Signature Version 4 for API requests" of the AWS
documentation: every request is signed anew here and compared.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit
from xml.sax.saxutils import escape

KEY_ID, SECRET, NAME, REGION = "w12-test-key", "w12-test-secret", "w12-files", "eu-central-1"
SKEW = timedelta(minutes=15)
# What a request may carry here; the real service answers 501 NotImplemented to headers it knows no use of.
QUERY = {"prefix", "delimiter", "marker", "max-keys", "encoding-type"}


@dataclass
class BucketServer:
    """What lies in the bucket, and how it behaves.

    page: names a listing tells at once, 1000 at the real service. slow: answers 503 SlowDown.
    """

    port: int = 0
    page: int = 1000
    slow: bool = False
    held: dict[str, tuple[bytes, datetime]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    @property
    def options(self) -> dict[str, str]:
        """Return what the product has to be told to find it."""
        endpoint = f"http://127.0.0.1:{self.port}"
        return {
            "bucket": NAME,
            "region": REGION,
            "endpoint": endpoint,
            "key_id": KEY_ID,
            "secret": SECRET,
        }


class Refusal(Exception):
    """An answer of the Error Responses table: status and code."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status, self.code = status, code


def signature(secret: str, scope: list[str], moment: str, request: str) -> str:
    """Return the signature of a canonical request. scope: day, region, service, aws4_request."""
    digest = hashlib.sha256(request.encode()).hexdigest()
    text = "\n".join(["AWS4-HMAC-SHA256", moment, "/".join(scope), digest])
    key = f"AWS4{secret}".encode()
    for part in scope:
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, text.encode(), "sha256").hex()


class _Request(BaseHTTPRequestHandler):
    """One client's requests."""

    protocol_version = "HTTP/1.1"
    timeout = 10
    server: Any

    def log_message(self, *_: Any) -> None:
        """Say nothing: what was refused is in `refused`."""

    def answer(self) -> None:
        rules: BucketServer = self.server.rules
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            self.check(body)
            if rules.slow:
                raise Refusal(503, "SlowDown")
            bucket, _, key = unquote(urlsplit(self.path).path).lstrip("/").partition("/")
            if bucket != NAME:
                raise Refusal(404, "NoSuchBucket")
            getattr(self, f"{self.command.lower()}_{'object' if key else 'bucket'}")(key, body)
        except Refusal as refusal:
            rules.refused.append(refusal.code)
            xml = (
                f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{refusal.code}</Code></Error>'
            )
            self.reply(refusal.status, b"" if self.command == "HEAD" else xml.encode())

    do_GET = do_HEAD = do_PUT = do_DELETE = answer

    def check(self, body: bytes) -> None:
        """Refuse what is not signed as the documentation says, is old, or arrived otherwise."""
        kind, _, rest = self.headers.get("Authorization", "").partition(" ")
        if kind != "AWS4-HMAC-SHA256":
            raise Refusal(403, "AccessDenied")
        given = dict(part.strip().split("=", 1) for part in rest.split(","))
        key_id, *scope = given["Credential"].split("/")
        if key_id != KEY_ID:
            raise Refusal(403, "InvalidAccessKeyId")
        if scope[1:] != [REGION, "s3", "aws4_request"]:
            raise Refusal(400, "AuthorizationHeaderMalformed")
        moment = self.headers["X-Amz-Date"]
        sent = datetime.strptime(moment, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        if abs(datetime.now(UTC) - sent) > SKEW:
            raise Refusal(403, "RequestTimeTooSkewed")
        digest = self.headers["X-Amz-Content-Sha256"]
        if digest != hashlib.sha256(body).hexdigest():
            raise Refusal(400, "XAmzContentSHA256Mismatch")
        asked = signature(SECRET, scope, moment, self.canonical(given["SignedHeaders"], digest))
        if not hmac.compare_digest(asked, given["Signature"]):
            raise Refusal(403, "SignatureDoesNotMatch")

    def canonical(self, signed: str, digest: str) -> str:
        address = urlsplit(self.path)
        query = sorted(parse_qsl(address.query, keep_blank_values=True))
        listed = "&".join(f"{quote(k, safe='-_.~')}={quote(v, safe='-_.~')}" for k, v in query)
        headers = [
            f"{name}:{' '.join((self.headers.get(name) or '').split())}\n"
            for name in signed.split(";")
        ]
        parts = [self.command, address.path, listed, "".join(headers), signed, digest]
        return "\n".join(parts)

    def put_object(self, key: str, body: bytes) -> None:
        self.server.rules.held[key] = (body, datetime.now(UTC))
        self.reply(200)

    def find(self, key: str) -> tuple[bytes, datetime]:
        if key not in self.server.rules.held:
            raise Refusal(404, "NoSuchKey")
        found: tuple[bytes, datetime] = self.server.rules.held[key]
        return found

    def get_object(self, key: str, _: bytes) -> None:
        content, written = self.find(key)
        self.reply(200, content, written)

    def head_object(self, key: str, _: bytes) -> None:
        content, written = self.find(key)
        self.reply(200, content, written)

    def delete_object(self, key: str, _: bytes) -> None:
        self.server.rules.held.pop(key, None)
        self.reply(204)

    def get_bucket(self, _: str, __: bytes) -> None:
        """List a page of names (ListObjects, version 1)."""
        rules: BucketServer = self.server.rules
        asked = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        if unknown := set(asked) - QUERY:
            raise Refusal(501, f"NotImplemented {sorted(unknown)}")
        after = [
            key
            for key in sorted(rules.held)
            if key.startswith(asked.get("prefix", "")) and key > asked.get("marker", "")
        ]
        shown = after[: rules.page]
        more = len(after) > len(shown)
        lines = [
            f"<Contents><Key>{escape(key)}</Key><Size>{len(rules.held[key][0])}</Size></Contents>"
            for key in shown
        ]
        # NextMarker is told where a delimiter was asked for.
        marker = f"<NextMarker>{escape(shown[-1])}</NextMarker>" if more else ""
        cut = f"<IsTruncated>{str(more).lower()}</IsTruncated>{marker}"
        xml = (
            '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult'
            ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<Name>{NAME}</Name>{cut}{''.join(lines)}</ListBucketResult>"
        )
        self.reply(200, xml.encode())

    def reply(self, status: int, body: bytes = b"", written: datetime | None = None) -> None:
        self.send_response(status)
        if written:
            self.send_header("Last-Modified", format_datetime(written, usegmt=True))
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


@contextmanager
def serving() -> Iterator[BucketServer]:
    """Serve a bucket as long as the block lasts."""
    rules = BucketServer()
    with ThreadingHTTPServer(("127.0.0.1", 0), _Request) as server:
        server.daemon_threads = True
        server.rules = rules  # type: ignore[attr-defined]
        rules.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield rules
        finally:
            server.shutdown()
