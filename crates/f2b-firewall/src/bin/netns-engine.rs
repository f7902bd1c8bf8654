//! Drives an engine by lines on standard input: for the tests of this crate,
//! which run it inside a network namespace and kill it there.
//!
//! *Shape*: one command a line, words between blanks. The answer is any number
//! of lines and then a line with a single dot.
//!
//! ```text
//! open TABLE                     start JAIL PORTS PROTOCOLS [BLOCKTYPE]
//! stop JAIL                      ban JAIL NET MILLISECONDS|-     (collected)
//! elements JAIL                  unban JAIL NET                  (collected)
//! unknown | remove-unknown       apply                           (what was collected)
//! repair | whole | close         watch FAMILY TABLE | news
//! foreign add|remove|list FAMILY TABLE SET [NET]
//! ```

use std::error::Error;
use std::io::{self, BufRead, Write};
use std::process::ExitCode;
use std::time::Duration;

use f2b_firewall::{
    Change, Element, Engine, FirewallError, ForeignSets, JailRules, News, Outcome, PortRange,
    SetName, Watch, Watcher, ports,
};

/// The kernel tells of a transaction before it ends, so nothing is still to come.
const SOON: Duration = Duration::from_millis(1);

fn main() -> ExitCode {
    match drive(&mut io::stdin().lock(), &mut io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody can be told when standard error is closed as well.
            let _ignored = writeln!(io::stderr(), "netns-engine: {error}");
            ExitCode::FAILURE
        }
    }
}

fn drive(input: &mut impl BufRead, output: &mut impl Write) -> io::Result<()> {
    let mut driver = Driver::default();
    for line in input.lines() {
        let answer = match driver.command(&line?) {
            Ok(answer) => answer,
            Err(error) => vec![chain(error.as_ref())],
        };
        for line in answer {
            writeln!(output, "{line}")?;
        }
        writeln!(output, ".")?;
        output.flush()?;
    }
    Ok(())
}

#[derive(Default)]
struct Driver {
    engine: Option<Engine>,
    watch: Option<(Watch, Watcher)>,
    changes: Vec<Change>,
}

impl Driver {
    fn command(&mut self, line: &str) -> Result<Vec<String>, Box<dyn Error>> {
        let words: Vec<&str> = line.split(' ').collect();
        match words.as_slice() {
            ["open", table] => self.engine = Some(Engine::open(table)?),
            ["start", jail, ports, protocols, blocktype @ ..] => {
                let rules = rules(jail, ports, protocols, &blocktype.join(" "))?;
                let adopted = self.engine()?.start_jail(rules)?;
                let rebuilt = adopted.rebuilt.iter().map(|set| format!("rebuilt {set}"));
                return Ok(adopted
                    .elements
                    .iter()
                    .map(element)
                    .chain(rebuilt)
                    .collect());
            }
            ["stop", jail] => self.engine()?.stop_jail(jail)?,
            ["ban", jail, net, timeout] => self.changes.push(Change::Ban {
                jail: (*jail).to_owned(),
                net: net.parse()?,
                timeout: match *timeout {
                    "-" => None,
                    timeout => Some(Duration::from_millis(timeout.parse()?)),
                },
            }),
            ["unban", jail, net] => self.changes.push(Change::Unban {
                jail: (*jail).to_owned(),
                net: net.parse()?,
            }),
            ["apply"] => {
                let changes = std::mem::take(&mut self.changes);
                return Ok(self.engine()?.apply(&changes).iter().map(outcome).collect());
            }
            ["elements", jail] => {
                return Ok(self.engine()?.elements(jail)?.iter().map(element).collect());
            }
            ["unknown"] => return Ok(self.engine()?.unknown_jails()?),
            ["remove-unknown"] => return Ok(self.engine()?.remove_unknown()?),
            ["repair"] => return Ok(self.engine()?.repair()?),
            ["whole"] => return Ok(vec![self.engine()?.is_whole()?.to_string()]),
            ["watch", family, table] => {
                let family = family.parse().map_err(|()| "unknown family")?;
                let (watch, _) = match &self.watch {
                    Some(both) => both,
                    None => self.watch.insert(Watch::open()?),
                };
                let watch = watch.clone();
                watch.add(family, table);
                self.engine()?.be_watched(&watch);
            }
            ["news"] => {
                let (_, watcher) = self.watch.as_mut().ok_or("no watch")?;
                return Ok(watcher.next(SOON)?.iter().map(news).collect());
            }
            ["close"] => self.engine.take().ok_or("not open")?.close()?,
            ["foreign", what, family, table, set, rest @ ..] => {
                let name = SetName {
                    family: family.parse().map_err(|()| "unknown family")?,
                    table: (*table).to_owned(),
                    set: (*set).to_owned(),
                };
                return foreign(what, &name, rest);
            }
            _ => return Err(format!("unknown command {line:?}").into()),
        }
        Ok(Vec::new())
    }

    fn engine(&mut self) -> Result<&mut Engine, Box<dyn Error>> {
        self.engine.as_mut().ok_or_else(|| "not open".into())
    }
}

fn foreign(what: &str, name: &SetName, rest: &[&str]) -> Result<Vec<String>, Box<dyn Error>> {
    let mut sets = ForeignSets::open()?;
    match (what, rest) {
        ("add", [net]) => sets.add(name, net.parse()?)?,
        ("remove", [net]) => sets.remove(name, net.parse()?)?,
        ("list", []) => {
            let elements = sets.elements(name)?;
            return Ok(elements.iter().map(ToString::to_string).collect());
        }
        _ => return Err(format!("unknown command {what:?}").into()),
    }
    Ok(Vec::new())
}

fn news(news: &News) -> String {
    match news {
        News::Anything => "anything".to_owned(),
        News::Lost(lost) => {
            let set = lost.set.as_deref().unwrap_or("-");
            format!("{} {} {set}", lost.family, lost.table)
        }
    }
}

fn rules(
    jail: &str,
    list: &str,
    protocols: &str,
    blocktype: &str,
) -> Result<JailRules, Box<dyn Error>> {
    let protocols = ports::parse_protocols(protocols)?;
    let services = ports::services::Services::built_in();
    let ports = match list {
        "-" => vec![PortRange::ALL],
        list => ports::parse(list, &protocols, |name, protocol| {
            services.port(name, protocol)
        })?,
    };
    Ok(JailRules {
        jail: jail.to_owned(),
        ports,
        protocols,
        blocktype: match blocktype {
            "" => "drop",
            blocktype => blocktype,
        }
        .parse()?,
    })
}

fn element(element: &Element) -> String {
    match element.remaining {
        Some(remaining) => format!("{} {}", element.net, remaining.as_millis()),
        None => format!("{} -", element.net),
    }
}

fn outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::InKernel => "in kernel".to_owned(),
        Outcome::Gone => "gone".to_owned(),
        Outcome::Failed(error) => format!("failed: {}", chain(error)),
    }
}

/// Writes an error with its causes and, where there is one, the hint.
fn chain(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    let text: Vec<_> = causes.map(ToString::to_string).collect();
    let hint = error
        .downcast_ref::<FirewallError>()
        .and_then(FirewallError::hint);
    match hint {
        Some(hint) => format!("{} (hint: {hint})", text.join(": ")),
        None => text.join(": "),
    }
}
