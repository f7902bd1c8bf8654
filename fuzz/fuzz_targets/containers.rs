//! A log that may be a container's: its lines give texts that no rule can take for more than one line, in
//! bounded memory, and a file that is plain stays so.
#![no_main]

use f2b_source::{Inner, LINE_CAP, RECORD_CAP, Unwrapper};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut unwrapper = Unwrapper::new();
    let mut text = Vec::new();
    for line in data.split(|byte| *byte == b'\n') {
        let bare = line.trim_ascii_end();
        if bare.len() > RECORD_CAP {
            unwrapper.gap();
            continue;
        }
        let was_plain = unwrapper.is_plain();
        let before = unwrapper.form();
        text.clear();
        let inner = unwrapper.line(bare, &mut text);
        assert!(!was_plain || inner == Inner::Plain);
        assert!(before.is_none() || unwrapper.is_plain() || unwrapper.form() == before);
        let Inner::Whole(whole) = inner else {
            assert!(text.is_empty());
            continue;
        };
        assert!(unwrapper.form().is_some());
        let inside = text.get(whole.text.clone()).expect("the text is there");
        assert_eq!(text.get(whole.text.end), Some(&b'\n'));
        assert!(!inside.contains(&b'\n') && !inside.ends_with(b"\r"));
        assert!(inside.len() <= LINE_CAP);
        for earlier in whole.earlier {
            let record = text.get(earlier.clone()).expect("the record is there");
            assert!(!record.contains(&b'\n') && text.get(earlier.end) == Some(&b'\n'));
        }
    }
});
