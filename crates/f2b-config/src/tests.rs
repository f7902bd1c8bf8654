use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::TreeError;

/// Files by path.
#[derive(Default)]
pub(crate) struct Files(pub(crate) BTreeMap<String, String>);

impl ConfigTree for Files {
    fn read(&self, path: &str) -> Result<Option<String>, TreeError> {
        Ok(self.0.get(path).cloned())
    }

    fn list(&self, folder: &str) -> Vec<String> {
        let inside = |path: &&String| {
            path.rsplit_once('/')
                .is_some_and(|(parent, _)| parent == folder)
        };
        self.0.keys().filter(inside).cloned().collect()
    }

    fn is_there(&self, path: &str) -> bool {
        self.0.contains_key(path)
    }

    fn name_of(&self, path: &str) -> String {
        format!("/etc/{path}")
    }
}

fn files(pairs: &[(&str, &str)]) -> Files {
    let own = |(path, text): &(&str, &str)| ((*path).to_owned(), (*text).to_owned());
    Files(pairs.iter().map(own).collect())
}

/// The stream as text, or the last thing that was said.
fn seen(files: &Files) -> String {
    match read(files, &NoLogs, &Reading::default()) {
        Err(unreadable) => unreadable.reason,
        Ok(read) => match read.stream {
            Some(stream) => stream
                .iter()
                .map(|sent| format!("{}\n", sent.command))
                .collect(),
            None => read
                .told
                .last()
                .map_or_else(String::new, |told| told.text.clone()),
        },
    }
}

const SERVER: (&str, &str) = ("fail2ban.conf", "[Definition]\n");

#[test]
fn references_tags_and_arguments_come_together() {
    let text = seen(&files(&[
        SERVER,
        (
            "jail.conf",
            "[DEFAULT]\nmode = hard\nfilter = %(__name__)s[mode=%(mode)s]\n[toy]\nenabled = 1\naction = act[x=2]\n",
        ),
        (
            "filter.d/toy.conf",
            "[Definition]\nmdre-hard = ^h <HOST>\nfailregex = <mdre-<mode>>\n",
        ),
        (
            "action.d/act.conf",
            "[Definition]\nactionban = a <x> <y>\n[Init]\ny = 3\n",
        ),
    ]));
    for expected in [
        "['set', 'toy', 'addfailregex', '^h <HOST>']",
        "[['actionban', 'a 2 3'], ['x', '2'], ['name', 'toy'], ['actname', 'act'], ['y', '3']]",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
}

/// Every mistake, on a machine without logs.
fn mistakes(files: &Files) -> Vec<Diagnostic> {
    let around = Surroundings {
        logs: &NoLogs,
        service_exists: &|name| name == "ssh",
    };
    check(files, &around)
}

/// What would take the original's memory or never end is refused.
#[test]
fn what_multiplies_without_end_is_a_clear_error() {
    let check = |tree: Files, expected: &str| {
        let text = seen(&tree);
        assert!(
            text.contains(expected),
            "{expected}: {}",
            text.chars().take(300).collect::<String>()
        );
        let is_error = |mistake: &Diagnostic| mistake.severity == Severity::Error;
        let is_told = mistakes(&tree).iter().any(is_error);
        assert_eq!(is_told, !text.contains("['set', "), "{expected}");
    };
    // Each file includes both of the next ones.
    let mut doubling = files(&[SERVER, ("jail.conf", "[INCLUDES]\nbefore = a0.conf\n")]);
    for number in 0..60 {
        let next = number + 1;
        for letter in ["a", "b"] {
            let text = format!("[INCLUDES]\nbefore = a{next}.conf\n         b{next}.conf\n");
            doubling.0.insert(format!("{letter}{number}.conf"), text);
        }
    }
    check(doubling, "includes make more than");
    let mut chain = files(&[SERVER, ("jail.conf", "[INCLUDES]\nbefore = 0.conf\n")]);
    for number in 0..10_000 {
        chain.0.insert(
            format!("{number}.conf"),
            format!("[INCLUDES]\nbefore = {}.conf\n", number + 1),
        );
    }
    check(chain, "nested deeper than");
    let mut jail = String::from("[toy]\nenabled = 1\na0 = 0123456789\n");
    for number in 1..10 {
        let inner = format!("%(a{})s", number - 1);
        jail.push_str(&format!("a{number} = {}\n", inner.repeat(20)));
    }
    jail.push_str("ignorecommand = %(a9)s\n");
    check(
        files(&[SERVER, ("jail.conf", &jail)]),
        "expands to more than can be read",
    );
    let deep = "<".repeat(1_000) + &">".repeat(1_000);
    let filter = format!("[Definition]\nfailregex = {deep} <HOST>\n");
    let tree = [
        SERVER,
        ("jail.conf", "[toy]\nenabled = 1\nfilter = f\n"),
        ("filter.d/f.conf", filter.as_str()),
    ];
    check(files(&tree), "addfailregex");
    let long = format!(
        "[toy]\nenabled = 1\nignorecommand = {}\n",
        "x ".repeat(500_000)
    );
    check(
        files(&[SERVER, ("jail.conf", &long)]),
        "'ignorecommand', 'x x",
    );
}

/// Trees that once took minutes, or the machine's memory. They end, and that is all that is asked.
#[test]
fn what_is_long_and_odd_ends_soon() {
    let jail = |option: &str| format!("[toy]\nenabled = 1\nfilter = f\n{option}\n");
    let line = |what: &str, times: usize| what.repeat(times);
    let numbered =
        |what: &dyn Fn(usize) -> String, times: usize| -> String { (0..times).map(what).collect() };
    let orphans = |number: usize| format!("[section{number}]\nmaxrety = 3\n");
    let long_names = format!(
        "[{}]\na = 1\n[{}]\nb = 1\n",
        line("x", 30_000),
        line("y", 30_000)
    );
    let multiplied = format!(
        "[DEFAULT]\na = {}\nb = {}\n{}",
        line("x", 10_000),
        line("%(a)s", 250),
        numbered(
            &|number| format!(
                "[j{number}]\nenabled = 1\nignorecommand = %(b)s\nfailregex = %(b)s\n"
            ),
            60
        )
    );
    let jails = [
        jail(&format!("port = {}", line("%(", 50_000))),
        jail(&format!("port = {})", line("%(", 50_000))),
        jail(&format!("logpath = {}", line("[!", 100_000))),
        jail(&format!("action = {}", line("a[b=c ", 5_000))),
        jail(&format!("action = {}]", line("a[b=c,d ", 10_000))),
        jail(&format!("ignoreip = {}", line("1.2.3.x/9 ", 8_000))),
        jail(&format!("ignoreip = {}", line("1.2.3.x/9\n  ", 8_000))),
        jail(&format!("journalmatch = {}", line("nothing\n  ", 8_000))),
        jail(&numbered(
            &|number| format!("a{number} = %(a{})s\n", number + 1),
            2_000,
        )),
        format!(
            "[b\n{}",
            numbered(&|number| format!("o{number} = 1\n"), 20_000)
        ),
        format!(
            "[INCLUDES]\nbefore ={}",
            numbered(&|number| format!(" x{number}.conf\n"), 2_000)
        ),
        numbered(&orphans, 1_500),
        line("no option\n", 5_000),
        long_names,
        multiplied,
    ];
    let tags = format!(
        "[Definition]\nfailregex = <a0> <HOST>\n{}",
        numbered(&|number| format!("a{number} = <a{}>\n", number + 1), 200)
    );
    for jail in &jails {
        let tree = files(&[
            SERVER,
            ("jail.conf", jail),
            ("filter.d/f.conf", &tags),
            ("action.d/a.conf", "[Definition]\nactionban = <b>\n"),
        ]);
        seen(&tree);
        let mistakes = mistakes(&tree);
        assert!(mistakes.len() < 10_000);
        explain(&tree, "toy", None).ok();
    }
    let includes = format!("[INCLUDES]\nbefore = {}", line("b.conf\n  ", 500));
    let large = format!("[DEFAULT]\nx = {}\n", line("x", 500_000));
    let tree = files(&[SERVER, ("jail.conf", &includes), ("b.conf", &large)]);
    assert!(seen(&tree).contains("includes make more than"));
    assert!(!mistakes(&tree).is_empty());
}

proptest! {
    #[test]
    fn any_text_is_read_without_a_panic(
        jail in "(\\[[a-zA-Z/?=]{0,8}\\]|[a-z]{1,9} ?[=:] ?[%()<>\\[\\],;=\"' a-z/é]{0,20}|[ \t]+[a-z;#]{0,5}|\n){0,30}",
        filter in "(\\[Definition\\]|\\[Init\\]|(failregex|a|b) = [%()<>a-b/s ]{0,20}|\n){0,20}",
    ) {
        let with_toy = format!("{jail}\n[toy]\nenabled = 1\nfilter = f[a=<b>]\naction = f[b=%(a)s]\n");
        for jail in [jail.as_str(), with_toy.as_str()] {
            let tree = files(&[
                SERVER,
                ("jail.conf", jail),
                ("filter.d/f.conf", &filter),
                ("action.d/f.conf", &filter),
            ]);
            let is_refused = !seen(&tree).starts_with("['set', ");
            let is_error = |mistake: &Diagnostic| mistake.severity == Severity::Error;
            let mistakes = mistakes(&tree);
            prop_assert!(!is_refused || mistakes.iter().any(is_error), "{:?}", mistakes);
        }
    }

    #[test]
    fn any_spec_is_read_without_a_panic(text in "[\\[\\]=,\"'?a-c é\n]{0,30}") {
        if let Ok(spec) = spec::parse(&text) {
            prop_assert!(!spec.name.is_empty());
        }
        let parts = spec::split(&text);
        let without = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        prop_assert_eq!(without(&parts.concat()), without(&text));
    }
}

mod explaining {
    use super::*;

    fn of(tree: &Files, option: &str) -> Explained {
        explain(tree, "j", Some(option)).unwrap().remove(0)
    }

    /// `FILE:LINE:COLUMN`, and the files that include it.
    fn place(stated: &Stated) -> String {
        let origin = stated.origin.as_ref().unwrap();
        let by = origin.source.included_by.join(" ");
        let text = format!(
            "{}:{}:{} {by}",
            origin.source.file, origin.line, origin.column
        );
        text.trim_end().to_owned()
    }

    fn set(explained: &Explained) -> (&str, String, Vec<String>) {
        let Basis::Set {
            section,
            stated,
            overrides,
        } = &explained.basis
        else {
            panic!("{explained:?}");
        };
        let overrides = overrides
            .iter()
            .map(|overridden| format!("[{}] {}", overridden.section, place(&overridden.stated)));
        (section, place(stated), overrides.collect())
    }

    #[test]
    fn a_value_is_followed_through_files_sections_and_includes() {
        let tree = files(&[
            (
                "jail.conf",
                "[INCLUDES]\nbefore = paths.conf\n[DEFAULT]\nbase = a\nlogpath = old\n[j]\n  logpath  =  %(log)s\n",
            ),
            (
                "paths.conf",
                "[DEFAULT]\nlog: /x/%(base)s ; here\n   more\n",
            ),
            (
                "jail.local",
                "[DEFAULT]\nbase = b\n[j]\nlogpath = %(log)s %(default/base)s %(log)s\n",
            ),
        ]);
        let logpath = of(&tree, "LogPath");
        assert_eq!(logpath.value.as_deref(), Ok("/x/b\nmore b /x/b\nmore"));
        assert_eq!(
            set(&logpath),
            (
                "j",
                "/etc/jail.local:4:11".to_owned(),
                vec![
                    "[j] /etc/jail.conf:7:15".to_owned(),
                    "[DEFAULT] /etc/jail.conf:5:11".to_owned()
                ]
            )
        );
        let [log, default] = logpath.refers_to.as_slice() else {
            panic!("{logpath:?}");
        };
        assert_eq!(
            set(log),
            (
                "DEFAULT",
                "/etc/paths.conf:2:6 /etc/jail.conf".to_owned(),
                Vec::new()
            )
        );
        assert_eq!(log.refers_to[0].name, "base");
        assert_eq!(
            set(&log.refers_to[0]),
            (
                "DEFAULT",
                "/etc/jail.local:2:8".to_owned(),
                vec!["[DEFAULT] /etc/jail.conf:4:8".to_owned()]
            )
        );
        assert_eq!(default.name, "default/base");
        assert_eq!(default.value.as_deref(), Ok("b"));
    }

    #[test]
    fn what_was_before_is_what_known_stands_for() {
        let tree = files(&[
            ("jail.conf", "[j]\nfilter = f\nport = 1\n"),
            (
                "jail.local",
                "[j]\nport = %(known/port)s,2\nname = %(known/failregex)s\n",
            ),
            ("filter.d/f.conf", "[Definition]\nfailregex = x <ADDR>\n"),
        ]);
        let port = of(&tree, "port");
        assert_eq!(port.value.as_deref(), Ok("1,2"));
        assert_eq!(set(&port.refers_to[0]).1, "/etc/jail.conf:3:8");
        let name = of(&tree, "name");
        assert_eq!(name.value.as_deref(), Ok("x <ADDR>"));
        assert_eq!(name.refers_to[0].basis, Basis::Filter);
    }

    #[test]
    fn tags_of_other_sections_are_followed_in_those() {
        let tree = files(&[
            ("jail.conf", "[j]\nfilter = f[who=argument]\n"),
            (
                "filter.d/f.conf",
                "[DEFAULT]\nwho = default\nshared = %(who)s\n[Definition]\nwho = own\n\
                 failregex = <sec/x> <Default/shared>\n[sec]\nwho = of sec\nx = %(who)s\n",
            ),
        ]);
        let failregex = of(&tree, "failregex");
        assert_eq!(failregex.value.as_deref(), Ok("of sec default"));
        let [of_section, of_default] = failregex.refers_to.as_slice() else {
            panic!("{failregex:?}");
        };
        let who = &of_section.refers_to[0];
        assert_eq!(
            (who.name.as_str(), who.value.as_deref()),
            ("who", Ok("of sec"))
        );
        assert_eq!(set(who).1, "/etc/filter.d/f.conf:8:7");
        let who = &of_default.refers_to[0];
        assert_eq!(set(who).1, "/etc/filter.d/f.conf:2:7");
    }

    #[test]
    fn what_cannot_be_resolved_shows_where_it_breaks() {
        let tree = files(&[(
            "jail.conf",
            "[j]\na = %(b)s\nb = %(a)s %(nothing)s\nc = %(__name__)s\n",
        )]);
        let a = of(&tree, "a");
        assert!(
            a.value.clone().unwrap_err().contains("Recursion limit"),
            "{a:?}"
        );
        let b = &a.refers_to[0];
        assert_eq!(b.refers_to[0].basis, Basis::Above);
        assert_eq!(b.refers_to[1].basis, Basis::Nowhere);
        assert_eq!(of(&tree, "c").refers_to[0].basis, Basis::SectionName);
        assert!(matches!(
            explain(&tree, "k", None),
            Err(ExplainError::NoSuchJail { .. })
        ));
        assert!(matches!(
            explain(&tree, "j", Some("d")),
            Err(ExplainError::NotSet { .. })
        ));
        assert_eq!(
            explain(&files(&[]), "j", None),
            Err(ExplainError::Unreadable(
                "Read jails configuration failed.".to_owned()
            ))
        );
    }

    #[test]
    fn names_that_refer_to_ever_more_names_are_refused() {
        let mut text = String::from("[j]\n");
        for index in 0..3_000 {
            text.push_str(&format!("a{index} = %(a{})s\n", index + 1));
        }
        let tree = files(&[("jail.conf", &text)]);
        let first = of(&tree, "a0");
        let mut deepest = &first;
        while let Some(next) = deepest.refers_to.first() {
            deepest = next;
        }
        assert_eq!(deepest.name, "a10");
        let wide: String = (0..3_000).map(|index| format!("%(b{index})s")).collect();
        let tree = files(&[("jail.conf", &format!("[j]\na = {wide}\n"))]);
        assert!(matches!(
            explain(&tree, "j", Some("a")),
            Err(ExplainError::TooMuch { .. })
        ));
    }
}
