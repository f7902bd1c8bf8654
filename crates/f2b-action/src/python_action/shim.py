# The action itself: made, asked and called as the server says.


class OfServer:
    """Something of the server of which an action may know a part."""

    def __getattr__(self, name):
        text = "%r object has no attribute %r (an action runs in a process of its own)"
        raise AttributeError(text % (type(self).__name__, name))


class Known:
    """What the server has answered before, for when it does not any more."""

    def __init__(self, jail):
        self.jail = jail
        self.answers = {}

    def get(self, *words):
        return self.of(("get", self.jail) + words)

    def of(self, words):
        answer = channel.ask({"command": [str(word) for word in words]})
        if answer is not None:
            self.answers[words] = unpacked(answer)
        if words not in self.answers:
            raise RuntimeError("the server does not answer: %s" % " ".join(map(str, words)))
        return self.answers[words]


class Actions(OfServer):
    def __init__(self, jail, known):
        self._jail, self._known, self.banEpoch = jail, known, 0

    def getBanTime(self):
        return self._known.get("bantime")

    def getBanList(self, withTime=False):
        return self._known.get("banip", *(["--with-time"] if withTime else []))

    def getBanned(self, ids=None):
        return self._known.get("banned", *(ids or []))

    def status(self, flavor="basic"):
        return dict(self._jail.status(flavor)).get("Actions")

    def names(self):
        return self._known.get("actions")

    def __iter__(self):
        return iter(self.names())

    def __len__(self):
        return len(self.names())

    def __contains__(self, name):
        return name in self.names()


class Filter(OfServer):
    OPTIONS = {
        "getMaxRetry": "maxretry", "getFindTime": "findtime", "getMaxLines": "maxlines",
        "getLogPaths": "logpath", "getLogEncoding": "logencoding", "getUseDns": "usedns",
        "getFailRegex": "failregex", "getIgnoreRegex": "ignoreregex", "getIgnoreIP": "ignoreip",
    }

    def __init__(self, jail, known):
        self.jail, self._known = jail, known

    def __getattr__(self, name):
        if name in self.OPTIONS:
            return lambda: self._known.get(self.OPTIONS[name])
        return super().__getattr__(name)

    def __repr__(self):
        return "Filter(%r)" % (self.jail,)


class Database(OfServer):
    def __init__(self, known):
        self._known = known

    @property
    def filename(self):
        return self._known.of(("get", "dbfile"))

    @property
    def purgeage(self):
        return self._known.of(("get", "dbpurgeage"))

    @property
    def maxMatches(self):
        return self._known.of(("get", "dbmaxmatches"))


class Jail(OfServer):
    def __init__(self, name):
        self.name = name
        self._known = Known(name)
        self.actions = Actions(self, self._known)
        self.filter = Filter(self, self._known)

    def __repr__(self):
        return "Jail(%r)" % self.name

    @property
    def database(self):
        database = Database(self._known)
        return None if database.filename is None else database

    @property
    def backend(self):
        return self._known.of(("status", self.name, "stats"))[0]

    def status(self, flavor="basic"):
        return self._known.of(("status", self.name, flavor))

    def getBanTimeExtra(self, opt=None):
        if opt is None:
            raise ValueError("name the option of bantime")
        return self._known.get("bantime." + opt)


def number(text):
    return float(text) if "." in text or "e" in text else int(text)


def literal(text):
    import ast
    return ast.literal_eval(text)


def or_none(text):
    return None if text == "None" else text


# Every key of a ban in the original's order, and what makes its value of a text.
KEYS = {
    "ip": IPAddr, "family": or_none, "ip-rev": str, "ip-host": or_none, "fid": IPAddr,
    "failures": int, "time": number, "bantime": int, "bancount": int, "matches": str,
    "restored": int, "F-*": literal, "ipmatches": str, "ipjailmatches": str, "ipfailures": int,
    "ipjailfailures": int, "raw-ticket": str, "jail.name": str, "jail.banned": int,
    "jail.banned_total": int, "jail.found": int, "jail.found_total": int,
}


class ActionInfo(CallingMap):
    """The ban that an action is told of. What is not used is not asked for."""

    def __init__(self, *args):
        number = channel.number()
        super().__init__(*(args or [{name: asked(name, made, number) for name, made in KEYS.items()}]))

    def __getitem__(self, name):
        try:
            return super().__getitem__(name)
        except KeyError:
            # Another thread may have found it out while this one waited to ask, too late by then.
            if name in self.storage:
                return self.storage[name]
            raise

    def know_all(self):
        """Finds out everything while it can be asked for, but for the name of a host, which may take long."""
        for name in self:
            try:
                if name != "ip-host":
                    self.get(name)
            except Exception:
                # Whoever wants it is told.
                pass


def asked(name, made, number):
    """Returns what finds out one thing of a ban, as long as the action is being told of it."""

    def ask():
        text = channel.ask({"tag": name}, number)
        if text is None:
            raise KeyError(name)
        return made(text)

    return ask


def mend_smtp(action):
    """Gives the original's own `smtp.py` a port: it takes no host without one, not even its default."""
    host = getattr(action, "host", None)
    if isinstance(host, str) and host and ":" not in host:
        action.host = host + ":25"


class Stage:
    """Holds the one action."""

    action = jail = None

    def make(self, request):
        path = request["file"]
        name = os.path.basename(path)
        name = name[:-3] if name.endswith(".py") else name
        arguments = json.loads(request["arguments"])
        with open(path, "rb") as file:
            source = file.read()
        made = types.ModuleType(name)
        made.__file__ = path
        exec(compile(source, path, "exec"), made.__dict__)
        if not hasattr(made, "Action"):
            raise RuntimeError("%s module does not have 'Action' class" % path)
        procedures = ("start", "stop", "ban", "reban", "unban")
        if not all(callable(getattr(made.Action, each, None)) for each in procedures):
            raise RuntimeError("%s module Action does not implement required methods" % path)
        self.jail = Jail(request["jail"])
        self.action = made.Action(self.jail, request["name"], **arguments)
        if name == "smtp":
            mend_smtp(self.action)

    def call(self, request):
        self.jail.actions.banEpoch = request["epoch"]
        arguments = [ActionInfo()] if request["ban"] else []
        if request["before"] is not None:
            arguments.append(before_repair(request["before"]))
        done = getattr(self.action, request["method"])(*arguments)
        # A thread that the action has started, or itself, may look at the ban later.
        if request["ban"] and sys.getrefcount(arguments[0]) > 2:
            arguments[0].know_all()
        return done

    def get(self, request):
        return getattr(self.action, request["name"])

    def set(self, request):
        """Calls a method or sets a value, whichever it is that has the name."""
        name, value = request["name"], request["value"]
        current = getattr(self.action, name, None)
        if callable(current):
            return current(**(json.loads(value) if request["given"] else {}))
        if not request["given"]:
            raise IndexError("list index out of range")
        setattr(self.action, name, value)
        return getattr(self.action, name)

    def names(self, request):
        wants_methods = request["methods"]
        public = (name for name in dir(self.action) if not name.startswith("_"))
        return [name for name in public if callable(getattr(self.action, name)) == wants_methods]

    def abilities(self):
        """Tells what the action can do now and how it wants to be treated."""
        action = self.action

        def of(name, default):
            try:
                return getattr(action, name, default)
            except Exception:
                return default

        timeout, epoch = of("timeout", None), of("banEpoch", None)
        return {
            "flush": hasattr(action, "flush"),
            "reload": hasattr(action, "reload"),
            "check": hasattr(action, "consistencyCheck"),
            "prolong": bool(of("_prolongable", False)),
            "norestored": bool(of("norestored", False)),
            "timeout": str(timeout)[:100] if isinstance(timeout, (int, float, str)) else None,
            "epoch": epoch if type(epoch) is int and 0 <= epoch < 1 << 62 else None,
        }


def before_repair(before):
    """Returns what an action asks before it makes anew what is gone."""

    def may_repair():
        if before["line"]:
            logging.getLogger("fail2ban.actions").error(before["line"])
        return before["may"]

    return may_repair


def failed(error):
    import traceback
    kind = type(error)
    arguments = list(error.args)
    if isinstance(error, OSError) and error.filename is not None:
        arguments.append(error.filename)
    return {
        "module": kind.__module__,
        "class": kind.__name__,
        "arguments": packed(arguments),
        "text": str(error)[:LONGEST_TEXT],
        "repr": repr(error)[:LONGEST_TEXT],
        "trace": "".join(traceback.format_exception(kind, error, error.__traceback__))[-LONGEST_TEXT:],
    }


def end_with_server():
    """Ends this process, busy or not, a little after the server has gone."""
    import select
    import time
    poll = select.poll()
    poll.register(channel.requests_fd(), 0)
    while not any(what & select.POLLHUP for _, what in poll.poll()):
        pass
    time.sleep(2)
    os._exit(0)


def main():
    set_up_logging()
    set_up_names()
    sys.dont_write_bytecode = True
    sys.stdout.reconfigure(line_buffering=True, errors="backslashreplace")
    # Files that an action makes are as if a person had run it.
    os.umask(0o022)
    threading.Thread(target=end_with_server, daemon=True).start()
    stage = Stage()
    while True:
        request = channel.request()
        if request is None:
            break
        try:
            answer = {"done": packed(getattr(stage, request["do"])(request))}
        except BaseException as error:
            if not channel.is_ours():
                os._exit(1)
            try:
                answer = {"failed": failed(error)}
            except BaseException as other:
                text = "%s: %s" % (type(error).__name__, other)
                answer = {"failed": {"module": "builtins", "class": "RuntimeError", "text": text[:LONGEST_TEXT],
                                     "arguments": packed([text[:LONGEST_TEXT]]), "repr": text, "trace": ""}}
        if not channel.is_ours():
            os._exit(0)
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except Exception:
                pass
        answer["is"] = stage.abilities()
        answer["jail_epoch"] = stage.jail.actions.banEpoch if stage.jail else 0
        channel.end_request()
        channel.send(answer)
    import atexit
    atexit._run_exitfuncs()
    os._exit(0)


main()
