//! How `nft list ruleset` prints what we made.

use kernel_kit::Kit;

use crate::driver::Driver;

/// Replaces what moves with the clock.
fn still(ruleset: &str) -> String {
    ruleset
        .split_inclusive(' ')
        .scan("", |before, word| {
            let shown = if *before == "expires " {
                let end = word.trim_end_matches(|c: char| !c.is_alphanumeric());
                format!("[time]{}", word.strip_prefix(end).unwrap_or_default())
            } else {
                word.to_owned()
            };
            *before = word;
            Some(shown)
        })
        .collect()
}

#[test]
fn the_ruleset_reads_as_if_a_person_had_typed_it() {
    let kit = Kit::new().unwrap();
    let mut engine = Driver::sshd(kit.server());
    engine.does("start nginx http,https,8000:8010,60000:65535 tcp,udp");
    engine.does("start recidive - all");
    engine.does("start sip 5060-5061 udp");
    engine.does("start mail smtp,imap tcp");
    engine.does("start dovecot imap,imaps tcp reject");
    engine.does("start exim smtp tcp,udp reject with tcp reset");
    engine.does("start ping - icmp reject with icmpx admin-prohibited");
    let bans = [
        "ban sshd 192.0.2.11/32 600000",
        "ban sshd 192.0.2.12/32 -",
        "ban sshd 2001:db8::11/128 3600000",
        "ban sshd 198.51.100.0/24 600000",
        "ban sshd 255.0.0.0/8 -",
        "ban sshd 2001:db8:7::/48 600000",
    ];
    assert_eq!(engine.apply(&bans), ["in kernel"; 6]);
    insta::assert_snapshot!(still(&kit.server().ruleset().unwrap()));
    // What `nft` prints it can also read.
    let printed = kit.server().ruleset().unwrap();
    Kit::new().unwrap().server().nft(&printed).unwrap();
}
