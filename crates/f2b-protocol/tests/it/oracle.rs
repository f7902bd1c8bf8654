//! CPython as the judge of values, in one process for many questions.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use f2b_protocol::Value;

/// Answers one line for each line; bytes travel as hexadecimal digits.
///
/// `pickle EXPR` → repr, then the pickle of each protocol or `-`.
/// `load BYTES` → repr, and whether protocol 4 of it is the same bytes; or `!`.
/// `pretty WIDTH,… EXPR` → what `pprint` makes of it in each of the widths.
const SCRIPT: &str = r#"
import io, pickle, pickletools, pprint, resource, sys
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
names = {'nan': float('nan'), 'inf': float('inf'), 'set': set, 'frozenset': frozenset}
class Data(pickle.Unpickler):
    def find_class(self, module, name):
        if (module, name) == ('builtins', 'str'): return str
        raise pickle.UnpicklingError('class')
def load(body):
    # `loads` is what the original does, but only where nothing can be called.
    try: calls = {op.name for op, _, _ in pickletools.genops(body)} & CALLS
    except Exception: calls = True
    return Data(io.BytesIO(body)).load() if calls else pickle.loads(body)
CALLS = set('GLOBAL STACK_GLOBAL REDUCE BUILD INST OBJ NEWOBJ NEWOBJ_EX EXT1 EXT2 EXT4'.split())
def text(t): return t.encode('utf-8', 'surrogatepass').hex() or '-'
def dumps(value, protocol):
    try: return pickle.dumps(value, protocol).hex()
    except Exception: return '-'
for line in sys.stdin:
    verb, body = line.split()
    body = bytes.fromhex(body) if body != '-' else b''
    if verb == 'pickle':
        value = eval(body.decode('utf-8', 'surrogatepass'), names)
        answer = [text(repr(value))] + [dumps(value, p) for p in range(6)]
    elif verb == 'pretty':
        widths, value = body.decode('utf-8', 'surrogatepass').split(' ', 1)
        value = eval(value, names)
        answer = [text(pprint.pformat(value, indent=2, width=int(w))) for w in widths.split(',')]
    elif verb == 'printable':
        answer = [''.join('01'[chr(c).isprintable()] for c in range(0x110000))]
    else:
        try:
            value = load(body)
            answer = [text(repr(value)), str(int(pickle.dumps(value, 4) == body))]
        except MemoryError:
            answer = ['!', '-']
        except Exception as error:
            answer = ['!', text(str(error))]
    print(' '.join(answer), flush=True)
"#;

/// A running `python3`.
pub(crate) struct Oracle {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

/// What Python read from bytes.
pub(crate) enum Loaded {
    /// The value's `repr()`, and whether protocol 4 writes the same bytes.
    Value { repr: String, same_bytes: bool },
    /// The text of the error; empty when memory ran out.
    Error(String),
}

impl Oracle {
    /// Starts Debian's Python. A machine without it fails the test.
    pub(crate) fn start() -> Self {
        let mut child = Command::new("/usr/bin/python3")
            .args(["-E", "-s", "-S", "-c", SCRIPT])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the oracle /usr/bin/python3 must be installed");
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self {
            child,
            input,
            output,
        }
    }

    fn ask(&mut self, verb: &str, body: &[u8]) -> Vec<String> {
        let body = if body.is_empty() {
            "-".to_owned()
        } else {
            hex(body)
        };
        let input = self.input.as_mut().unwrap();
        writeln!(input, "{verb} {body}").unwrap();
        input.flush().unwrap();
        let mut answer = String::new();
        self.output.read_line(&mut answer).unwrap();
        answer.split_whitespace().map(str::to_owned).collect()
    }

    /// Returns Python's `repr()` of the value that this expression makes and its
    /// pickles of protocols 0 to 5.
    pub(crate) fn pickles(&mut self, value: &Value) -> (String, Vec<Vec<u8>>) {
        let mut answer = self.ask("pickle", value.repr().as_bytes());
        assert_eq!(answer.len(), 7, "python failed on {}", value.repr());
        let pickles = answer.split_off(1);
        let repr = String::from_utf8(unhex(&answer[0])).unwrap();
        (repr, pickles.iter().map(|pickle| unhex(pickle)).collect())
    }

    /// Returns what `pprint` makes of the value that this expression makes, with
    /// two columns of indentation, in each of the widths.
    pub(crate) fn pretty(&mut self, value: &Value, widths: &[usize]) -> Vec<String> {
        let widths: Vec<_> = widths.iter().map(usize::to_string).collect();
        let body = format!("{} {}", widths.join(","), value.repr());
        let answer = self.ask("pretty", body.as_bytes());
        assert_eq!(answer.len(), widths.len(), "python failed on {body}");
        let texts = answer.iter().map(|text| String::from_utf8(unhex(text)));
        texts.map(Result::unwrap).collect()
    }

    /// Has Python read a pickle of plain data and calls of `str`.
    pub(crate) fn load(&mut self, bytes: &[u8]) -> Loaded {
        let answer = self.ask("load", bytes);
        let text = |index: usize| String::from_utf8(unhex(&answer[index])).unwrap();
        match answer[0].as_str() {
            "!" => Loaded::Error(text(1)),
            _ => Loaded::Value {
                repr: text(0),
                same_bytes: answer[1] == "1",
            },
        }
    }

    /// Says for every code point whether Python calls it printable.
    pub(crate) fn printable(&mut self) -> Vec<bool> {
        let answer = self.ask("printable", b"");
        answer[0].bytes().map(|flag| flag == b'1').collect()
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        // Closing its input ends the loop.
        drop(self.input.take());
        self.child.wait().unwrap();
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut out, byte| {
        write!(out, "{byte:02x}").unwrap();
        out
    })
}

fn unhex(text: &str) -> Vec<u8> {
    if text == "-" {
        return Vec::new();
    }
    let digits: Vec<u8> = text
        .chars()
        .map(|digit| u8::try_from(digit.to_digit(16).unwrap()).unwrap())
        .collect();
    digits
        .chunks(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect()
}
