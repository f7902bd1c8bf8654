use super::*;

const NOW: i64 = 1_700_000_000;

fn at(seconds: i64) -> UnixTime {
    UnixTime::from_seconds(NOW + seconds)
}

fn id(text: &str) -> FailId {
    FailId::parse(text)
}

fn failure(who: &str, seconds: i64) -> Input {
    Input::Failure(Failure {
        id: id(who),
        time: at(seconds),
        lines: vec!["bad login".into()],
        fields: Vec::new(),
    })
}

/// A jail of which nobody was banned before.
trait Alone {
    fn alone(&mut self, input: Input, now: UnixTime) -> Vec<Effect>;
}

impl Alone for Jail {
    fn alone(&mut self, input: Input, now: UnixTime) -> Vec<Effect> {
        self.on(input, now, &History::default())
    }
}

fn jail() -> Jail {
    let settings = Settings {
        maxretry: 2,
        findtime: Span::from_seconds(60),
        bantime: Bantime::from_seconds(100),
        maxmatches: 2,
        ..Settings::default()
    };
    Jail::new("sshd", settings, Dice::seeded(1))
}

/// What a person would see, one word an effect.
fn words(effects: &[Effect]) -> String {
    let word = |effect: &Effect| match effect {
        Effect::Found { id, .. } => format!("found {id}"),
        Effect::Attempted { id, .. } => format!("attempted {id}"),
        Effect::FoundBad {
            id, count, weight, ..
        } => format!("bad {id} {count}->{weight}"),
        Effect::Increased { ban, .. } => format!("increased to {}", ban.bantime),
        Effect::Ignored(id, by) => format!("ignored {id} by {by}"),
        Effect::Forgotten(id) => format!("forgotten {id}"),
        Effect::Ban(ban) if ban.restored => format!("restored {}", ban.id),
        Effect::Ban(ban) => format!("ban {}", ban.id),
        Effect::AlreadyOver(id) => format!("over {id}"),
        Effect::AlreadyBanned { id, age, .. } => format!("already {id} +{}", age.whole_seconds()),
        Effect::EndMoved(ban) => format!("moved {}", ban.id),
        Effect::Unban(ban, cause) => format!("unban {} {cause:?}", ban.id),
    };
    effects.iter().map(word).collect::<Vec<_>>().join(", ")
}

fn stored(who: &str, seconds: i64, bantime: i64) -> Input {
    Input::Restore(StoredBan {
        id: id(who),
        time: at(seconds),
        bantime: Some(Bantime::from_seconds(bantime)),
        count: 4,
        failures: 9,
        matches: vec!["a".into(), "b".into(), "c".into()],
        fields: Vec::new(),
    })
}

#[test]
fn maxretry_failures_ban_and_bantime_later_the_ban_ends() {
    let mut jail = jail();
    assert_eq!(
        words(&jail.alone(failure("192.0.2.1", 0), at(0))),
        "found 192.0.2.1"
    );
    let effects = jail.alone(failure("192.0.2.1", 5), at(6));
    assert_eq!(
        words(&effects),
        "found 192.0.2.1, forgotten 192.0.2.1, ban 192.0.2.1"
    );
    assert_eq!(
        jail.next_end(),
        Some(at(105)),
        "the ban begins at the last failure"
    );
    assert_eq!(words(&jail.alone(Input::Clock, at(105))), "");
    assert_eq!(
        words(&jail.alone(Input::Clock, at(106))),
        "unban 192.0.2.1 Expired"
    );
    assert_eq!((jail.counters().failed, jail.counters().banned), (2, 1));
}

#[test]
fn a_failure_from_the_future_counts_as_now() {
    let mut jail = jail();
    let effects = jail.alone(failure("192.0.2.1", 500), at(3));
    assert_eq!(
        effects,
        [Effect::Found {
            id: id("192.0.2.1"),
            time: at(3)
        }]
    );
}

#[test]
fn failures_of_the_banned_move_the_end_of_their_ban() {
    let mut jail = jail();
    let _ban = jail.alone(Input::Ban(id("192.0.2.1")), at(0));
    let _first = jail.alone(failure("192.0.2.1", 70), at(70));
    let effects = jail.alone(failure("192.0.2.1", 71), at(71));
    assert_eq!(
        words(&effects),
        "found 192.0.2.1, forgotten 192.0.2.1, already 192.0.2.1 +71, moved 192.0.2.1"
    );
    assert_eq!(jail.next_end(), Some(at(171)));
    let ban = jail.bans().ban(&id("192.0.2.1")).unwrap();
    assert_eq!((ban.time, ban.bantime.as_seconds()), (at(0), 171));
}

#[test]
fn a_ban_is_prolonged_by_what_the_jail_says_now() {
    let mut jail = jail();
    let _ban = jail.alone(Input::Ban(id("192.0.2.1")), at(0));
    jail.settings_mut().bantime = Bantime::from_seconds(1_000);
    let effects = jail.alone(Input::Ban(id("192.0.2.1")), at(7));
    assert_eq!(words(&effects), "already 192.0.2.1 +7, moved 192.0.2.1");
    assert_eq!(jail.next_end(), Some(at(1_007)));
    jail.settings_mut().bantime = Bantime::from_seconds(10);
    assert_eq!(
        words(&jail.alone(Input::Ban(id("192.0.2.1")), at(8))),
        "already 192.0.2.1 +8"
    );
    jail.settings_mut().bantime = Bantime::Permanent;
    let _prolonged = jail.alone(Input::Ban(id("192.0.2.1")), at(9));
    assert_eq!(jail.next_end(), None);
}

#[test]
fn the_ignored_are_counted_and_told_of() {
    let mut jail = jail();
    let input = Input::Ignore(id("127.0.0.9"), crate::IgnoredBy::Ip);
    assert_eq!(words(&jail.alone(input, at(0))), "ignored 127.0.0.9 by ip");
    assert_eq!(jail.counters().ignored, 1);
}

#[test]
fn a_network_word_lifts_every_ban_inside_it() {
    let mut jail = jail();
    for who in ["198.51.100.1", "198.51.100.0/25", "203.0.113.1"] {
        let _ban = jail.alone(Input::Ban(id(who)), at(0));
    }
    let effects = jail.alone(Input::Unban(id("198.51.100.0/24")), at(1));
    assert_eq!(
        words(&effects),
        "unban 198.51.100.1 Asked, unban 198.51.100.0/25 Asked"
    );
    assert_eq!(
        words(&jail.alone(Input::Unban(id("192.0.2.99")), at(1))),
        ""
    );
    assert_eq!(jail.bans().len(), 1);
}

#[test]
fn a_stored_ban_is_restored_with_its_begin_and_at_most_the_jails_length() {
    let check = |seconds: i64, bantime: i64, expected: &str, end: Option<UnixTime>| {
        let mut jail = jail();
        let effects = jail.alone(stored("192.0.2.1", seconds, bantime), at(0));
        assert_eq!(words(&effects), expected, "{seconds} {bantime}");
        assert_eq!(jail.next_end(), end);
    };
    check(-50, 100, "restored 192.0.2.1", Some(at(50)));
    check(-50, 60, "restored 192.0.2.1", Some(at(10)));
    check(-50, 1_000, "restored 192.0.2.1", Some(at(50)));
    check(-50, -1, "restored 192.0.2.1", Some(at(50)));
    check(-200, 1_000, "", None);
    check(-200, 100, "", None);
}

#[test]
fn a_restored_ban_keeps_its_history() {
    let mut jail = jail();
    let _restored = jail.alone(stored("192.0.2.1", -50, 100), at(0));
    let ban = jail.bans().ban(&id("192.0.2.1")).unwrap();
    assert_eq!((ban.count, ban.failures, ban.matches.len()), (5, 9, 2));
}

#[test]
fn a_ban_decided_late_is_over_before_it_begins() {
    let mut jail = jail();
    let _first = jail.alone(failure("192.0.2.1", -300), at(0));
    let effects = jail.alone(failure("192.0.2.1", -299), at(0));
    assert!(words(&effects).ends_with("over 192.0.2.1"));
    assert!(jail.bans().is_empty());
}

#[test]
fn a_recalled_tally_goes_on_where_it_was() {
    let mut first = jail();
    let _found = first.alone(failure("192.0.2.1", 0), at(0));
    let tally = first.tallies().tally(&id("192.0.2.1")).unwrap().clone();
    let mut second = jail();
    assert_eq!(
        words(&second.alone(Input::Recall(id("192.0.2.1"), tally.clone()), at(5))),
        ""
    );
    let effects = second.alone(failure("192.0.2.1", 6), at(6));
    assert!(words(&effects).ends_with("ban 192.0.2.1"));
    let mut late = jail();
    assert_eq!(
        words(&late.alone(Input::Recall(id("192.0.2.1"), tally), at(60))),
        "forgotten 192.0.2.1"
    );
}

/// A jail with longer bans for who comes back, and who that is.
fn growing(maxretry: u32, bans: &[(&str, u32)]) -> (Jail, History) {
    let mut jail = jail();
    jail.settings_mut().maxretry = maxretry;
    jail.settings_mut().increment.is_on = true;
    let mut history = History::default();
    for (who, count) in bans {
        let past = crate::Past {
            jail: "sshd".into(),
            time: at(-1_000),
            bantime: Bantime::from_seconds(100),
            count: *count,
        };
        history.note(id(who), past);
    }
    (jail, history)
}

/// As in a run of the original (its failures and lines of the second and third ban).
#[test]
fn who_comes_back_is_banned_sooner_and_longer() {
    let (mut jail, history) = growing(6, &[("192.0.2.1", 2)]);
    jail.settings_mut().maxmatches = 5;
    let effects = jail.on(failure("192.0.2.1", 0), at(0), &history);
    assert_eq!(words(&effects), "found 192.0.2.1, bad 192.0.2.1 2->3");
    let effects = jail.on(failure("192.0.2.1", 1), at(1), &history);
    assert_eq!(
        words(&effects),
        "found 192.0.2.1, bad 192.0.2.1 2->3, forgotten 192.0.2.1, ban 192.0.2.1, increased to 400"
    );
    let ban = jail.bans().ban(&id("192.0.2.1")).unwrap();
    assert_eq!((ban.count, ban.failures, ban.matches.len()), (3, 4, 3));
    assert_eq!(jail.next_end(), Some(at(401)));
}

#[test]
fn a_ban_that_is_decided_again_after_it_has_ended_does_not_count_twice() {
    let (mut jail, mut history) = growing(2, &[]);
    let made = UnixTime::from_micros(5_600_000);
    let lines = |jail: &mut Jail, history: &History| {
        let mut last = Vec::new();
        for micros in [5_100_000, 5_600_000] {
            let mut failure = failure("192.0.2.1", 0);
            if let Input::Failure(failure) = &mut failure {
                failure.time = UnixTime::from_micros(micros);
            }
            last = jail.on(failure, at(1_000_000), history);
        }
        words(&last)
    };
    let past = crate::Past {
        jail: "sshd".into(),
        time: UnixTime::from_seconds(made.rounded_seconds()),
        bantime: Bantime::from_seconds(100),
        count: 1,
    };
    history.note(id("192.0.2.1"), past);
    assert_eq!(
        lines(&mut jail, &history),
        "found 192.0.2.1, forgotten 192.0.2.1, over 192.0.2.1"
    );
    assert!(jail.bans().is_empty());
}

#[test]
fn a_failure_older_than_the_last_ban_counts_once() {
    let (mut jail, history) = growing(6, &[("192.0.2.1", 2)]);
    let effects = jail.on(failure("192.0.2.1", -1_000), at(-999), &history);
    assert_eq!(words(&effects), "found 192.0.2.1");
}

#[test]
fn a_weight_ends_at_maxretry() {
    let (mut jail, history) = growing(4, &[("192.0.2.1", 9)]);
    let effects = jail.on(failure("192.0.2.1", 0), at(0), &history);
    assert!(words(&effects).contains("bad 192.0.2.1 9->4, forgotten"));
    assert!(
        effects
            .iter()
            .any(|effect| matches!(effect, Effect::Ban(_)))
    );
}

#[test]
fn a_restored_ban_may_be_as_long_as_increments_allow() {
    let (mut jail, history) = growing(2, &[]);
    let _restored = jail.on(stored("192.0.2.1", -50, 1_000), at(0), &history);
    assert_eq!(jail.next_end(), Some(at(950)));
    jail.settings_mut().increment.maxtime = Some(Span::from_seconds(300));
    let _restored = jail.on(stored("192.0.2.2", -50, 1_000), at(0), &history);
    assert_eq!(jail.next_end(), Some(at(250)));
}

#[test]
fn bans_follow_the_jails_bantime_unless_they_have_their_own() {
    let mut jail = jail();
    let _ban = jail.alone(Input::Ban(id("192.0.2.1")), at(0));
    let _restored = jail.alone(stored("192.0.2.2", 0, 50), at(0));
    jail.settings_mut().bantime = Bantime::from_seconds(20);
    assert_eq!(words(&jail.alone(Input::Settled, at(1))), "moved 192.0.2.1");
    assert_eq!(
        words(&jail.alone(Input::Clock, at(21))),
        "unban 192.0.2.1 Expired"
    );
    assert_eq!(jail.next_end(), Some(at(50)));
}

#[test]
fn each_line_of_an_attempt_counts() {
    let mut jail = jail();
    jail.settings_mut().maxretry = 4;
    let attempt = |lines: &[&str]| {
        let lines = lines.iter().map(|line| (*line).into()).collect();
        Input::Attempt(id("192.0.2.1"), lines)
    };
    assert_eq!(
        words(&jail.alone(attempt(&[]), at(0))),
        "attempted 192.0.2.1"
    );
    assert_eq!(
        words(&jail.alone(attempt(&["a", "b"]), at(0))),
        "attempted 192.0.2.1"
    );
    let effects = jail.alone(attempt(&["c"]), at(0));
    assert!(words(&effects).ends_with("ban 192.0.2.1"));
    assert_eq!(jail.counters().failed, 3);
}
