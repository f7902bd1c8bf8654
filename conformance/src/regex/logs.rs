//! Logs of six services, made up: always the same for a seed.
//!
//! The lines have the shapes of the services' own messages, honest traffic and
//! attacks mixed. The addresses are those reserved for documentation.

use super::{Job, Question};
use crate::{Version, attack::Dice};

/// A service whose log is made up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// OpenSSH, by syslog.
    Sshd,
    /// nginx, its error log.
    Nginx,
    /// Apache, its error log.
    Apache,
    /// Postfix, by syslog.
    Postfix,
    /// Dovecot, by syslog.
    Dovecot,
    /// The log of fail2ban itself.
    Recidive,
}

/// All of them, with their filter.
pub const SERVICES: [(Service, &str); 6] = [
    (Service::Sshd, "sshd"),
    (Service::Nginx, "nginx-http-auth"),
    (Service::Apache, "apache-auth"),
    (Service::Postfix, "postfix"),
    (Service::Dovecot, "dovecot"),
    (Service::Recidive, "recidive"),
];

/// The moment at which the logs are looked at.
const MOMENT: &str = "2026-11-04 12:00:00";

/// How many lines each log has.
const LINES: usize = 3_000;

/// What is asked of each log.
const FORMS: &[&[&str]] = &[
    &[],
    &["-v"],
    &["--print-all-matched"],
    &["--print-all-missed", "--print-all-ignored"],
    &["--no-check-all"],
    &["-o", "row"],
    &["-o", "msg"],
    &["-i", "-o", "msg"],
    &["-o", "<ip> <F-USER> <time> <matches>"],
];

/// A log of sshd that is given by a path, to be tried beside those made up.
pub const GIVEN: &str = "openssh.log";

/// Returns the questions about the logs. `given` is the text of one more log of
/// sshd, if there is one.
#[must_use]
pub fn logs(given: Option<&[u8]>) -> Vec<Job> {
    let mut jobs = Vec::new();
    let mut ask = |name: &str, filter: &str, text: &[u8]| {
        for options in ["", "[mode=aggressive]"] {
            let has_modes = !matches!(filter, "nginx-http-auth" | "apache-auth" | "recidive");
            if !options.is_empty() && !has_modes {
                continue;
            }
            for form in FORMS {
                let words = ["-c", "stock", "--usedns", "no"];
                let mut words: Vec<String> = words.map(str::to_owned).to_vec();
                words.extend(form.iter().map(|word| (*word).to_owned()));
                words.push(name.to_owned());
                words.push(format!("{filter}.conf{options}"));
                let question = Question {
                    files: [(name.to_owned(), text.to_vec())].into(),
                    stock: Some(Version::V1_1_1),
                    moment: MOMENT.to_owned(),
                    zone: "UTC".to_owned(),
                    words,
                };
                jobs.push(Job {
                    case: format!("{name}: {filter}{options} {}", form.join(" ")),
                    question,
                    judge: Version::V1_1_1,
                });
            }
        }
    };
    for (service, filter) in SERVICES {
        let text = lines(service, 1, LINES, Mix::Half).concat();
        ask(&format!("{filter}.log"), filter, text.as_bytes());
    }
    if let Some(given) = given {
        ask(GIVEN, "sshd", given);
    }
    jobs
}

/// How many of the lines are attacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mix {
    /// None.
    Benign,
    /// One in ten.
    Tenth,
    /// About one in two.
    Half,
    /// All.
    Flood,
}

/// Returns the lines of a log, each with its newline.
#[must_use]
pub fn lines(service: Service, seed: u64, count: usize, mix: Mix) -> Vec<String> {
    let mut dice = Dice(seed);
    let mut second = 0_u64;
    let mut lines = Vec::with_capacity(count);
    for _ in 0..count {
        second += u64::from(dice.one_in(3));
        let is_attack = match mix {
            Mix::Benign => false,
            Mix::Tenth => dice.one_in(10),
            Mix::Half => dice.one_in(2),
            Mix::Flood => true,
        };
        let line = match service {
            Service::Sshd => format!("{} {}", syslog(second), sshd(&mut dice, is_attack, mix)),
            Service::Nginx => nginx(&mut dice, second, is_attack),
            Service::Apache => apache(&mut dice, second, is_attack),
            Service::Postfix => format!("{} {}", syslog(second), postfix(&mut dice, is_attack)),
            Service::Dovecot => format!("{} {}", syslog(second), dovecot(&mut dice, is_attack)),
            Service::Recidive => recidive(&mut dice, second, is_attack),
        };
        lines.push(line + "\n");
    }
    lines
}

const USERS: &[&str] = &[
    "root", "admin", "bob", "o'neil", "a b", "x\u{e9}", "", "ftp-user", "test<>",
];

fn address(dice: &mut Dice) -> String {
    let last = dice.below(254) + 1;
    match dice.below(6) {
        0 => format!("198.51.100.{last}"),
        1 => format!("203.0.113.{last}"),
        2 => format!("2001:db8::{last:x}"),
        _ => format!("192.0.2.{last}"),
    }
}

/// Hours, minutes and seconds of the third of November.
fn clock(second: u64) -> (u64, u64, u64) {
    let second = second % 86_400;
    (second / 3_600, second / 60 % 60, second % 60)
}

fn syslog(second: u64) -> String {
    let (hours, minutes, seconds) = clock(second);
    format!("Nov  3 {hours:02}:{minutes:02}:{seconds:02} bastion")
}

fn sshd(dice: &mut Dice, is_attack: bool, mix: Mix) -> String {
    let pid = 1_000 + dice.below(400);
    let port = 1_024 + dice.below(60_000);
    let (who, user) = (address(dice), dice.pick(USERS));
    // OpenSSH writes what is not ASCII as octal numbers.
    let user = user.replace('\u{e9}', r"\303\251");
    if !is_attack {
        // Logins end sessions, so rules look at them; the others are nothing to any rule.
        let first = if mix == Mix::Half { 0 } else { 2 };
        return match first + dice.below(8 - first) {
            0 => format!(
                "sshd[{pid}]: Accepted publickey for {user} from {who} port {port} ssh2: ED25519 SHA256:abc"
            ),
            1 => format!(
                "sshd[{pid}]: Received disconnect from {who} port {port}:11: disconnected by user"
            ),
            2 => format!(
                "sshd[{pid}]: pam_unix(sshd:session): session opened for user {user}(uid=1000) by (uid=0)"
            ),
            3 => format!("sshd[{pid}]: pam_unix(sshd:session): session closed for user {user}"),
            4 => format!(
                "sshd[{pid}]: Starting session: shell on pts/1 for {user} from {who} port {port} id 0"
            ),
            5 => format!("CRON[{pid}]: pam_unix(cron:session): session closed for user root"),
            6 => format!("systemd[1]: Started session-{pid}.scope - Session {pid} of User {user}."),
            _ => format!("sshd[{pid}]: Server listening on 0.0.0.0 port 22."),
        };
    }
    match dice.below(12) {
        0..=3 => format!("sshd[{pid}]: Failed password for {user} from {who} port {port} ssh2"),
        4 | 5 => format!(
            "sshd[{pid}]: Failed password for invalid user {user} from {who} port {port} ssh2"
        ),
        6 => format!("sshd[{pid}]: Invalid user {user} from {who} port {port}"),
        7 => format!(
            "sshd[{pid}]: Connection closed by authenticating user {user} {who} port {port} [preauth]"
        ),
        8 => format!(
            "sshd[{pid}]: pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost={who}  user={user}"
        ),
        9 => format!(
            "sshd[{pid}]: error: maximum authentication attempts exceeded for {user} from {who} port {port} ssh2 [preauth]"
        ),
        10 => format!(
            "sshd[{pid}]: Disconnected from invalid user {user} {who} port {port} [preauth]"
        ),
        _ => format!(
            "sshd[{pid}]: Unable to negotiate with {who} port {port}: no matching key exchange method found. Their offer: x [preauth]"
        ),
    }
}

fn nginx(dice: &mut Dice, second: u64, is_attack: bool) -> String {
    let (hours, minutes, seconds) = clock(second);
    let (pid, connection) = (900 + dice.below(9), dice.below(99_999));
    let (who, user) = (address(dice), dice.pick(USERS));
    let head =
        format!("2026/11/03 {hours:02}:{minutes:02}:{seconds:02} [error] {pid}#0: *{connection} ");
    let tail = format!(
        ", client: {who}, server: example.com, request: \"GET /private/ HTTP/1.1\", host: \"example.com\""
    );
    let text = match (is_attack, dice.below(3)) {
        (true, 0) => format!("user \"{user}\" was not found in \"/etc/nginx/.htpasswd\""),
        (true, 1) => format!("user \"{user}\": password mismatch"),
        (true, _) => "no user/password was provided for basic authentication".to_owned(),
        (false, 0) => {
            "open() \"/srv/www/favicon.ico\" failed (2: No such file or directory)".to_owned()
        }
        (false, 1) => "directory index of \"/srv/www/\" is forbidden".to_owned(),
        (false, _) => {
            "upstream timed out (110: Connection timed out) while reading upstream".to_owned()
        }
    };
    format!("{head}{text}{tail}")
}

fn apache(dice: &mut Dice, second: u64, is_attack: bool) -> String {
    let (hours, minutes, seconds) = clock(second);
    let (pid, port) = (2_000 + dice.below(50), 1_024 + dice.below(60_000));
    let (who, user) = (address(dice), dice.pick(USERS));
    let head = format!("[Tue Nov 03 {hours:02}:{minutes:02}:{seconds:02}.123456 2026]");
    let client = format!("[client {who}:{port}]");
    match (is_attack, dice.below(4)) {
        (true, 0) => format!(
            "{head} [auth_basic:error] [pid {pid}] {client} AH01618: user {user} not found: /private"
        ),
        (true, 1) => format!(
            "{head} [auth_basic:error] [pid {pid}:tid 140] {client} AH01617: user {user}: authentication failure for \"/private\": Password Mismatch"
        ),
        (true, 2) => format!(
            "{head} [authz_core:error] [pid {pid}] {client} AH01630: client denied by server configuration: /srv/www/x"
        ),
        (true, _) => format!(
            "{head} [auth_digest:error] [pid {pid}] {client} AH01788: realm mismatch - got `x' but expected `y'"
        ),
        (false, 0) => format!(
            "{head} [mpm_event:notice] [pid {pid}:tid 1] AH00489: Apache/2.4.57 (Debian) configured -- resuming normal operations"
        ),
        (false, 1) => format!(
            "{head} [core:info] [pid {pid}] {client} AH00128: File does not exist: /srv/www/favicon.ico"
        ),
        (false, _) => format!(
            "{head} [php:warn] [pid {pid}] {client} PHP Warning:  Undefined variable $x in /srv/www/index.php on line 3"
        ),
    }
}

fn postfix(dice: &mut Dice, is_attack: bool) -> String {
    let pid = 3_000 + dice.below(90);
    let (who, user) = (address(dice), dice.pick(USERS));
    let id = format!("{:010X}", dice.below(0xffff_ffff));
    if !is_attack {
        return match dice.below(4) {
            0 => format!("postfix/smtpd[{pid}]: connect from mail.example.org[{who}]"),
            1 => format!(
                "postfix/qmgr[{pid}]: {id}: from=<{user}@example.org>, size=1234, nrcpt=1 (queue active)"
            ),
            2 => format!(
                "postfix/smtp[{pid}]: {id}: to=<bob@example.com>, relay=mx.example.com[{who}]:25, delay=0.4, dsn=2.0.0, status=sent (250 ok)"
            ),
            _ => format!(
                "postfix/smtpd[{pid}]: disconnect from mail.example.org[{who}] ehlo=1 quit=1 commands=2"
            ),
        };
    }
    match dice.below(5) {
        0 => format!(
            "postfix/smtpd[{pid}]: NOQUEUE: reject: RCPT from unknown[{who}]: 554 5.7.1 <{user}@example.com>: Relay access denied; from=<x@example.org> to=<{user}@example.com> proto=ESMTP helo=<a>"
        ),
        1 => format!(
            "postfix/smtpd[{pid}]: warning: unknown[{who}]: SASL LOGIN authentication failed: UGFzc3dvcmQ6"
        ),
        2 => format!(
            "postfix/submission/smtpd[{pid}]: warning: unknown[{who}]: SASL PLAIN authentication failed: authentication failure, sasl_username={user}"
        ),
        3 => format!("postfix/smtpd[{pid}]: lost connection after AUTH from unknown[{who}]"),
        _ => format!(
            "postfix/smtpd[{pid}]: NOQUEUE: reject: RCPT from x.example[{who}]: 450 4.7.1 Client host rejected: cannot find your hostname, [{who}]; from=<a@example.org> to=<b@example.com> proto=SMTP helo=<{user}>"
        ),
    }
}

fn dovecot(dice: &mut Dice, is_attack: bool) -> String {
    let pid = 4_000 + dice.below(90);
    let (who, user) = (address(dice), dice.pick(USERS));
    let tail = format!("rip={who}, lip=192.0.2.250, TLS, session=<abcdef>");
    match (is_attack, dice.below(4)) {
        (true, 0) => format!(
            "dovecot: imap-login: Disconnected (auth failed, 3 attempts in 12 secs): user=<{user}>, method=PLAIN, {tail}"
        ),
        (true, 1) => format!(
            "dovecot: pop3-login: Aborted login (auth failed, 1 attempts in 2 secs): user=<{user}>, method=PLAIN, {tail}"
        ),
        (true, 2) => format!("dovecot: auth-worker({pid}): pam({user},{who}): unknown user"),
        (true, _) => format!("dovecot: auth: passwd-file({user},{who}): Password mismatch"),
        (false, 0) => format!("dovecot: imap-login: Login: user=<{user}>, method=PLAIN, {tail}"),
        (false, 1) => format!("dovecot: imap({user})<{pid}><abc>: Logged out in=12 out=345"),
        (false, _) => format!(
            "dovecot: imap-login: Disconnected (no auth attempts in 0 secs): user=<>, {tail}"
        ),
    }
}

fn recidive(dice: &mut Dice, second: u64, is_attack: bool) -> String {
    let (hours, minutes, seconds) = clock(second);
    let jail = dice.pick(&[
        "sshd",
        "nginx-http-auth",
        "recidive",
        "postfix-sasl",
        "my jail",
    ]);
    let who = address(dice);
    let part = |name: &str| format!("fail2ban.{name}");
    let line = |name: &str, level: &str, text: String| {
        let name = part(name);
        format!(
            "2026-11-03 {hours:02}:{minutes:02}:{seconds:02},123 {name:<24}[815]: {level:<7} {text}"
        )
    };
    match (is_attack, dice.below(4)) {
        (true, 0) => line("actions", "NOTICE", format!("[{jail}] Restore Ban {who}")),
        (true, _) => line("actions", "NOTICE", format!("[{jail}] Ban {who}")),
        (false, 0) => line("actions", "NOTICE", format!("[{jail}] Unban {who}")),
        (false, 1) => line(
            "filter",
            "INFO",
            format!("[{jail}] Found {who} - 2026-11-03 00:00:00"),
        ),
        (false, _) => line(
            "server",
            "INFO",
            "rollover performed on /var/log/fail2ban.log".to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_lines_and_another_one_others() {
        for (service, _) in SERVICES {
            let some = |seed| lines(service, seed, 50, Mix::Half);
            assert_eq!(some(1), some(1));
            assert_ne!(some(1), some(2));
        }
    }
}
