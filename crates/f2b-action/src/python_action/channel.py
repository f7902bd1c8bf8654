"""The child's side of an action written in Python: its talk with the server.

Three pieces make one program: `channel.py`, `names.py` (the modules that actions import) and `shim.py` (the
action itself). Requests come in as lines of JSON, answers, questions and lines to log go out likewise. The
descriptors that an action knows as its input and output are others by then: whatever it prints goes to
descriptor 2, which the server reads as text.
"""
import binascii
import json
import logging
import os
import pickle
import sys
import threading
import types
from collections.abc import MutableMapping

# Texts to log and values to answer are cut or refused beyond this.
LONGEST_TEXT = 16 << 10
LONGEST_VALUE = 192 << 10


class Channel:
    """Talks with the server; only the process that the server started may."""

    def __init__(self):
        # Whatever else was handed on by who started the server.
        os.closerange(3, 4096)
        # What is duplicated is not handed on to programs that an action runs.
        self._requests = os.fdopen(os.dup(0), "rb")
        self._answers = os.dup(1)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)
        os.dup2(2, 1)
        self._lock = threading.Lock()
        # Held by who asks until the answer is there; the server answers only while it waits for a request.
        self._asking = threading.Lock()
        self._request, self._is_waited_for = 0, False
        self._process = os.getpid()

    def is_ours(self):
        return os.getpid() == self._process

    def requests_fd(self):
        return self._requests.fileno()

    def send(self, message):
        line = json.dumps(message).encode("ascii") + b"\n"
        with self._lock:
            while line:
                line = line[os.write(self._answers, line):]

    def receive(self):
        line = self._requests.readline()
        return json.loads(line) if line.endswith(b"\n") else None

    def request(self):
        """Returns the next request, `None` if there will be none; from now on questions are answered."""
        request = self.receive()
        self._request += 1
        self._is_waited_for = True
        return request

    def number(self):
        """Tells one request from another."""
        return self._request

    def end_request(self):
        """Threads that the action has left running cannot ask any more: they would hear what others are told."""
        with self._asking:
            self._is_waited_for = False

    def ask(self, question, number=None):
        """Asks while a request is carried out, a certain one if its number is given.

        Returns the answer, `None` if there is none.
        """
        if not self.is_ours():
            return None
        with self._asking:
            if not self._is_waited_for or number not in (None, self._request):
                return None
            self.send(question)
            message = self.receive()
        if message is None:
            os._exit(0)
        return message["answer"]


def packed(value):
    """Returns a value as the server reads it: plain data, pickled, as hexadecimal digits."""
    data = pickle.dumps(plain(value, 0), protocol=4)
    if len(data) > LONGEST_VALUE:
        raise ValueError("the value is too long to be answered")
    return binascii.hexlify(data).decode("ascii")


def unpacked(text):
    # It comes from the server, not from the action.
    return pickle.loads(binascii.unhexlify(text))


def plain(value, depth):
    """Returns a value of the types that every client knows; of any other its text."""
    kind = type(value)
    if value is None or kind in (bool, float, str, bytes):
        return value
    if kind is int and -(1 << 63) <= value < 1 << 63:
        return value
    if depth < 20:
        if kind in (list, tuple, set, frozenset):
            return kind(plain(each, depth + 1) for each in value)
        if isinstance(value, dict):
            return {plain(key, depth + 1): plain(each, depth + 1) for key, each in value.items()}
    return str(value)


class ToServer(logging.Handler):
    """Hands every line that is logged to the server."""

    def emit(self, record):
        try:
            text = record.getMessage()
            trace = None
            if record.exc_info:
                trace = logging.Formatter().formatException(record.exc_info)[:LONGEST_TEXT]
            if channel.is_ours():
                channel.send({"log": [record.levelno, record.name, text[:LONGEST_TEXT], trace]})
            else:
                print("%s: %s" % (record.name, text), file=sys.stderr)
        except Exception:
            self.handleError(record)


def set_up_logging():
    """Knows the levels and the names that the original's loggers have."""
    for number, name in ((25, "NOTICE"), (18, "MSG"), (7, "TRACEDEBUG"), (5, "HEAVYDEBUG")):
        logging.addLevelName(number, name)
        setattr(logging, name, number)
    logging.addLevelName(7, "TRACE")
    logging.addLevelName(5, "HEAVY")

    def notice(self, message, *args, **kwargs):
        if self.isEnabledFor(25):
            self._log(25, message, args, **kwargs)

    logging.Logger.notice = notice
    handler = ToServer()
    own = logging.getLogger("fail2ban")
    own.setLevel(logging.DEBUG)
    own.propagate = False
    own.addHandler(handler)
    # Loggers of other modules tell from WARNING on.
    logging.getLogger().addHandler(handler)


channel = Channel()
