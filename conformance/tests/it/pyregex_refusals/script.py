"""Compiles a pattern per line, written as its bytes in hexadecimal, and prints its refusal, or its
flags, groups and tree. The tree is CPython's own, with the flags resolved as CPython's compiler does."""

import _sre, re, sys
from re import _parser, _compiler, _casefix
from re._constants import *

PLACES = {
    AT_BEGINNING: "start", AT_BEGINNING_STRING: "start", AT_END: "last", AT_END_STRING: "end",
    AT_BOUNDARY: "border", AT_NON_BOUNDARY: "inside",
}
LINES = {AT_BEGINNING: "line-start", AT_END: "line-end"}
CATEGORIES = {
    CATEGORY_DIGIT: "d", CATEGORY_SPACE: "s", CATEGORY_WORD: "w",
    CATEGORY_NOT_DIGIT: "D", CATEGORY_NOT_SPACE: "S", CATEGORY_NOT_WORD: "W",
}
MODES = {MAX_REPEAT: "", MIN_REPEAT: "?", POSSESSIVE_REPEAT: "+"}


def case(flags):
    """How case counts: the mark, and what CPython's compiler works with."""
    if not flags & re.I:
        return "", None, None, None
    if flags & re.U:
        return "i", _sre.unicode_iscased, _sre.unicode_tolower, _casefix._EXTRA_CASES
    return "a", _sre.ascii_iscased, _sre.ascii_tolower, None


def is_half(code):
    return 0xD800 <= code < 0xE000


def one(code, flags):
    mark, iscased, _, _ = case(flags)
    if is_half(code):
        return "[]"
    return f"'{code:x}{mark if iscased and iscased(code) else ''}"


def set_(entries, flags):
    mark, iscased, tolower, fixes = case(flags)
    # The upper case beyond the bitmap is lowered in no class, so that no text ever meets it.
    entries = [entry for entry in entries if not (
        mark == "i" and entry[0] is LITERAL and entry[1] > 0xFFFF and tolower(entry[1]) != entry[1])]
    hascased = _compiler._optimize_charset(entries, iscased, tolower, fixes)[1]
    shown, negated = [], ""
    for op, av in entries:
        if op is NEGATE:
            negated = "^"
        elif op is CATEGORY:
            shown.append(CATEGORIES[av] + ("" if flags & re.U else "a"))
        elif op is LITERAL:
            if not is_half(av):
                shown.append(f"{av:x}-{av:x}")
        else:
            low, high = av
            low, high = 0xE000 if is_half(low) else low, 0xD7FF if is_half(high) else high
            if low <= high:
                shown.append(f"{low:x}-{high:x}")
    shown = dict.fromkeys(shown)
    return f"[{negated}{' '.join(shown)}]{mark if hascased else ''}"


def sequence(pattern, flags):
    """The pieces of a sequence, opened up as far as that changes nothing."""
    for op, av in pattern:
        if op is SUBPATTERN and av[0] is None:
            yield from sequence(av[3], _compiler._combine_flags(flags, av[1], av[2]))
        else:
            yield node(op, av, flags)


def tree(pattern, flags):
    pieces = [piece for piece in sequence(pattern, flags) if piece != "()"]
    if len(pieces) > 1:
        return f"(concat {' '.join(pieces)})"
    return pieces[0] if pieces else "()"


def node(op, av, flags):
    if op is LITERAL:
        return one(av, flags)
    if op is NOT_LITERAL:
        mark, iscased, tolower, _ = case(flags)
        if is_half(av):
            return "[^]"
        marked = mark if iscased and (iscased(av) or av > 0xFFFF) else ""
        av = tolower(av) if mark == "i" else av
        return f"[^{av:x}-{av:x}]{marked}"
    if op is IN:
        return set_(av, flags)
    if op is ANY:
        return "[^]" if flags & re.S else "[^a-a]"
    if op is AT:
        name = flags & re.M and LINES.get(av) or PLACES[av]
        return name + ("" if flags & re.U or name not in ("border", "inside") else "-ascii")
    if op is BRANCH:
        return f"(or {' '.join(tree(branch, flags) for branch in av[1])})"
    if op is SUBPATTERN:
        return f"(group {av[0]} {tree(av[3], _compiler._combine_flags(flags, av[1], av[2]))})"
    if op in MODES:
        least, most, body = av
        most = "" if most is MAXREPEAT else int(most)
        return f"(repeat {least},{most}{MODES[op]} {tree(body, flags)})"
    if op in (ASSERT, ASSERT_NOT):
        way = "ahead" if av[0] > 0 else f"behind {av[1].getwidth()[0]}"
        return f"({way}{' not' if op is ASSERT_NOT else ''} {tree(av[1], flags)})"
    if op is ATOMIC_GROUP:
        return f"(atomic {tree(av, flags)})"
    if op is GROUPREF:
        return f"(again {av}{case(flags)[0]})"
    if op is GROUPREF_EXISTS:
        group, yes, no = av
        return f"(if {group} {tree(yes, flags)} {tree(no, flags) if no else '()'})"
    raise AssertionError(op)


for line in sys.stdin:
    pattern = bytes.fromhex(line).decode()
    try:
        compiled = re.compile(pattern)
    except RecursionError:
        print("too deep")
    except (re.error, ValueError, OverflowError, RuntimeError) as error:
        print("no", str(error).replace("\n", "\0"))
    else:
        flags = "".join(one for one in "aimsx" if compiled.flags & getattr(re, one.upper()))
        names = sorted((index, name) for name, index in compiled.groupindex.items())
        names = "".join(f" {index}={name}" for index, name in names)
        # Writing a tree goes deeper than reading it.
        sys.setrecursionlimit(10_000)
        print(f"yes {flags} {compiled.groups}{names} {tree(_parser.parse(pattern), compiled.flags)}")
        sys.setrecursionlimit(1_000)
    re.purge()
