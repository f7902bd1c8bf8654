//! Who is never banned, asked in the order of the original (contract A 4.8). What cannot be told at once
//! waits, and later failures of the same identity wait behind it.

mod known;
mod parked;

use f2b_action::{Info, Script};
use f2b_core::{FailId, IgnoreCache, IgnoreList, IgnoredBy, UnixTime, Verdict};

pub(super) use known::KnownHosts;
pub(super) use parked::{Parked, Waiting};

use super::jail::JailRuntime;
use super::{Engine, Surroundings};
use crate::asking::{Answer, Question};
use crate::batch::Batch;
use crate::clock;
use crate::log::{Level, Line};
use crate::shell::TicketInfo;

/// What a jail was told of whom to ignore.
#[derive(Debug, Default)]
pub(crate) struct Ignoring {
    /// `ignoreip`.
    pub(crate) list: IgnoreList,
    /// `ignoreself`.
    pub(crate) itself: bool,
    /// `ignorecommand`.
    pub(crate) command: Option<String>,
    /// `ignorecache`.
    pub(crate) cache: Option<IgnoreCache>,
}

/// What became of the question whether somebody is ignored.
enum Judged {
    /// That is known.
    Known(Verdict),
    /// It has to be asked.
    Ask(Question),
    /// A command has to be asked.
    AskCommand(String),
}

impl Ignoring {
    /// Judges an identity; `command` is what `ignorecommand` has said of it, if it was asked.
    fn judge(
        &mut self,
        id: &FailId,
        info: Option<TicketInfo>,
        known: &mut KnownHosts,
        command: Option<bool>,
        now: UnixTime,
    ) -> Judged {
        let key = match (&self.cache, info) {
            (Some(cache), Some(info)) => {
                let key = Script::fill(&cache.key, &mut WithoutNames(info));
                Some(key.values.concat() + &key.text)
            }
            _ => None,
        };
        if let (Some(cache), Some(key)) = (&self.cache, &key)
            && let Some(is_ignored) = cache.verdict(key, now)
        {
            return Judged::Known(match is_ignored {
                true => Verdict::Ignored(IgnoredBy::Cache),
                false => Verdict::Counts,
            });
        }
        let verdict = match self.verdict(id, known, command) {
            Judged::Known(verdict) => verdict,
            asks => return asks,
        };
        if let (Some(cache), Some(key)) = (&mut self.cache, &key)
            && !self.list.holds_exactly(id)
        {
            cache.keep(key, matches!(verdict, Verdict::Ignored(_)), now);
        }
        Judged::Known(verdict)
    }

    fn verdict(&self, id: &FailId, known: &mut KnownHosts, command: Option<bool>) -> Judged {
        if self.itself
            && let FailId::Address(address) = id
        {
            match known.itself() {
                None => return Judged::Ask(Question::Itself),
                Some(own) if own.contains(address) => {
                    return Judged::Known(Verdict::Ignored(IgnoredBy::SelfRule));
                }
                Some(_) => {}
            }
        }
        if self.list.holds_exactly(id) {
            return Judged::Known(Verdict::Ignored(IgnoredBy::Ip));
        }
        match self.list.judge(id, known) {
            Verdict::AskName(name) => return Judged::Ask(Question::Name(name)),
            Verdict::Counts => {}
            ignored @ Verdict::Ignored(_) => return Judged::Known(ignored),
        }
        match (&self.command, command) {
            (None, _) | (Some(_), Some(false)) => Judged::Known(Verdict::Counts),
            (Some(_), Some(true)) => Judged::Known(Verdict::Ignored(IgnoredBy::Command)),
            (Some(command), None) => Judged::AskCommand(command.clone()),
        }
    }
}

/// A ban's tags without what has to be looked up: the engine waits for nobody.
struct WithoutNames(TicketInfo);

impl Info for WithoutNames {
    fn tag(&mut self, name: &str) -> Option<String> {
        match name {
            "ip-host" => self.0.tag("ip"),
            other => self.0.tag(other),
        }
    }
}

impl JailRuntime {
    /// What a command or the key of a cache may say of somebody; nothing if there is neither.
    fn candidate(&self, waiting: &Waiting, around: &Surroundings) -> Option<TicketInfo> {
        if self.ignoring.command.is_none() && self.ignoring.cache.is_none() {
            return None;
        }
        let bantime = self.jail.settings().bantime;
        Some(self.info(waiting.as_ban(bantime, clock::now()), around))
    }
}

impl Engine {
    /// Takes something that counts unless it is of somebody who is ignored.
    pub(super) fn admit(&mut self, jail: &str, waiting: Waiting, batch: &mut Batch) {
        if self.parked.holds(jail, waiting.id()) {
            self.park(jail, waiting);
            return;
        }
        self.weigh(jail, waiting, None, batch);
    }

    /// Judges something that nothing of its identity waits before, or lets it wait.
    fn weigh(&mut self, jail: &str, waiting: Waiting, command: Option<bool>, batch: &mut Batch) {
        let now = clock::now();
        let Some(runtime) = self.jails.get_mut(jail) else {
            return;
        };
        let id = waiting.id().clone();
        let info = runtime.candidate(&waiting, &self.around);
        let judged = runtime
            .ignoring
            .judge(&id, info.clone(), &mut self.known, command, now);
        let verdict = match judged {
            Judged::Known(verdict) => verdict,
            _ if self.parked.is_full() => {
                // Whoever floods us with what has to be looked up is not spared for it.
                Verdict::Counts
            }
            Judged::Ask(question) => {
                self.ask(question.clone());
                self.parked.begin(jail, waiting, question);
                return self.mark_parking(jail);
            }
            Judged::AskCommand(command) => {
                if let Some(info) = info {
                    self.asker.ask_command(jail, &id, command, info);
                }
                let question = Question::Command {
                    jail: jail.to_owned(),
                    id,
                };
                self.asked.insert(question.clone(), clock::tick());
                self.parked.begin(jail, waiting, question);
                return self.mark_parking(jail);
            }
        };
        if let Some(runtime) = self.jails.get_mut(jail) {
            let is_restore = matches!(waiting, Waiting::Restore(_));
            let (input, counted) = waiting.decided(verdict);
            let effects = runtime.jail.on(input, now, self.past.history());
            if is_restore && runtime.jail.bans().ban(&id).is_none() {
                // An earlier run, or the jail before it was restarted, may have left it in the kernel.
                runtime.release(id, batch);
            }
            runtime.carry_out(effects, &mut self.past, &self.around, batch);
            if let Some((pending, reply)) = counted {
                pending.answer(reply);
            }
        }
    }

    fn park(&mut self, jail: &str, waiting: Waiting) {
        if self.parked.is_full() {
            // Nothing may overtake what waits before it; it is lost, and counted.
            self.parked.lost += 1;
            if self.parked.lost == 1 {
                let text = "Too many failures wait for answers of names or of ignorecommand: further \
                            ones do not count (hint: `stockade status` counts them)";
                self.around.log.error("filter", text);
            }
            return;
        }
        self.parked.add(jail, waiting);
    }

    /// Asks, unless that is asked already.
    fn ask(&mut self, question: Question) {
        if self.note_asked(&question) {
            self.asker.ask(question);
        }
    }

    /// The same for what stands in a log.
    pub(super) fn ask_of_log(&mut self, question: Question) {
        if self.note_asked(&question) {
            self.asker.ask_of_log(question);
        }
    }

    /// Notes that something is asked; returns whether that is new.
    fn note_asked(&mut self, question: &Question) -> bool {
        let is_new = !self.asked.contains_key(question);
        if is_new {
            self.asked.insert(question.clone(), clock::tick());
        }
        is_new
    }

    /// Takes an answer: what waited for it goes on.
    pub(super) fn on_answer(&mut self, question: &Question, answer: Answer) {
        self.asked.swap_remove(question);
        let mut batch = Batch::default();
        let now = clock::now();
        let mut ignores = None;
        match (question, answer) {
            (Question::Name(name), Answer::Addresses(found)) => {
                if let Err(reason) = &found {
                    let text =
                        format!("Unable to find a corresponding IP address for {name}: {reason}");
                    batch.lines.push(Line::new(Level::Warning, "ipdns", text));
                }
                self.known.learn(name, found.unwrap_or_default(), now);
                self.go_on_with_name(name, &mut batch);
            }
            (Question::Itself, Answer::Addresses(found)) => {
                self.known.learn_itself(found.unwrap_or_default(), now);
            }
            (_, Answer::Ignores(answer)) => ignores = Some(answer),
            (Question::Command { .. }, Answer::Addresses(_)) => {}
        }
        for (jail, id) in self.parked.waiting_for(question) {
            self.go_on(&jail, &id, ignores, &mut batch);
        }
        self.send(batch);
    }

    /// Lets what waits of one identity go on, as far as it can.
    fn go_on(&mut self, jail: &str, id: &FailId, mut ignores: Option<bool>, batch: &mut Batch) {
        let mut queue = self.parked.take(jail, id);
        while let Some(waiting) = queue.pop_front() {
            self.weigh(jail, waiting, ignores.take(), batch);
            if self.parked.holds(jail, id) {
                // It has another question; the others wait behind it.
                for waiting in queue {
                    self.parked.add(jail, waiting);
                }
                break;
            }
        }
        self.mark_parking(jail);
        self.settle(jail, batch);
    }

    /// Gives up questions that nobody answers.
    pub(super) fn give_up_questions(&mut self) {
        let now = clock::tick();
        let late: Vec<Question> = self
            .asked
            .iter()
            .filter(|(question, asked)| now - **asked > question.patience())
            .map(|(question, _)| question.clone())
            .collect();
        for question in late {
            let answer = match &question {
                Question::Command { .. } => Answer::Ignores(false),
                Question::Name(_) | Question::Itself => {
                    Answer::Addresses(Err("timed out".to_owned()))
                }
            };
            self.on_answer(&question, answer);
        }
    }

    /// Lets a jail know whether anything of it waits: then its places are not recorded.
    pub(super) fn mark_parking(&mut self, jail: &str) {
        let is_parking = self.parked.is_waiting(jail) || self.named.is_waiting(jail);
        if let Some(runtime) = self.jails.get_mut(jail) {
            runtime.is_parking = is_parking;
        }
    }

    /// Records what was held back, unless something of the jail waits still.
    pub(super) fn settle(&mut self, jail: &str, batch: &mut Batch) {
        if let Some(runtime) = self.jails.get_mut(jail)
            && !runtime.is_parking
        {
            runtime.save_tallies(batch);
            runtime.save_positions(batch);
        }
    }
}
