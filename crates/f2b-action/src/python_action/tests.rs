use f2b_core::FailId;

use super::*;
use crate::line::{Level, Logger};
use crate::{Flush, Host, JailActions, Line, SystemShell, Ticket, World};

const HEAD: &str = "import os, sys, time\nfrom fail2ban.server.actions import ActionBase\n";

/// A jail with actions written in Python, and what they log.
struct Stage {
    folder: tempfile::TempDir,
    actions: JailActions,
    now: i64,
    logged: Vec<String>,
    /// The least important lines that are kept.
    level: Level,
}

impl Stage {
    fn new(actions: &[(&str, &str)]) -> Self {
        let mut stage = Self {
            folder: tempfile::tempdir().unwrap(),
            actions: JailActions::new("j"),
            now: 1_000,
            logged: Vec::new(),
            level: Level::Info,
        };
        for (name, text) in actions {
            let path = stage.folder.path().join(format!("{name}.py"));
            std::fs::write(&path, format!("{HEAD}{text}")).unwrap();
            let source = PythonSource {
                file: path.display().to_string(),
                arguments: "{}".to_owned(),
                state: None,
                is_touched: false,
            };
            let definition = Definition::python(name, source);
            stage.actions.add(definition).unwrap();
        }
        stage
    }

    /// Lets something happen and returns what was logged of it.
    fn log<T>(
        &mut self,
        what: impl FnOnce(&mut JailActions, &mut World<'_>) -> T,
    ) -> (T, Vec<String>) {
        let host = Host {
            fq_name: "mx.example.org".to_owned(),
            short_name: "mx".to_owned(),
            allows_ipv6: true,
        };
        let (level, logged) = (self.level, &mut self.logged);
        let mut log = |line: Line| {
            if line.level >= level {
                logged.push(format!(
                    "{} {:?} {}",
                    line.logger.name(),
                    line.level,
                    line.text
                ));
            }
        };
        let mut world = World {
            shell: &mut SystemShell,
            log: &mut log,
            host: &host,
            now: UnixTime::from_seconds(self.now),
            no_ban: &mut Vec::new(),
        };
        let result = what(&mut self.actions, &mut world);
        (result, std::mem::take(&mut self.logged))
    }

    fn ban(&mut self, id: &str, is_restored: bool) -> Vec<String> {
        let (id, mut tags) = (FailId::parse(id), tags(id));
        let ticket = Ticket {
            id: &id,
            is_restored,
        };
        self.log(|actions, world| actions.ban(world, ticket, &mut tags))
            .1
    }

    fn start(&mut self) -> Vec<String> {
        self.log(JailActions::start).1
    }

    fn ask(&mut self, name: &str, question: &PythonQuestion) -> Result<Vec<u8>, crate::CallError> {
        self.log(|actions, world| actions.ask(world, name, question))
            .0
    }
}

fn tags(id: &str) -> Vec<(String, String)> {
    let pairs = [
        ("ip", id),
        ("fid", id),
        ("family", "inet4"),
        ("failures", "3"),
    ];
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
}

#[test]
fn the_procedures_are_called_in_order_and_told_of_the_ban() {
    let text = "
class Action(ActionBase):
    norestored = True
    def start(self): self._logSys.info('start %r %r', self._jail.name, self._name)
    def ban(self, aInfo): self._logSys.notice('ban %s %r', aInfo['ip'], aInfo['failures'] + 1)
    def unban(self, aInfo): raise ValueError('no ' + aInfo['ip'])
    def stop(self): print('stop', file=sys.stdout); os.write(1, b'raw'); self._logSys.error('stop\\nhere')
";
    let mut stage = Stage::new(&[("one", text)]);
    assert_eq!(stage.start(), ["Action Info start 'j' 'one'"]);
    assert_eq!(
        stage.ban("192.0.2.1", false),
        ["Action Notice ban 192.0.2.1 4"]
    );
    assert_eq!(stage.ban("192.0.2.2", true), [""; 0]);
    let (_, logged) = stage.log(|actions, world| {
        actions.flush(world, Flush::Stop, None);
        let id = FailId::parse("192.0.2.1");
        actions.unban_singly(world, &id, None, &mut tags("192.0.2.1"));
    });
    assert_eq!(
        logged,
        [
            "actions Error Failed to execute unban jail 'j' action 'one' info 'ActionInfo({'ip': \
             '192.0.2.1', 'family': 'inet4'})': no 192.0.2.1"
        ]
    );
    stage.level = Level::Debug;
    let (_, logged) = stage.log(JailActions::stop);
    assert_eq!(
        logged,
        [
            "Action Error stop",
            "Action Error here",
            "actions Debug [j] action 'one' -- output: 'stop'",
            "actions Debug [j] action 'one' -- output: 'raw'",
            "actions Debug j: action one terminated",
        ]
    );
}

#[test]
fn a_process_that_ends_is_started_anew_and_rests_when_it_does_so_often() {
    let text = "
class Action(ActionBase):
    def start(self): self._logSys.info('start')
    def ban(self, aInfo):
        if aInfo['ip'] == '192.0.2.9': os._exit(3)
        if aInfo['ip'] == '192.0.2.8': os.kill(os.getpid(), 11)
        self._logSys.info('ban')
";
    let mut stage = Stage::new(&[("one", text), ("two", "class Action(ActionBase): pass\n")]);
    assert_eq!(stage.start(), ["Action Info start"]);
    let ended = |how: &str, ip: &str, then: &str| {
        format!(
            "actions Error Failed to execute ban jail 'j' action 'one' info 'ActionInfo({{'ip': '{ip}', \
             'family': 'inet4'}})': the process of action 'one' of jail 'j' ended ({how}); {then}"
        )
    };
    let anew = "it is started again for the next call";
    assert_eq!(
        stage.ban("192.0.2.9", false),
        [ended("exit code 3", "192.0.2.9", anew)]
    );
    assert_eq!(
        stage.ban("192.0.2.1", false),
        ["Action Info start", "Action Info ban"]
    );
    stage.ban("192.0.2.8", false);
    let logged = stage.ban("192.0.2.8", false);
    assert_eq!(
        logged,
        [
            "Action Info start".to_owned(),
            ended("killed with SIGSEGV", "192.0.2.8", anew)
        ]
    );
    let often = "that was 3 times in a row: it is started again in 60 s";
    let logged = stage.ban("192.0.2.9", false);
    assert_eq!(
        logged.last().unwrap(),
        &ended("exit code 3", "192.0.2.9", often)
    );
    stage.now += 20;
    let logged = stage.ban("192.0.2.1", false);
    let rests = "its process ended 3 times in a row; it is started again in 41 s";
    assert!(logged.first().unwrap().ends_with(rests), "{logged:?}");
    stage.now += 41;
    assert_eq!(
        stage.ban("192.0.2.1", false),
        ["Action Info start", "Action Info ban"]
    );
}

#[test]
fn a_thread_knows_its_own_ban_whatever_comes_meanwhile() {
    let text = "
import threading
class Action(ActionBase):
    def __init__(self, jail, name):
        super().__init__(jail, name)
        self.may, self.told = threading.Event(), []
    def ban(self, aInfo):
        threads = [threading.Thread(target=self.later, args=(aInfo,)) for _ in range(5)]
        if aInfo['ip'][-1] == '2':
            self.may.set()
            # They ask while the other ban is told of, and this one.
            for name in ('fid', 'failures', 'family') * 50: aInfo.reset(); aInfo[name]
        [thread.start() for thread in threads]
        self.threads = getattr(self, 'threads', []) + threads
    def later(self, aInfo):
        self.may.wait()
        # Too late for these, or not; others' answers are not touched.
        try: aInfo['ip-host']; self._jail.status()
        except (KeyError, RuntimeError): pass
        self.told.append('%s %s' % (aInfo['ip'], aInfo['failures']))
    def unban(self, aInfo):
        for thread in self.threads: thread.join()
        for told in sorted(set(self.told)): self._logSys.info(told)
        self._logSys.info(str(len(self.told)))
";
    let mut stage = Stage::new(&[("one", text)]);
    for id in ["192.0.2.1", "192.0.2.2"] {
        assert_eq!(stage.ban(id, false), Vec::<String>::new());
    }
    let (id, mut tags) = (FailId::parse("192.0.2.1"), tags("192.0.2.1"));
    let unban = stage.log(|actions, world| actions.unban(world, &id, &mut tags));
    let expected = ["192.0.2.1 3", "192.0.2.2 3", "10"];
    assert_eq!(unban.1, expected.map(|text| format!("Action Info {text}")));
}

#[test]
fn an_exception_is_one_line_of_the_log() {
    let text = "
class Bad(Exception):
    def __repr__(self): return 'a\\nb'
class Action(ActionBase):
    def ban(self, aInfo): raise Bad('cannot\\nNOTICE [sshd] Ban 192.0.2.9\\r!')
";
    let mut stage = Stage::new(&[("one", text)]);
    let logged = stage.ban("192.0.2.1", false);
    let end = r": cannot\nNOTICE [sshd] Ban 192.0.2.9\r!";
    assert!(logged.len() == 1 && logged[0].ends_with(end), "{logged:?}");
    let error = stage.ask(
        "one",
        &PythonQuestion::Set("ban".to_owned(), Some(r#"{"aInfo": 1}"#.into())),
    );
    let Err(crate::CallError::Action(ActionError::Raised(raised))) = error else {
        panic!("{error:?}");
    };
    assert_eq!(raised.repr, r"a\nb");
    assert!(raised.text.contains('\n'), "{raised:?}");
}

#[test]
fn the_longest_exception_is_told() {
    let text = "
class Action(ActionBase):
    def ban(self, aInfo): raise ValueError(chr(0x1f600) * int(aInfo['ip'].split('.')[-1]) * 1000)
";
    let mut stage = Stage::new(&[("one", text)]);
    for thousands in [10, 40, 48, 60, 70, 200] {
        let logged = stage.ban(&format!("192.0.2.{thousands}"), false);
        assert!(
            !logged[0].contains("the process"),
            "{thousands}: {}",
            logged[0]
        );
    }
}

#[test]
fn a_mailing_action_has_a_port_and_others_have_what_they_were_given() {
    let text = "class Action(ActionBase):\n  def __init__(self, jail, name):\n    self.host = HOST\n  \
                def start(self):\n    raise ValueError(self.host)\n";
    let check = |name: &str, host: &str, expected: &str| {
        let text = text.replace("HOST", host);
        let mut stage = Stage::new(&[(name, text.as_str())]);
        let logged = stage.start();
        assert!(logged.concat().ends_with(expected), "{logged:?}");
    };
    check("smtp", "'localhost'", "'smtp': localhost:25");
    check("smtp", "'mx.example.org:587'", "'smtp': mx.example.org:587");
    check("smtp", "'::1'", "'smtp': ::1");
    check("smtp", "None", "'smtp': None");
    check("report", "'localhost'", "'report': localhost");
}

#[test]
fn what_hangs_or_says_anything_is_ended() {
    let text = "
class Action(ActionBase):
    def ban(self, aInfo):
        way = {'1': self.hang, '2': self.garbage, '3': self.endless, '4': self.deaf, '5': self.shout}
        way[aInfo['ip'][-1]]()
    def channel(self):
        return 4
    def hang(self): print('hangs'); time.sleep(60)
    def garbage(self): os.write(self.channel(), b'\\xff garbage\\n'); time.sleep(60)
    def endless(self):
        while True: os.write(self.channel(), b'x' * 65536)
    def deaf(self):
        import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)
    def shout(self):
        print('y' * 3000000)
        for n in range(19990): self._logSys.info('line')
";
    let check = |ip: &str, timeout: &str, expected: &str| {
        let mut stage = Stage::new(&[("one", text)]);
        let set = PythonQuestion::Set("timeout".to_owned(), Some(timeout.into()));
        stage.ask("one", &set).unwrap();
        let logged = stage.ban(ip, false);
        let last = logged.last().unwrap();
        assert!(last.contains(expected), "{ip}: {last}");
        logged
    };
    std::thread::scope(|scope| {
        let late = "did not answer within 1 s and was ended; it is";
        let hang = scope.spawn(|| check("192.0.2.1", "1s", late));
        scope.spawn(|| check("192.0.2.2", "1m", "it says '\u{fffd} garbage'; it is"));
        scope.spawn(|| check("192.0.2.3", "1m", "it says too much at once; it is"));
        scope.spawn(|| check("192.0.2.4", "1s", late));
        let shout = scope.spawn(|| check("192.0.2.5", "1m", "9990 lines more"));
        assert!(hang.join().unwrap()[0].ends_with("-- output: 'hangs'"));
        assert_eq!(shout.join().unwrap().len(), 10_001);
    });
}

#[test]
fn what_cannot_be_made_says_why() {
    let check = |text: &str, expected: &str| {
        let mut stage = Stage::new(&[("one", text)]);
        let (made, _) = stage.log(|actions, world| actions.make(world, "one"));
        let error = made.unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    };
    check("x = 1\n", "one.py module does not have 'Action' class");
    check(
        "class Action: pass\n",
        "module Action does not implement required methods",
    );
    check("import nosuch\n", "No module named 'nosuch'");
    check("class Action(\n", "'(' was never closed (one.py, line 3)");
    check("os._exit(5)\n", "ended (exit code 5)");
    let source = PythonSource {
        file: "/no/such.py".to_owned(),
        arguments: "{}".to_owned(),
        state: None,
        is_touched: false,
    };
    let mut action = PythonAction::new(Definition::python("one", source));
    let mut no_ban = Vec::new();
    let host = Host {
        fq_name: String::new(),
        short_name: String::new(),
        allows_ipv6: true,
    };
    let mut world = World {
        shell: &mut SystemShell,
        log: &mut |line: Line| assert_ne!(line.logger, Logger::Utils),
        host: &host,
        now: UnixTime::from_seconds(0),
        no_ban: &mut no_ban,
    };
    let mut run = Run {
        world: &mut world,
        jail: "j",
        epoch: &mut 0,
        scripts: &mut 0,
    };
    let mut made = || action.want_process(&mut run).unwrap_err();
    let ActionError::Raised(raised) = made() else {
        panic!("no exception");
    };
    assert_eq!(
        raised.repr,
        "FileNotFoundError(2, 'No such file or directory')"
    );
    action.programs = &["/no/such/python3"];
    let error = action.want_process(&mut run).unwrap_err().to_string();
    assert!(error.starts_with("python3 is not there (hint: install the package python3"));
}
