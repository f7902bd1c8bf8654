//! Clients that send too much, too little or nonsense, that do not listen or never end: others are
//! answered all the while, and afterwards everything is as before.
#![expect(clippy::print_stdout, reason = "figures are worth a look")]

#[path = "abuse/messages.rs"]
mod messages;

use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use std::{fmt, fs};

use crate::server::{Server, Setup};
use messages::{END, command, hostile};

/// How much of each there is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    /// Clients that say nothing; as many sleep later, and send byte by byte.
    pub(crate) clients: usize,
    /// Bytes of a request that does not end.
    pub(crate) endless: usize,
    /// Elements of a hostile message.
    pub(crate) elements: usize,
}

/// What was seen.
#[derive(Debug, Default)]
struct Figures {
    /// The slowest answer to `ping`, by what went on meanwhile.
    worst_ping: Vec<(&'static str, Duration)>,
    pings: usize,
    /// Kilobytes: before, at the most, afterwards.
    memory: [u64; 3],
    /// Descriptors: before, at the most, afterwards.
    descriptors: [usize; 3],
    /// Threads: before, at the most, afterwards.
    threads: [u64; 3],
}

impl fmt::Display for Figures {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, worst) in &self.worst_ping {
            writeln!(out, "{name}: worst ping {worst:?}")?;
        }
        writeln!(out, "{} pings, all answered", self.pings)?;
        let [before, most, after] = self.memory;
        writeln!(
            out,
            "memory: {before} kB before, {most} kB at the most, {after} kB afterwards"
        )?;
        let [before, most, after] = self.descriptors;
        writeln!(
            out,
            "descriptors: {before} before, {most} at the most, {after} afterwards"
        )?;
        let [before, most, after] = self.threads;
        write!(
            out,
            "threads: {before} before, {most} at the most, {after} afterwards"
        )
    }
}

/// One kind of attack.
type Attack = fn(&Asker, Sizes);

/// What the server may have at the most for all this, in kilobytes.
const MOST_MEMORY: u64 = 400 << 10;

/// The most clients that are served at once, those that have to go for others, and a few for files.
const MOST_DESCRIPTORS: usize = 256 + 64 + 16;

/// Asks from a process of the test's own, beside all the others.
struct Asker {
    socket: PathBuf,
}

impl Asker {
    fn connect(&self) -> UnixStream {
        let stream = UnixStream::connect(&self.socket).unwrap();
        let patience = Some(Duration::from_secs(60));
        stream.set_read_timeout(patience).unwrap();
        stream.set_write_timeout(patience).unwrap();
        stream
    }

    /// Connects as many clients.
    fn connect_all(&self, count: usize) -> Vec<UnixStream> {
        (0..count).map(|_| self.connect()).collect()
    }

    /// Sends bytes and returns the answer up to its end; nothing if the server hung up.
    fn answer(&self, message: &[u8]) -> Option<Vec<u8>> {
        let mut stream = self.connect();
        // The server may have said no before the end, and does not read on.
        stream.write_all(message).ok();
        let mut received = Vec::new();
        let mut buffer = vec![0; 64 << 10];
        while !received.ends_with(END) && !received.ends_with(b"}\n") {
            match stream.read(&mut buffer) {
                Ok(0) => return None,
                Ok(count) => received.extend_from_slice(&buffer[..count]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return None,
                Err(error) => panic!("{error}"),
            }
        }
        Some(received)
    }

    /// How long an answer to `ping` takes. One who was pushed out by a flood of newer clients tries again.
    fn ping(&self) -> Duration {
        let begin = Instant::now();
        let answered = (0..100).any(|_| {
            let answer = self.answer(&command(&["ping"]));
            answer.is_some_and(|answer| answer.windows(4).any(|bytes| bytes == b"pong"))
        });
        assert!(answered, "no answer to ping");
        begin.elapsed()
    }
}

/// Where the process of a server shows itself.
struct Process(PathBuf);

impl Process {
    fn of(server: &Server) -> Self {
        Self(format!("/proc/{}", server.process()).into())
    }

    fn value(&self, name: &str) -> u64 {
        let status = fs::read_to_string(self.0.join("status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let value = line.unwrap().trim_start_matches(':').trim();
        value.split(' ').next().unwrap().parse().unwrap()
    }

    fn descriptors(&self) -> usize {
        fs::read_dir(self.0.join("fd")).unwrap().count()
    }
}

/// Lets a server suffer all of it.
pub(crate) fn run(sizes: Sizes) {
    let server = Setup::sshd("bantime = 1h").start();
    let socket = server.socket();
    let asker = Asker {
        socket: socket.clone(),
    };
    server.ask(&["set", "sshd", "banip", "192.0.2.11"]);
    let status = server.ask(&["status", "sshd"]);
    let process = Process::of(&server);
    let mut figures = Figures {
        memory: [process.value("VmRSS"); 3],
        descriptors: [process.descriptors(); 3],
        threads: [process.value("Threads"); 3],
        ..Figures::default()
    };
    let attacks: [(&str, Attack); 8] = [
        ("clients that say nothing", say_nothing),
        ("clients that send byte by byte", send_bytewise),
        ("a request without end", send_endless),
        ("requests that stop in the middle", stop_in_the_middle),
        ("messages that nobody should send", send_hostile),
        ("clients that do not listen", do_not_listen),
        ("clients that sleep", sleep),
        ("clients that come and go", come_and_go),
    ];
    for (name, attack) in attacks {
        let is_over = AtomicBool::new(false);
        let mut worst = Duration::ZERO;
        thread::scope(|scope| {
            let attacker = scope.spawn(|| {
                let _over = SetOnDrop(&is_over);
                attack(
                    &Asker {
                        socket: socket.clone(),
                    },
                    sizes,
                );
            });
            while !is_over.load(Ordering::Relaxed) {
                worst = worst.max(asker.ping());
                figures.pings += 1;
                figures.descriptors[1] = figures.descriptors[1].max(process.descriptors());
                figures.threads[1] = figures.threads[1].max(process.value("Threads"));
            }
            attacker.join().unwrap();
        });
        figures.worst_ping.push((name, worst));
    }
    figures.memory[1] = process.value("VmHWM");
    server.wait_until("all of them are gone", || {
        process.descriptors() <= figures.descriptors[0]
            && process.value("Threads") <= figures.threads[0]
    });
    figures.descriptors[2] = process.descriptors();
    figures.threads[2] = process.value("Threads");
    figures.memory[2] = process.value("VmRSS");
    let [_, most, _] = figures.memory;
    assert!(most <= MOST_MEMORY, "{figures:?}");
    let [before, most, _] = figures.descriptors;
    assert!(most <= before + MOST_DESCRIPTORS, "{figures:?}");
    assert_eq!(server.ask(&["status", "sshd"]), status);
    assert_eq!(server.ask(&["set", "sshd", "banip", "192.0.2.12"]), "1\n");
    println!("{figures}");
}

struct SetOnDrop<'flag>(&'flag AtomicBool);

impl Drop for SetOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn say_nothing(asker: &Asker, sizes: Sizes) {
    let clients = asker.connect_all(sizes.clients);
    asker.ping();
    drop(clients);
}

fn send_bytewise(asker: &Asker, sizes: Sizes) {
    let mut clients = asker.connect_all(sizes.clients.min(200));
    for byte in command(&["ping"]) {
        for client in &mut clients {
            // Some were hung up on, as others came later.
            client.write_all(&[byte]).ok();
        }
    }
    let answered = |client: &mut UnixStream| client.read(&mut [0; 64]).is_ok_and(|count| count > 0);
    assert!(
        clients.iter_mut().all(answered),
        "those that took their time have no answer"
    );
}

fn send_endless(asker: &Asker, sizes: Sizes) {
    for first in [b'(', b'['] {
        let mut client = asker.connect();
        client.write_all(&[first]).unwrap();
        let piece = vec![b'A'; 1 << 20];
        let mut sent = 0;
        while sent < sizes.endless && client.write_all(&piece).is_ok() {
            sent += piece.len();
        }
        let mut said = Vec::new();
        // What it sent was not read to the end, and so the end of this is an error.
        client.read_to_end(&mut said).ok();
        let said = String::from_utf8_lossy(&said).into_owned();
        let is_json = said.starts_with("{\"error\":");
        assert_eq!(is_json, first == b'[', "{said}");
        assert!(said.contains("exceeds the limit of"), "{said}");
        assert!(sent < 64 << 20, "{sent} bytes were taken");
    }
}

fn stop_in_the_middle(asker: &Asker, sizes: Sizes) {
    let mut clients = asker.connect_all(sizes.clients.min(64));
    let piece = vec![b'A'; 1 << 20];
    // Fifteen times sixty-four of it would be nearly a gigabyte.
    for _ in 0..15 {
        for client in &mut clients {
            client.write_all(&piece).ok();
        }
    }
    // Who asks for something small or large that is in order gets it.
    let long = "a".repeat(1 << 20);
    let answer = asker.answer(&command(&["echo", &long])).unwrap();
    assert!(answer.len() > 1 << 20, "{} bytes", answer.len());
}

fn send_hostile(asker: &Asker, sizes: Sizes) {
    for (name, message, expected) in hostile(sizes.elements) {
        let Some(answer) = asker.answer(&message) else {
            panic!("{name}: no answer");
        };
        let text = String::from_utf8_lossy(&answer);
        assert!(
            text.contains(expected),
            "{name}: {}",
            text.chars().take(300).collect::<String>()
        );
    }
    // All at once.
    thread::scope(|scope| {
        for (_, message, _) in hostile(sizes.elements) {
            scope.spawn(move || asker.answer(&message));
        }
    });
}

fn do_not_listen(asker: &Asker, sizes: Sizes) {
    let question = command(&["get", "sshd", "failregex"]);
    let mut clients = asker.connect_all(sizes.clients.min(100));
    for client in &mut clients {
        client.set_nonblocking(true).unwrap();
        // Until its questions, and so our answers, no longer fit.
        while client.write_all(&question).is_ok() {}
    }
    asker.ping();
    // Those that leave in the middle.
    for client in &clients {
        client.shutdown(Shutdown::Both).ok();
    }
}

fn sleep(asker: &Asker, sizes: Sizes) {
    let mut clients = asker.connect_all(sizes.clients);
    for client in &mut clients {
        client.write_all(&command(&["sleep", "3600"])).ok();
    }
    asker.ping();
}

fn come_and_go(asker: &Asker, sizes: Sizes) {
    for number in 0..sizes.clients {
        let mut client = asker.connect();
        match number % 3 {
            0 => {}
            1 => client.write_all(b"(lV").unwrap_or_default(),
            _ => client
                .write_all(&command(&["status", "sshd"]))
                .unwrap_or_default(),
        }
    }
}

#[test]
fn hostile_clients_hold_nobody_up_and_take_little() {
    run(Sizes {
        clients: 300,
        endless: 32 << 20,
        elements: 200_000,
    });
}
