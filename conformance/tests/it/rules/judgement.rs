//! What we say of the originals' rules; that a forged line does what we say is CPython's word.

use std::collections::BTreeSet;

use conformance::python;
use f2b_match::{Filter, judge};

use super::cpython::hex;
use super::stock;

/// The filters of the originals whose host free text can take the place of.
const FORGED: [&str; 5] = [
    "dovecot",
    "pam-generic",
    "pure-ftpd",
    "roundcube-auth",
    "sshd",
];

/// Those with a rule that is searched anywhere in the line.
const UNANCHORED: [&str; 2] = ["oracleims", "portsentry"];

/// Answers each line `PATTERN TEXT` (in hexadecimal digits) with the address that is found.
const SCRIPT: &str = r"
import re, sys
def text(word): return bytes.fromhex(word[1:]).decode()
for line in sys.stdin:
    pattern, subject = map(text, line.split())
    groups = re.search(pattern, subject).groupdict()
    print(next(groups[g] for g in ('ip4', 'ip6', 'dns', 'fid') if groups.get(g)))
";

#[test]
fn what_is_said_of_the_originals_rules_holds() {
    let (mut forged, mut unanchored) = (BTreeSet::new(), BTreeSet::new());
    let (mut asked, mut expected) = (String::new(), Vec::new());
    for rule in stock::rules() {
        let mut filter = Filter::default();
        // Rules of several lines, and those that leave naming somebody to the prefregex, are not
        // judged alone.
        if rule.kind != "failregex" || filter.add_failregex(&rule.pattern).is_err() {
            continue;
        }
        let judgement = judge(&filter.failregex()[0]);
        if judgement.is_unanchored {
            unanchored.insert(rule.filter.clone());
        }
        if let Some(forgery) = judgement.forgery {
            forged.insert(rule.filter.clone());
            let line = format!("{}\n", forgery.line);
            asked.push_str(&format!("{} {}\n", hex(&rule.pattern), hex(&line)));
            println!(
                "{}: {:?} <- {:?} {:.80}",
                rule.filter, forgery.line, forgery.text, rule.pattern
            );
            expected.push(forgery.banned);
        }
    }
    assert_eq!(Vec::from_iter(&forged), FORGED);
    assert_eq!(Vec::from_iter(&unanchored), UNANCHORED);
    let said = python::ask(SCRIPT, &asked).unwrap();
    assert_eq!(said.lines().collect::<Vec<_>>(), expected);
}
