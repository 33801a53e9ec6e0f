"""Every answer ends: how much of one is taken, what is read in it, and one sentence where it is no good.

The same for Graph, Dataverse, the login service and pull requests, whatever client asks: `Body` takes
the bytes, `read` the JSON, `Pages` the links from one page to the next. The bounds stand in deadlines.py.
"""

from __future__ import annotations

import json
import re
import zlib
from typing import Any, NoReturn, cast

import httpx

from connector.deadlines import ANSWER_BYTES, ANSWER_DEPTH, LIST_PAGES, WHOLE_LIST, Deadline
from connector.errors import UnreachableError
from connector.wire.shapes import Kind, Shapes

#: What is asked for, and the one encoding that is unpacked: its packing has a known end.
ENCODING = "gzip"
_PLAIN = ("", "identity")
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS
_TYPE = re.compile(r"[\w.+-]{1,40}/[\w.+-]{1,40}")
_NO_OBJECT = "answered a list or a value where an object belongs"
#: Headers of the bytes on the wire, which the unpacked ones do not have.
_OF_THE_WIRE = ("content-encoding", "content-length", "transfer-encoding")


def bad_answer(host: str, what: str) -> UnreachableError:
    """The error for a host that *what* (`answered …`, `names …`): nothing is done with it."""
    message = f"{host} {what}; check its address, and whether a proxy or a sign-in page answers in its place"
    return UnreachableError(message, code="session.bad_answer", key=host)


def endless(host: str, seconds: float) -> UnreachableError:
    """The error for an answer that goes on and on."""
    return bad_answer(host, f"did not end its answer within {seconds:.0f} s")


class Body:
    """The bytes of one answer as they come, unpacked and counted. Raises UnreachableError."""

    def __init__(self, host: str, encoding: str, deadline: Deadline) -> None:
        """*encoding* is the answer's Content-Encoding, empty for none."""
        encoding = encoding.strip().lower()
        if encoding not in (*_PLAIN, ENCODING):
            raise bad_answer(host, f"answered in an encoding that was not asked for (only {ENCODING} was)")
        self._host, self._deadline = host, deadline
        self._unpack = zlib.decompressobj(_GZIP_OR_ZLIB) if encoding == ENCODING else None
        self._parts: list[bytes] = []
        self._room = ANSWER_BYTES
        self._began = deadline.patience.now()

    def add(self, chunk: bytes) -> None:
        """Take what came."""
        if not self._deadline.allows(0.0):
            raise endless(self._host, self._deadline.end - self._began)
        # One byte more than there is room for tells that there is more; the rest stays packed.
        part = chunk if self._unpack is None else self._unpacked(self._unpack, chunk)
        self._room -= len(part)
        if self._room < 0:
            raise bad_answer(self._host, f"answered more than {ANSWER_BYTES >> 20} MiB")
        self._parts.append(part)

    def _unpacked(self, unpack: zlib._Decompress, chunk: bytes) -> bytes:
        try:
            return unpack.decompress(chunk, self._room + 1)
        except zlib.error:
            raise bad_answer(self._host, f"answered what cannot be unpacked ({ENCODING})") from None

    def done(self) -> bytes:
        """The whole, at its end."""
        if self._parts and self._unpack and not self._unpack.eof:
            raise bad_answer(self._host, f"answered {ENCODING} that is cut off")
        return b"".join(self._parts)


class NotReadableError(ValueError):
    """What is wrong with a document, in words that follow the host's name."""


class Document(dict[str, Any]):
    """An object of an answer: `document[name]` is there, or the answer is no good (UnreachableError)."""

    __slots__ = ("height", "host")
    height: int
    host: str

    def __init__(self, members: dict[str, Any], host: str) -> None:
        """*members* of an object that *host* answered."""
        super().__init__(members)
        self.host = host
        self.height = 1 + max(map(_height, members.values()), default=0)

    def __missing__(self, name: str) -> NoReturn:
        raise bad_answer(self.host, f"answered an object without `{name}`")

    def inner(self, name: str) -> Document:
        """A member that is an object."""
        found = self[name]
        if not isinstance(found, Document):
            raise bad_answer(self.host, f"answered `{name}` that is not {Kind.OBJECT.value}")
        return found

    def rows(self, name: str = "value") -> list[Document]:
        """A member that is a list of objects, such as a page's rows."""
        found = self[name]
        if found is None or not Kind.OBJECTS.fits(found):
            raise bad_answer(self.host, f"answered `{name}` that is not {Kind.OBJECTS.value}")
        return cast("list[Document]", found)


def _height(value: Any) -> int:
    if isinstance(value, Document):
        return value.height
    return 1 + max(map(_height, value), default=0) if isinstance(value, list) else 0


def read(content: bytes, shapes: Shapes, host: str) -> Any:
    """The JSON of a body, each member of the kind that *shapes* names. Raises NotReadableError."""

    def checked(members: dict[str, Any]) -> Document:
        for name in members.keys() & shapes.keys():
            if not shapes[name].fits(members[name]):
                raise NotReadableError(f"answered `{name}` that is not {shapes[name].value}")
        document = Document(members, host)
        _shallow(document)
        return document

    if not content.strip():
        raise NotReadableError("answered nothing")
    try:
        return _shallow(json.loads(content, object_hook=checked))
    except NotReadableError:
        raise
    except RecursionError:
        raise _too_deep() from None
    except ValueError:  # UnicodeDecodeError is one, and so is a number of thousands of digits
        raise NotReadableError("answered something that is no JSON") from None


def read_object(content: bytes, shapes: Shapes, host: str) -> Document:
    """The object of a body. Raises NotReadableError."""
    found = read(content, shapes, host)
    if not isinstance(found, Document):
        raise NotReadableError(_NO_OBJECT)
    return found


def _shallow(value: Any) -> Any:
    """The value itself, where it is not nested too deeply."""
    if _height(value) > ANSWER_DEPTH:
        raise _too_deep()
    return value


def _too_deep() -> NotReadableError:
    return NotReadableError(f"answered objects nested deeper than {ANSWER_DEPTH} levels")


class Answer(httpx.Response):
    """An answer that was read to its end and may hold what its service's *shapes* say."""

    def __init__(self, answer: httpx.Response, body: bytes, shapes: Shapes) -> None:
        """As it came, with *body* unpacked."""
        headers = [(name, value) for name, value in answer.headers.multi_items() if name not in _OF_THE_WIRE]
        super().__init__(
            answer.status_code, headers=headers, content=body, extensions=dict(answer.extensions)
        )
        self._shapes = shapes

    def json(self, **options: Any) -> Any:
        """Its JSON. Raises UnreachableError for a success that has none, ValueError for any other."""
        del options
        host = self.request.url.netloc.decode("ascii")
        try:
            found = read(self.content, self._shapes, host)
        except NotReadableError as error:
            if not self.is_success:
                raise
            raise bad_answer(host, f"{error} ({self._told()})") from None
        return found if self.is_success or not isinstance(found, dict) else dict(found)

    def _told(self) -> str:
        said = _TYPE.match(self.headers.get("Content-Type", ""))
        return f"HTTP {self.status_code}{f', {said[0]}' if said else ''}"


def object_of(answer: httpx.Response) -> Document:
    """The object that a success is. Raises UnreachableError."""
    found = answer.json()
    if not isinstance(found, Document):
        raise bad_answer(answer.request.url.netloc.decode("ascii"), _NO_OBJECT)
    return found


def outcome_of(answer: httpx.Response) -> Document:
    """The object that a success is; an empty one where the service says that it has nothing to say (204)."""
    if answer.status_code == httpx.codes.NO_CONTENT:
        return Document({}, answer.request.url.netloc.decode("ascii"))
    return object_of(answer)


def list_of(answer: httpx.Response) -> list[Document]:
    """The list of objects that a success is. Raises UnreachableError."""
    found = answer.json()
    if found is None or not Kind.OBJECTS.fits(found):
        host = answer.request.url.netloc.decode("ascii")
        raise bad_answer(host, "answered something else where a list of objects belongs")
    return cast("list[Document]", found)


class Pages:
    """The pages of one list: each is asked for once, and there is an end to them."""

    def __init__(self, host: str, deadline: Deadline) -> None:
        """*deadline* is for all of them."""
        self.host, self._deadline = host, deadline
        self._asked: set[str] = set()

    def follow(self, link: object) -> str | None:
        """The link of the first page, or of the next; None after the last. Raises UnreachableError."""
        if link is None or link == "":
            return None
        if not isinstance(link, str):
            raise bad_answer(self.host, "names a next page by something that is no address")
        if link in self._asked:
            raise bad_answer(self.host, "names a page of a list as its next one for the second time")
        if len(self._asked) >= LIST_PAGES or not self._deadline.allows(0.0):
            raise bad_answer(self.host, f"goes on with a list after {LIST_PAGES} pages or {WHOLE_LIST:.0f} s")
        self._asked.add(link)
        return link
