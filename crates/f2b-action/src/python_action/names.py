# The modules and names that actions import.

VERSION = "1.1.1"


def module(name, **names):
    made = types.ModuleType(name)
    made.__dict__.update(names)
    sys.modules[name] = made
    parent, _, last = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], last, made)
    else:
        made.__path__ = []
    return made


def get_logger(name):
    return logging.getLogger("fail2ban." + name.rpartition(".")[2] if "." in name else name)


def split_words(text, ignoreComments=False):
    import re
    if ignoreComments:
        text = re.sub(r"(?m)(?:^|\s)[#;].*", "", text or "")
    return [word for word in re.split(r"[\s,]+", text or "") if word]


def uni_decode(text, enc="UTF-8", errors="strict"):
    if not isinstance(text, bytes):
        return text
    try:
        return text.decode(enc, errors)
    except UnicodeError:
        return text.decode(enc, "replace")


def exception_information():
    kind, value, _ = sys.exc_info()
    return kind.__name__, str(value)


def as_bool(value):
    return value.lower() in ("1", "on", "true", "yes") if isinstance(value, str) else bool(value)


def level_of(name):
    level = getattr(logging, str(name).upper(), None)
    if not isinstance(level, int):
        raise ValueError("Invalid log level %r" % (name,))
    return level


class IPAddr(str):
    """An address, a network, or any other identity: its text, with what can be told of it."""

    FAM_IPv4, FAM_IPv6 = -4, -12

    def __new__(cls, text, cidr=-1):
        import ipaddress
        raw, text = str(text), str(text)
        bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
        net = None
        try:
            net = ipaddress.ip_network(bare, strict=False)
            mapped = getattr(net.network_address, "ipv4_mapped", None)
            if mapped is not None and net.prefixlen >= 96:
                net = ipaddress.ip_network((mapped, net.prefixlen - 96), strict=False)
            text = str(net.network_address if net.prefixlen == net.max_prefixlen else net)
        except ValueError:
            pass
        made = super().__new__(cls, text)
        made._net, made._raw = net, raw
        return made

    isValid = property(lambda self: self._net is not None)
    isIPv4 = property(lambda self: self.isValid and self._net.version == 4)
    isIPv6 = property(lambda self: self.isValid and self._net.version == 6)
    isSingle = property(lambda self: self.isValid and self._net.prefixlen == self._net.max_prefixlen)
    raw = property(lambda self: self._raw)
    ntoa = property(str)
    addr = property(lambda self: int(self._net.network_address) if self.isValid else 0)
    plen = property(lambda self: self._net.prefixlen if self.isValid else 0)
    instanceType = property(lambda self: "ip" if self.isValid else "dns")

    @property
    def family(self):
        import socket
        if not self.isValid:
            return 0
        return int(socket.AF_INET if self.isIPv4 else socket.AF_INET6)

    @property
    def familyStr(self):
        return ("inet4" if self.isIPv4 else "inet6") if self.isValid else None

    @property
    def hexdump(self):
        return self._net.network_address.packed.hex() if self.isValid else ""

    def getPTR(self, suffix=None):
        if not self.isValid:
            return ""
        labels, zone = self._net.network_address.reverse_pointer.rsplit(
            "." + ("in-addr" if self.isIPv4 else "ip6"), 1
        )
        zone = ("in-addr" if self.isIPv4 else "ip6") + zone + "."
        return labels + "." + (zone if suffix is None else suffix)

    def getHost(self):
        import socket
        try:
            return socket.gethostbyaddr(str(self))[0]
        except OSError:
            return None

    def isInNet(self, net):
        return IPAddr(net).contains(self)

    def contains(self, other):
        other = IPAddr(other)
        if not (self.isValid and other.isValid):
            return self == other
        return self._net.version == other._net.version and other._net.subnet_of(self._net)


class MyTime:
    """The time, and spans in the configuration's words."""

    UNITS = (
        ("seconds?|sec|se|ss?", 1), ("minutes?|min|mi|mm?", 60), ("hours?|hr|ho|hh?", 3600),
        ("days?|da|dd?", 86400), ("weeks?|wee|we|ww?", 604800), ("months?|mon|mo", 2629800),
        ("years?|yea|ye|yy?", 31557600),
    )

    @staticmethod
    def time():
        import time
        return time.time()

    @staticmethod
    def now():
        import datetime
        return datetime.datetime.now()

    @staticmethod
    def localtime(x=None):
        import time
        return time.localtime(x)

    @staticmethod
    def gmtime():
        import time
        return time.gmtime()

    @staticmethod
    def time2str(unixTime, format="%Y-%m-%d %H:%M:%S"):
        import time
        return time.strftime(format, time.localtime(unixTime))

    @staticmethod
    def str2seconds(val):
        import re
        if isinstance(val, (int, float)) or val is None:
            return val
        total = 0
        for number, unit in re.findall(r"([+-]?[\d.]+)\s*([A-Za-z]*)", val):
            number = float(number) if "." in number else int(number)
            for words, seconds in MyTime.UNITS:
                if re.fullmatch(words, unit or "s", re.IGNORECASE):
                    total += number * seconds
                    break
            else:
                raise NameError("name %r is not defined" % unit)
        return total


class Utils:
    """Runs commands and waits."""

    DEFAULT_SLEEP_TIME, DEFAULT_SLEEP_INTERVAL = 2, 0.2
    DEFAULT_SHORT_INTERVAL, DEFAULT_SHORTEST_INTERVAL = 0.001, 0.00001

    @staticmethod
    def buildShellCmd(realCmd, varsDict):
        values = list(varsDict.items())
        names = ["%s=$%s" % (name, number if number < 10 else "{%d}" % number)
                 for number, (name, _) in enumerate(values)]
        return [" ".join(names) + " \n" + realCmd] + [value for _, value in values]

    @staticmethod
    def executeCmd(realCmd, timeout=60, shell=True, output=False, tout_kill_tree=True,
                   success_codes=(0,), varsDict=None):
        import signal
        import subprocess
        if varsDict:
            realCmd = Utils.buildShellCmd(realCmd, varsDict)
        words = realCmd if isinstance(realCmd, list) else [realCmd]
        shown = realCmd if isinstance(realCmd, str) else repr(realCmd)
        command = ["/bin/sh", "-c"] + words if shell else realCmd
        log = logging.getLogger("fail2ban.utils")
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, start_new_session=tout_kill_tree)
        ident = "%012x" % id(child)
        ended = True
        try:
            stdout, stderr = child.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            ended = False
            for number in (signal.SIGTERM, signal.SIGKILL):
                try:
                    os.killpg(child.pid, number) if tout_kill_tree else child.send_signal(number)
                    stdout, stderr = child.communicate(timeout=0.2)
                    break
                except subprocess.TimeoutExpired:
                    stdout = stderr = b""
                except ProcessLookupError:
                    break
            child.wait()
        good = ended and child.returncode in success_codes
        level = logging.DEBUG if good else logging.ERROR
        log.log(level if not good else 9, "%s -- exec: %s", ident, shown)
        if not ended:
            log.error("%s -- timed out after %s seconds.", ident, timeout)
        for name, text in (("stdout", stdout), ("stderr", stderr)):
            for line in text.decode("UTF-8", "replace").splitlines():
                log.log(level, "%s -- %s: %r", ident, name, line)
        code = child.returncode
        if good:
            log.debug("%s -- returned successfully %s", ident, code)
        elif code < 0:
            name = signal.Signals(-code).name if -code in set(signal.Signals) else "signal %d" % -code
            log.error("%s -- killed with %s (return code: %s)", ident, name, code)
        else:
            log.error("%s -- returned %s", ident, code)
        return (good, stdout, stderr, code) if output else good

    @staticmethod
    def wait_for(cond, timeout, interval=None):
        import time
        end = time.monotonic() + (timeout() if callable(timeout) else timeout)
        while True:
            came = cond()
            if came or time.monotonic() >= end:
                return came
            time.sleep(interval or Utils.DEFAULT_SLEEP_INTERVAL)

    @staticmethod
    def pid_exists(pid):
        return pid > 0 and os.path.exists("/proc/%d" % pid)


class CallingMap(MutableMapping):
    """A mapping whose values may be functions: each is called when it is first wanted."""

    def __init__(self, *args, **kwargs):
        self.data = dict(*args, **kwargs)
        self.storage = {}

    def __getitem__(self, name):
        if name in self.storage:
            return self.storage[name]
        value = self.data[name]
        if callable(value):
            code = getattr(value, "__code__", None)
            value = value(self) if code and code.co_argcount else value()
            self.storage[name] = value
        return value

    def __setitem__(self, name, value):
        self.data = dict(self.data, **{name: value})
        self.storage.pop(name, None)

    def __delitem__(self, name):
        self.data = {key: value for key, value in self.data.items() if key != name}
        self.storage.pop(name, None)

    def __contains__(self, name):
        return name in self.data

    def __iter__(self):
        return iter(self.data)

    def __len__(self):
        return len(self.data)

    def __repr__(self):
        known = {name: self.storage.get(name, value) for name, value in self.data.items()}
        known = {name: value for name, value in known.items() if not callable(value)}
        return "%s(%r)" % (type(self).__name__, known)

    def reset(self, immutable=True):
        self.storage = {}

    def _asdict(self, calculated=False, checker=None):
        return dict(self)

    def getRawItem(self, name):
        return self.data[name]

    def copy(self):
        made = type(self)(self.data)
        made.storage = dict(self.storage)
        return made


class ActionBase:
    """What an action is: its procedures do nothing unless it has its own."""

    def __init__(self, jail, name):
        self._jail = jail
        self._name = name
        self._logSys = get_logger("fail2ban." + type(self).__name__)

    @property
    def _prolongable(self):
        return False

    def start(self):
        pass

    def stop(self):
        pass

    def ban(self, aInfo):
        pass

    def reban(self, aInfo):
        return self.ban(aInfo)

    def unban(self, aInfo):
        pass


class CommandAction(ActionBase):
    """Of the action that runs commands: only how one is run."""

    executeCmd = staticmethod(
        lambda realCmd, timeout=60, **options: Utils.executeCmd(realCmd, timeout, **options)
    )

    @classmethod
    def escapeTag(cls, value):
        import re
        return re.sub(r"[\\#&;`|*?~<>^()\[\]{}$'\"\n\r]", lambda found: "\\" + found.group(), value)


def set_up_names():
    """Puts the modules where an import finds them."""
    module("fail2ban")
    module("fail2ban.version", version=VERSION, normVersion=lambda: VERSION)
    module("fail2ban.exceptions", UnknownJailException=type("UnknownJailException", (KeyError,), {}),
           DuplicateJailException=type("DuplicateJailException", (Exception,), {}))
    module("fail2ban.helpers", getLogger=get_logger, splitwords=split_words, uni_decode=uni_decode,
           uni_string=lambda x: uni_decode(x) if isinstance(x, bytes) else x,
           uni_bytes=lambda x: x if isinstance(x, bytes) else str(x).encode("UTF-8", "replace"),
           formatExceptionInfo=exception_information, str2LogLevel=level_of, _as_bool=as_bool,
           PREFER_ENC="UTF-8")
    module("fail2ban.server").__path__ = []
    module("fail2ban.server.mytime", MyTime=MyTime)
    module("fail2ban.server.ipdns", IPAddr=IPAddr)
    module("fail2ban.server.utils", Utils=Utils)
    names = {"ActionBase": ActionBase, "CommandAction": CommandAction, "CallingMap": CallingMap}
    module("fail2ban.server.action", **names)
    module("fail2ban.server.actions", **names)
