"""Prints the Unicode tables of CPython's `re` as Rust: one file after the other, each behind a line
`>>> name`."""

import _sre
from re._casefix import _EXTRA_CASES
import unicodedata

END = 0x110000
HEAD = f"""\
//! {{title}}
//!
//! Written by `cargo xtask unicode` from CPython's tables, Unicode {unicodedata.unidata_version}.
"""


def numbers(name, about, values):
    words = ", ".join(f"0x{value:X}" for value in values)
    print(f"\n/// {about}\npub(super) const {name}: &[u32] = &[{words}];")


def borders(belongs):
    """Where characters begin to belong and where they cease to, in turn."""
    found, inside = [], False
    for code in range(END):
        if belongs(chr(code)) != inside:
            found.append(code)
            inside = not inside
    return found


def file(name, title):
    print(f">>> {name}")
    print(HEAD.format(title=title), end="")


def upper(code):
    # `re` takes the first character of what a character becomes.
    return ord(chr(code).upper()[0])


BORDERS = "each number is the first that belongs, or the first that no longer does"
file("category", "Which characters are digits, blanks, word characters.")
numbers("DIGIT", f"`\\d`: {BORDERS}.", borders(str.isdecimal))
numbers("SPACE", f"`\\s`: {BORDERS}.", borders(str.isspace))
numbers("WORD", f"`\\w`: {BORDERS}.", borders(lambda one: one.isalnum() or one == "_"))

file("text", "Which characters Python takes in names, and shows as they are.")
numbers("NAME_START", f"What a name begins with: {BORDERS}.", borders(str.isidentifier))
numbers("NAME", f"What a name goes on with: {BORDERS}.", borders(lambda one: ("a" + one).isidentifier()))
numbers("LETTER", f"Letters: {BORDERS}.", borders(str.isalpha))
numbers("PRINTABLE", f"What `repr` shows as it is: {BORDERS}.", borders(str.isprintable))

file("fold", "Which character is the other case of which.")
PAIRS = "a character, what it becomes, and so on"
for name, change in ("LOWER", _sre.unicode_tolower), ("UPPER", upper):
    pairs = [(code, change(code)) for code in range(END) if change(code) != code]
    numbers(name, f"{name.capitalize()} case: {PAIRS}.", [number for pair in pairs for number in pair])
pairs = [(code, other) for code, others in sorted(_EXTRA_CASES.items()) for other in others]
numbers("SAME_UPPER", "Lower-case characters with one upper case: a character, another one, and so on.",
        [number for pair in pairs for number in pair])
