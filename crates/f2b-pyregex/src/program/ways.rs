//! Where a match goes on from a choice, by what comes next: most choices are none.
//!
//! A pattern is full of parts that may be left out, and nearly always one look at the next character tells
//! which are. So for each choice, and each character that it can meet, it is worked out beforehand where
//! the next thing to do is, all choices in between made.

use super::{Inst, Pc, Peek, Peeks, Program, Run, Split};

/// A choice that is made by looking at the next character, or why it cannot be.
pub(crate) type Way = u16;

/// Nothing can follow.
pub(crate) const FAIL: Way = u16::MAX;
/// Both ways of the split can.
pub(crate) const BOTH: Way = u16::MAX - 1;
/// More has to be known than the next character.
pub(crate) const ASK: Way = u16::MAX - 2;

/// The most choices that are made in one go. Where more follow each other, the next of them goes on.
const MOST: usize = 64;

/// For each choice of a program where it leads.
#[derive(Clone, Debug)]
pub(crate) struct Ways {
    /// The kind of each byte. Bytes of one kind are the same to every choice.
    kinds: Box<[u8; 256]>,
    /// The kind of the end of the text.
    end: u8,
    /// For each choice the way for each kind.
    of: Vec<Way>,
}

impl Default for Ways {
    fn default() -> Self {
        Self {
            kinds: Box::new([0; 256]),
            end: 0,
            of: Vec::new(),
        }
    }
}

impl Ways {
    /// The way from the choice whose ways begin at `choice`.
    #[inline(always)]
    pub(crate) fn of(&self, choice: u32, text: &[u8], at: usize) -> Way {
        let kind = match text.get(at) {
            Some(byte) => self.kinds[usize::from(*byte)],
            None => self.end,
        };
        let way = self.of.get(choice as usize + usize::from(kind));
        way.copied().unwrap_or(ASK)
    }

    /// Works out all ways of a program whose peeks are known, and tells the choices where theirs begin.
    pub(super) fn find(program: &mut Program) -> Self {
        let kinds = Kinds::of(program);
        let mut of = Vec::new();
        for at in 0..program.insts.len() {
            let begin = of.len();
            match program.insts.get(at) {
                Some(Inst::Split(_) | Inst::Run(_)) => {}
                _ => continue,
            }
            let finder = Finder { program };
            of.extend(kinds.met.iter().map(|met| finder.from(at, *met)));
            let Ok(begin) = u32::try_from(begin) else {
                continue;
            };
            match program.insts.get_mut(at) {
                Some(Inst::Split(split)) => split.ways = begin,
                Some(Inst::Run(run)) => run.ways = begin,
                _ => {}
            }
        }
        Self {
            kinds: kinds.kinds,
            end: kinds.end,
            of,
        }
    }
}

/// What can be met in a text.
#[derive(Clone, Copy, Debug)]
enum Met {
    Ascii(u8),
    /// A character beyond ASCII.
    Wide,
    End,
}

impl Peeks {
    /// Whether this can follow; `None` if that depends on the fields.
    fn all_allow(&self, met: Met) -> Option<bool> {
        let mut all = self.of.iter().map(|peek| peek.allows_met(met));
        let first = all.next()?;
        all.all(|other| other == first).then_some(first)
    }

    fn ascii(&self) -> impl Iterator<Item = u128> {
        self.of.iter().map(|peek| peek.ascii.bits())
    }
}

impl Peek {
    fn allows_met(&self, met: Met) -> bool {
        match met {
            Met::Ascii(byte) => self.ascii.has(byte),
            Met::Wide => self.wide,
            Met::End => self.end,
        }
    }
}

/// Characters that are the same to every choice.
struct Kinds {
    kinds: Box<[u8; 256]>,
    end: u8,
    /// One of each kind.
    met: Vec<Met>,
}

impl Kinds {
    fn of(program: &Program) -> Self {
        let mut asked: Vec<u128> = Vec::new();
        for inst in &program.insts {
            match inst {
                Inst::Split(split) => {
                    asked.extend(split.peek_first.ascii());
                    asked.extend(split.peek_second.ascii());
                }
                Inst::Run(run) => {
                    let set = program.sets.get(run.set as usize);
                    asked.extend(set.map(|set| set.inside.bits()));
                }
                _ => {}
            }
        }
        asked.sort_unstable();
        asked.dedup();
        let mut kinds = Box::new([0; 256]);
        let mut met = Vec::new();
        let mut known: Vec<Vec<bool>> = Vec::new();
        for byte in 0..0x80_u8 {
            let answers: Vec<bool> = asked.iter().map(|set| set >> byte & 1 == 1).collect();
            let kind = known.iter().position(|one| *one == answers);
            let kind = kind.unwrap_or_else(|| {
                known.push(answers);
                met.push(Met::Ascii(byte));
                known.len() - 1
            });
            // There are no more of them than ASCII has characters.
            kinds[usize::from(byte)] = u8::try_from(kind).unwrap_or(0);
        }
        let wide = u8::try_from(met.len()).unwrap_or(0);
        kinds[0x80..].fill(wide);
        met.extend([Met::Wide, Met::End]);
        Self {
            kinds,
            end: wide + 1,
            met,
        }
    }
}

struct Finder<'p> {
    program: &'p Program,
}

impl Finder<'_> {
    /// Goes from choice to choice as long as there is one way only.
    fn from(&self, choice: usize, met: Met) -> Way {
        let mut at = choice;
        for _ in 0..MOST {
            let next = match self.program.insts.get(at) {
                Some(Inst::Jump(to)) => *to,
                Some(Inst::Split(split)) => match self.split(split, met) {
                    Next::At(to) => to,
                    Next::Fail => return FAIL,
                    Next::Both if at == choice => return BOTH,
                    Next::Ask if at == choice => return ASK,
                    Next::Both | Next::Ask => break,
                },
                Some(Inst::Run(run)) => match self.run(run, at, met) {
                    Next::At(to) => to,
                    Next::Fail => return FAIL,
                    Next::Both | Next::Ask if at == choice => return ASK,
                    Next::Both | Next::Ask => break,
                },
                _ => break,
            };
            at = next as usize;
        }
        match Way::try_from(at) {
            Ok(way) if way < ASK => way,
            _ => ASK,
        }
    }

    fn split(&self, split: &Split, met: Met) -> Next {
        let first = split.peek_first.all_allow(met);
        let second = split.peek_second.all_allow(met);
        match (first, second) {
            (Some(true), _) if split.first_needs.is_some() => Next::Ask,
            (Some(true), Some(true)) => Next::Both,
            (Some(true), Some(false)) => Next::At(split.first),
            (Some(false), Some(true)) => Next::At(split.second),
            (Some(false), Some(false)) => Next::Fail,
            (None, _) | (_, None) => Next::Ask,
        }
    }

    /// A run that takes nothing here is as if it were not there.
    fn run(&self, run: &Run, at: usize, met: Met) -> Next {
        let set = self.program.sets.get(run.set as usize);
        let takes = match (met, set) {
            (Met::Ascii(byte), Some(set)) => set.has(byte),
            (Met::End, _) => false,
            (Met::Wide, _) | (_, None) => return Next::Ask,
        };
        let next = Pc::try_from(at + 1);
        match (takes, run.min, next) {
            (false, 0, Ok(next)) => Next::At(next),
            (false, 1.., _) => Next::Fail,
            _ => Next::Ask,
        }
    }
}

enum Next {
    At(Pc),
    Fail,
    Both,
    Ask,
}
