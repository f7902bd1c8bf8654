//! Where a match goes on from a choice, by what comes next: most choices are none.
//!
//! A pattern is full of parts that may be left out, and nearly always one look at the next character tells
//! which are. So for each choice, and each character that it can meet, it is worked out beforehand where
//! the next thing to do is, all choices in between made.

use std::collections::BTreeMap;

use super::{Inst, Pc, Peek, Peeks, Program, Run, Split};

/// A choice that is made by looking at the next character, or why it cannot be.
pub(crate) type Way = u16;

/// Nothing can follow.
pub(crate) const FAIL: Way = u16::MAX;
/// Both ways of the split can.
pub(crate) const BOTH: Way = u16::MAX - 1;
/// More has to be known than the next character.
pub(crate) const ASK: Way = u16::MAX - 2;

/// What a choice has whose ways are not worked out.
pub(crate) const UNKNOWN: u32 = u32::MAX;

/// The most jumps that are followed in one go.
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
        // From the end, so that where a choice leads on to another, that one is worked out already.
        for at in (0..program.insts.len()).rev() {
            if !matches!(program.insts.get(at), Some(Inst::Split(_) | Inst::Run(_))) {
                continue;
            }
            let finder = Finder { program, of: &of };
            let met = kinds.met.iter().enumerate();
            let ways: Vec<Way> = met.map(|(kind, met)| finder.from(at, kind, *met)).collect();
            let Ok(begin) = u32::try_from(of.len()) else {
                break;
            };
            of.extend(ways);
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
        // Each set divides the kinds that there are; no more of them come about than ASCII has characters.
        let mut kinds = Box::new([0_u8; 256]);
        let mut met = vec![Met::Ascii(0)];
        for set in asked {
            let mut divided = BTreeMap::new();
            met.clear();
            for byte in 0..0x80_u8 {
                let kind = &mut kinds[usize::from(byte)];
                let new = u8::try_from(met.len()).unwrap_or(0);
                *kind = *divided.entry((*kind, set >> byte & 1)).or_insert_with(|| {
                    met.push(Met::Ascii(byte));
                    new
                });
            }
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
    /// The ways of the choices further on.
    of: &'p [Way],
}

impl Finder<'_> {
    /// Goes from a choice on as long as there is one way only.
    fn from(&self, choice: usize, kind: usize, met: Met) -> Way {
        let next = match self.program.insts.get(choice) {
            Some(Inst::Split(split)) => self.split(split, met),
            Some(Inst::Run(run)) => self.run(run, choice, met),
            _ => Next::Ask,
        };
        let mut at = match next {
            Next::At(to) => to,
            Next::Fail => return FAIL,
            Next::Both => return BOTH,
            Next::Ask => return ASK,
        };
        for _ in 0..MOST {
            match self.program.insts.get(at as usize) {
                Some(Inst::Jump(to)) => at = *to,
                _ => break,
            }
        }
        let known = match self.program.insts.get(at as usize) {
            Some(Inst::Split(split)) => split.ways,
            Some(Inst::Run(run)) => run.ways,
            _ => UNKNOWN,
        };
        match self.of.get((known as usize).saturating_add(kind)) {
            Some(way) if *way == FAIL => FAIL,
            Some(way) if *way < ASK => *way,
            _ => Way::try_from(at)
                .ok()
                .filter(|way| *way < ASK)
                .unwrap_or(ASK),
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
