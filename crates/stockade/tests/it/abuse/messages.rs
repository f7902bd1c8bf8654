//! Messages that nobody should send.

/// Ends every pickle.
pub(crate) const END: &[u8] = b"<F2B_END_COMMAND>";

/// A command as a pickle of protocol 0.
pub(crate) fn command(words: &[&str]) -> Vec<u8> {
    let mut message = b"(l".to_vec();
    for word in words {
        message.extend_from_slice(format!("V{word}\na").as_bytes());
    }
    message.extend_from_slice(b".");
    message.extend_from_slice(END);
    message
}

/// Each message with what its answer holds; `size` is how many elements the large ones have.
pub(crate) fn hostile(size: usize) -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let many = |bytes: &[u8]| bytes.repeat(size);
    let ended = |bytes: Vec<u8>| [bytes, END.to_vec()].concat();
    let line = |bytes: Vec<u8>| [bytes, b"\n".to_vec()].concat();
    let pickle = |bytes: &[u8]| ended(bytes.to_vec());
    vec![
        (
            "GLOBAL",
            pickle(b"cposix\nsystem\n(S'true'\ntR."),
            "refused GLOBAL",
        ),
        (
            "STACK_GLOBAL",
            pickle(b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x04true\x85R."),
            "refused STACK_GLOBAL",
        ),
        (
            "INST",
            pickle(b"(S'true'\niposix\nsystem\n."),
            "refused INST",
        ),
        ("REDUCE", pickle(b"]]R."), "refused REDUCE"),
        ("BUILD", pickle(b"]]b."), "refused BUILD"),
        ("OBJ", pickle(b"(]]o."), "refused OBJ"),
        ("NEWOBJ", pickle(b"])\x81."), "refused NEWOBJ"),
        ("PERSID", pickle(b"Pmine\n."), "refused PERSID"),
        ("EXT1", pickle(b"\x82\x01."), "refused EXT1"),
        ("marks", ended(many(b"(")), "ERROR: "),
        (
            "deep lists",
            ended([many(b"("), many(b"l"), b".".to_vec()].concat()),
            "ERROR: ",
        ),
        (
            "deep tuples",
            ended([b")".to_vec(), many(b"\x85"), b".".to_vec()].concat()),
            "ERROR: ",
        ),
        (
            "many lists",
            ended([b"(".to_vec(), many(b"]"), b"l.".to_vec()].concat()),
            "",
        ),
        ("doubled by memo", ended(doubled()), "ERROR: "),
        (
            "memo to its end",
            ended([b"]".to_vec(), memo(size), b".".to_vec()].concat()),
            "",
        ),
        (
            "a memo of a large number",
            pickle(b"]r\xff\xff\xff\xff."),
            "",
        ),
        (
            "a long text to come",
            pickle(b"\x8d\xff\xff\xff\xff\xff\xff\xff\x7fa."),
            "ERROR: ",
        ),
        (
            "long bytes to come",
            pickle(b"B\xff\xff\xff\xffa."),
            "ERROR: ",
        ),
        (
            "a long number to come",
            pickle(b"\x8b\xff\xff\xff\x7fa."),
            "ERROR: ",
        ),
        (
            "a long frame to come",
            pickle(b"\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x7f]."),
            "ERROR: ",
        ),
        (
            "digits",
            ended([b"I".to_vec(), many(b"9"), b"\n.".to_vec()].concat()),
            "ERROR: ",
        ),
        (
            "long digits",
            ended([b"L".to_vec(), many(b"9"), b"L\n.".to_vec()].concat()),
            "ERROR: ",
        ),
        ("deep JSON", line(many(b"[")), "error"),
        ("deep JSON objects", line(many(b"{\"command\":")), "error"),
        (
            "many values of JSON",
            line([b"[".to_vec(), many(b"[],"), b"0]".to_vec()].concat()),
            "error",
        ),
        (
            "a number of JSON",
            line([b"[".to_vec(), many(b"9"), b"]".to_vec()].concat()),
            "error",
        ),
        (
            "a text of JSON",
            line([b"[\"".to_vec(), many(b"a"), b"\"]".to_vec()].concat()),
            "error",
        ),
        ("no JSON", line(b"{]".to_vec()), "error"),
    ]
}

/// A list that holds the one before it twice, thirty times over.
fn doubled() -> Vec<u8> {
    let mut message = b"]q\x00".to_vec();
    for number in 0..30 {
        message.extend_from_slice(&[b'(', b'h', number, b'h', number, b'l', b'q', number + 1]);
    }
    message.push(b'.');
    message
}

/// Keeps one list under as many numbers.
fn memo(size: usize) -> Vec<u8> {
    let put = |number: usize| {
        let number = u32::try_from(number).unwrap().to_le_bytes();
        [b"r", number.as_slice()].concat()
    };
    (0..size).flat_map(put).collect()
}
