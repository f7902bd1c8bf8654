//! The actions of the test, and what is asked of them.

/// Logs every call, with what it was told.
pub(super) const OWN: &str = r#"
from fail2ban.server.actions import ActionBase
from fail2ban.helpers import getLogger

KEYS = ("fid", "family", "ip-rev", "failures", "bantime", "bancount", "matches", "ipmatches", "ipjailmatches",
        "ipfailures", "ipjailfailures", "restored", "jail.banned", "jail.found_total")

class Action(ActionBase):
    attribute = "of the class"

    def __init__(self, jail, name, fails="", **options):
        super().__init__(jail, name)
        self.fails, self.options, self._hidden = fails.split(), options, 1
        self.say("made %r %r" % (jail, sorted(options.items())))
        getLogger("fail2ban.elsewhere").warning("%s elsewhere", name)

    def say(self, what):
        self._logSys.notice("%s: %s", self._name, what)
        if what.split(" ")[0] in self.fails:
            raise ValueError("no " + what)
        return what

    def start(self):
        return self.say("start %d %r" % (self._jail.actions.getBanTime(), self._jail.filter.getMaxRetry()))

    def stop(self):
        return self.say("stop " + self._jail.name)

    def ban(self, aInfo):
        aInfo["mine"] = 1
        user = aInfo["F-*"].get("user")
        told = " ".join("%s=%r" % (key, aInfo[key]) for key in KEYS if key in aInfo)
        more = (user, type(aInfo["time"]).__name__, aInfo["ip"].isIPv4, aInfo.get("nosuch"), "%(ip)s" % aInfo, aInfo["mine"])
        return self.say("ban %s %s %s" % (aInfo["ip"], told, more))

    def unban(self, aInfo):
        return self.say("unban " + aInfo["ip"])
"#;

/// More methods and attributes, appended to [`OWN`].
pub(super) const MORE: &str = r#"
    norestored = True

    @property
    def shown(self):
        return "shown " + self.attribute

    @shown.setter
    def shown(self, value):
        self.attribute = value + "!"

    def flush(self):
        return self.say("flush")

    def reload(self, **options):
        return self.say("reload")

    def consistencyCheck(self, beforeRepair=None):
        return self.say("check %s" % (beforeRepair and beforeRepair()))

    def add(self, a, b=2):
        return a, [b], {"c": (None, 1.5, True)}

    def raise_key(self):
        raise KeyError("key")

    def raise_os(self):
        raise OSError(2, "none", "/file")

    def raise_nothing(self):
        raise RuntimeError

    def raise_bytes(self):
        b"\xff".decode("ascii")
"#;

/// Commands of a client to the jail `more`, whose action is called `it`.
pub(super) const QUESTIONS: &[&[&str]] = &[
    &["get", "more", "actions"],
    &["get", "more", "actionproperties", "it"],
    &["get", "more", "actionmethods", "it"],
    &["get", "more", "actionmethods", "nosuch"],
    &["get", "more", "action", "it", "attribute"],
    &["get", "more", "action", "it", "options"],
    &["get", "more", "action", "it", "shown"],
    &["get", "more", "action", "it", "norestored"],
    &["get", "more", "action", "it", "nosuch"],
    &["get", "more", "action", "it", "_hidden"],
    &["get", "more", "action", "it"],
    &["set", "more", "action", "it", "attribute", "new"],
    &["set", "more", "action", "it", "another", "one"],
    &["get", "more", "action", "it", "another"],
    &["set", "more", "action", "it", "shown", "other"],
    &["set", "more", "action", "it", "shown"],
    &["set", "more", "action", "it", "nosuch"],
    &["set", "more", "action", "it"],
    &["set", "more", "action", "it", "start"],
    &["set", "more", "action", "it", "flush"],
    &["set", "more", "action", "it", "reload"],
    &["set", "more", "action", "it", "consistencyCheck"],
    &["set", "more", "action", "it", "add", "{\"a\": 1}"],
    &[
        "set",
        "more",
        "action",
        "it",
        "add",
        "{\"a\": \"ä\", \"b\": null}",
    ],
    &["set", "more", "action", "it", "add"],
    &["set", "more", "action", "it", "add", "{\"z\": 1}"],
    &["set", "more", "action", "it", "add", "[1]"],
    &["set", "more", "action", "it", "add", "nothing"],
    &["set", "more", "action", "it", "raise_key"],
    &["set", "more", "action", "it", "raise_os"],
    &["set", "more", "action", "it", "raise_nothing"],
    &["set", "more", "action", "it", "raise_bytes"],
    &[
        "set",
        "more",
        "action",
        "it",
        "unban",
        "{\"aInfo\": {\"ip\": \"192.0.2.1\"}}",
    ],
    &["set", "more", "action", "it", "unban", "{\"aInfo\": 5}"],
    &["set", "more", "action", "it", "unban"],
    &["set", "more", "action", "nosuch", "unban"],
    &["set", "more", "addaction", "it", "{own}", "{}"],
    &["set", "more", "addaction", "second", "{own}", "{\"x\": 1}"],
    &["get", "more", "action", "second", "options"],
    &["set", "more", "addaction", "third", "/no/such.py", "{}"],
    &["set", "more", "addaction", "third", "{own}"],
    &["set", "more", "addaction", "third", "{own}", "nothing"],
    &["set", "more", "addaction", "third", "{own}", "[1]"],
    &[
        "set",
        "more",
        "addaction",
        "third",
        "{own}",
        "{\"fails\": \"made\"}",
    ],
    &["set", "more", "addaction", "third", "{wrong}", "{}"],
    &["set", "more", "addaction", "third", "{none}", "{}"],
    &["get", "more", "actions"],
    &["set", "more", "delaction", "second"],
    &["get", "more", "actions"],
    &["get", "more", "action", "nosuch", "end"],
];
