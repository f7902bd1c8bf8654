//! Lines made to cost a rule as much as they can.

use f2b_pyregex::Regex;
use f2b_pyregex::ast::{Kind, Literal, Node};
use f2b_pyregex::class::Class;

use super::random::Random;

/// Characters that attackers like and that many classes hold.
const PUMPS: &[&str] = &[
    " ", "(", "a", "0", ":", ".", "-", "[", "]", "<", "\"", "'", "1.2.3.4", "::", "from ", "a.a.",
    " (", "( ", "a ", "user ", "1:", "f:", "/", "=", "é", "a@", ", ", ";", "for ", "x: ", "_",
    "\\",
];

/// Makes lines of about `length` characters for one rule.
pub(super) struct Hostile<'a> {
    root: &'a Node,
    random: &'a mut Random,
    length: usize,
    /// Which loop without end is pumped, counted as they are met.
    pumped: usize,
    met: usize,
}

/// Makes one line.
pub(super) fn line(regex: &Regex, length: usize, random: &mut Random) -> String {
    let root = &regex.ast().root;
    let loops = count_loops(root);
    let mut text = match random.below(10) {
        // Only what pumps, alone or two mixed.
        0 => repeated(pump(random), length),
        1 => {
            let (one, other) = (pump(random), pump(random));
            repeated(&format!("{one}{other}"), length)
        }
        // What the rule says, over and over.
        2 => {
            let mut hostile = Hostile::new(root, random, 0, usize::MAX);
            let mut once = String::new();
            hostile.write(root, &mut once);
            repeated(&once, length)
        }
        3 => {
            let mut words = Vec::new();
            literals(root, &mut words);
            let mut text = String::new();
            while text.len() < length {
                match words.get(random.below(words.len())) {
                    Some(word) => text.push_str(word),
                    None => text.push('a'),
                }
                if random.chance(30) {
                    text.push_str(pump(random));
                }
            }
            text
        }
        // A match with one of its loops pumped.
        _ => {
            let pumped = random.below(loops);
            let mut hostile = Hostile::new(root, random, length, pumped);
            let mut text = String::new();
            hostile.write(root, &mut text);
            text
        }
    };
    // Most lines fail late: the end is spoilt.
    match random.below(4) {
        0 => text.push('\u{1}'),
        1 => text.push_str(pump(random)),
        2 => {
            text.pop();
        }
        _ => {}
    }
    text.retain(|c| c != '\n' && c != '\0');
    cut(&mut text, 2 * length);
    text.push('\n');
    text
}

fn cut(text: &mut String, length: usize) {
    if let Some((at, _)) = text.char_indices().nth(length) {
        text.truncate(at);
    }
}

fn pump(random: &mut Random) -> &'static str {
    PUMPS[random.below(PUMPS.len())]
}

fn repeated(text: &str, length: usize) -> String {
    text.repeat(length.div_ceil(text.chars().count().max(1)))
}

fn count_loops(node: &Node) -> usize {
    let own = usize::from(matches!(node.kind, Kind::Repeat { max: None, .. }));
    own + node.children().map(count_loops).sum::<usize>()
}

/// The literal texts of a pattern.
fn literals(node: &Node, words: &mut Vec<String>) {
    let mut word = String::new();
    for child in node.children() {
        if let Kind::Literal(Literal { char, .. }) = child.kind {
            word.push(char);
            continue;
        }
        if !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        literals(child, words);
    }
    if !word.is_empty() {
        words.push(word);
    }
}

impl<'a> Hostile<'a> {
    fn new(root: &'a Node, random: &'a mut Random, length: usize, pumped: usize) -> Self {
        Self {
            root,
            random,
            length,
            pumped,
            met: 0,
        }
    }

    /// Writes a text that `node` matches, more or less.
    fn write(&mut self, node: &Node, text: &mut String) {
        match &node.kind {
            Kind::Empty | Kind::Assert(_) | Kind::Look { .. } => {}
            Kind::Literal(literal) => text.push(literal.char),
            Kind::Class(class) => text.push(member(class, self.random)),
            Kind::Group { body, .. } | Kind::Atomic(body) => self.write(body, text),
            Kind::Concat(parts) => parts.iter().for_each(|part| self.write(part, text)),
            Kind::Alternate(parts) => {
                let chosen = self.random.below(parts.len());
                self.write(&parts[chosen], text);
            }
            Kind::Repeat { body, min, max, .. } => {
                let is_pumped = max.is_none() && {
                    self.met += 1;
                    self.met - 1 == self.pumped
                };
                if is_pumped {
                    let begin = text.len();
                    self.write(body, text);
                    let same = self
                        .random
                        .chance(60)
                        .then(|| text.get(begin..).unwrap().to_owned());
                    while text.len() - begin < self.length {
                        match &same {
                            Some(once) if !once.is_empty() => text.push_str(once),
                            _ if self.random.chance(50) => text.push_str(pump(self.random)),
                            _ => self.write(body, text),
                        }
                    }
                    return;
                }
                let most = max.unwrap_or(min + 3).min(min + 3);
                let count =
                    *min + u32::try_from(self.random.below((most - min + 1) as usize)).unwrap();
                for _ in 0..count.min(40) {
                    self.write(body, text);
                }
            }
            Kind::BackReference { group, .. } => {
                if let Some(body) = group_body(self.root, *group) {
                    self.write(body, text);
                }
            }
            Kind::Conditional { yes, no, .. } => {
                let chosen = if self.random.chance(50) { yes } else { no };
                self.write(chosen, text);
            }
        }
    }
}

fn group_body(node: &Node, wanted: u32) -> Option<&Node> {
    match &node.kind {
        Kind::Group { index, body } if *index == wanted => Some(body),
        _ => node.children().find_map(|child| group_body(child, wanted)),
    }
}

/// A character of a class, of those that attackers like if there is one.
fn member(class: &Class, random: &mut Random) -> char {
    for _ in 0..4 {
        let liked = pump(random).chars().next().unwrap_or('a');
        if class.contains(liked) {
            return liked;
        }
    }
    let members: Vec<char> = ('\u{20}'..'\u{7f}')
        .filter(|c| class.contains(*c))
        .collect();
    members
        .get(random.below(members.len()))
        .copied()
        .unwrap_or('a')
}
