//! The filters and their logs.

/// A filter and a log for it.
#[derive(Clone, Copy)]
pub(super) struct Group {
    /// What it is about.
    pub(super) name: &'static str,
    /// `--usedns`
    pub(super) usedns: &'static str,
    /// Whether 1.0.2 is known to do otherwise.
    pub(super) is_new: bool,
    /// The options of `[Definition]`, beside `datepattern`.
    pub(super) filter: &'static str,
    /// The log without its dates; a line after `|` has none.
    pub(super) lines: &'static str,
}

const fn group(name: &'static str, filter: &'static str, lines: &'static str) -> Group {
    Group {
        name,
        usedns: "no",
        is_new: false,
        filter,
        lines,
    }
}

const fn new(group: Group) -> Group {
    Group {
        is_new: true,
        ..group
    }
}

const fn raw(group: Group) -> Group {
    Group {
        usedns: "raw",
        ..group
    }
}

const IDENTITIES: &str = "failregex = ^ 4 <F-IP4>\\S*</F-IP4>$
   ^ 4c <F-IP4>\\S*</F-IP4> <CIDR>$
   ^ 6 (?P<ip6>\\S*)$
   ^ 6c (?P<ip6>\\S*) <CIDR>?$
   ^ d (?P<dns>\\S*)$
   ^ df (?P<dns>\\S*) <F-ID/>$
   ^ f <F-ID/>$
   ^ fc <F-ID/> <CIDR>$
   ^ a <ADDR>$
   ^ ac <ADDR> <CIDR>?$
   ^ af <ADDR> <F-ID/>$
   ^ afc <ADDR> <F-ID/> <CIDR>$
   ^ s <SUBNET>$
   ^ h <HOST>$
   ^ 46 <IP4> <IP6>$
   ^ x<F-IP4></F-IP4>(?P<fid>x)?$
   ^ o(?: <F-ID/>)?$";

const IDENTITY_LINES: &str = "4 1.2.3.4
4 01.2.3.4
4 999.1.2.3
4 ::1
4 [1.2.3.4]
4 1.2.3.4/24
4 ::ffff:1.2.3.4
4 01:2::3
4 
4c 1.2.3.4 24
4c 1.2.3.4 0
4c 1.2.3.4 32
4c 1.2.3.4 33
4c 1.2.3.4 240
4c 1.2.3.4 08
4c 1.2.3.4/24 12
4c 01:2::3 12
4c A::B 64
4c ::ffff:1.2.3.4 12
4c 999.1.2.3 12
6 01:2::3
6 A::B
6 [A::B]
6 A::B/64
6 1.2.3.4
6 ::FFFF:1.2.3.4
6 ::ffff:0102:0304
6 ::1.2.3.4
6 fe80::1%eth0
6 x
6c ::1 64
6c ::1 128
6c ::1 129
6c ::1 0
6c ::1 
6c 2001:DB8::1 64
6c ::ffff:1.2.3.4 120
6c 1.2.3.4 12
6c [A::B] 12
d 1.2.3.4
d A::B
d [A::B]
d [A::B
d A::B]
f 1.2.3.4
f 1.2.3.4/24
f 1.2.3.4/255.255.0.0
f [A::B]
f A::B/64
f ::ffff:1.2.3.4
f ::1.2.3.4
f 01.2.3.4
f 01:2::3
f [1.2.3.4]
f fe80::1%eth0
f some-id
fc 1.2.3.4 12
fc ::1 64
a 1.2.3.4
a [1.2.3.4]
a ::ffff:1.2.3.4
a ::fffff:1.2.3.4
a [::ffff:1.2.3.4]
a 2001:db8::1
a [2001:db8::1]
a [2001:DB8:0::1
a ::
a ::1
a 1::
a 1:2:3:4:5:6:7:8
a 999.999.999.999
ac 1.2.3.4 8
ac 2001:db8:1:2::3 48
ac 1.2.3.4 
af 1.2.3.4 x
af 1.2.3.4 1.2.3.4
af 1.2.3.4 ::ffff:1.2.3.4
af 1.2.3.4 1.2.3.5/24
af ::1 00::1
af 00::1 ::1
af 999.1.2.3 x
afc 00::1 ::1 64
afc 1.2.3.4 x 24
s 1.2.3.4
s 1.2.3.4/24
s [1.2.3.4/24]
s [2001:db8::5/32]
s 1.2.3.4/33
h 1.2.3.4
h [::1]
h ::ffff:1.2.3.4
46 1.2.3.4 ::1
x
xx
o
o x";

/// All of them.
pub(super) const GROUPS: &[Group] = &[
    new(group("who it is", IDENTITIES, IDENTITY_LINES)),
    new(raw(group(
        "who it is, names as they are",
        IDENTITIES,
        IDENTITY_LINES,
    ))),
    raw(group(
        "names as they are",
        IDENTITIES,
        "d a.b
d ::ffff:1.2.3.4
d 01.2.3.4
d 
df a x
df a a
df 1.2.3.4 x
h a.b
h host-1
h [x
h x]y
h 1.2.3.4.
h under_score.
h ::ffff:1.2.3.4",
    )),
    new(group(
        "names that are addresses",
        IDENTITIES,
        "df 1.2.3.4 xx
df A::B xx
d ::ffff:1.2.3.4
d 01.2.3.4
d ::1.2.3.4
d a.b
df a.b x
h a.b",
    )),
    group(
        "stand-ins and tuples",
        "failregex = ^ u <F-USER>\\S*</F-USER> <F-ALT_USER>\\S*</F-ALT_USER> <F-ALT_USER_1>\\S*</F-ALT_USER_1> <ADDR>$
   ^ v (?P<alt_user>\\S+)? (?P<alt_user1>\\S+)? <ADDR>$
   ^ i <F-ALT_ID>\\S*</F-ALT_ID> <ADDR>$
   ^ j <F-ID>\\S*</F-ID> <F-TUPLE_ID>\\S*</F-TUPLE_ID> <F-TUPLE_ID_1>\\S*</F-TUPLE_ID_1> <ADDR>$
   ^ k <F-TUPLE_ID>\\S*</F-TUPLE_ID> <F-TUPLE_ID_1>\\S*</F-TUPLE_ID_1>(?P<ip4>x)?$
   ^ l (?P<x>\\S+)?(?P<tuple_x>\\S*) (?P<tuple_x_10>\\S*) (?P<tuple_x_2>\\S*) <ADDR>$
   ^ m (?P<alt_tuple_b>.)(?P<tuple_alt_b>.)(?P<alt_X>.)(?P<tuple_Y>.)(?P<Alt_z>.) <ADDR>$
   ^ n (?P<alt_>.)(?P<alt__1>.)(?P<alt_1>.)(?P<alt_x_2_3>.)(?P<alt_y__4>.) <ADDR>$
   ^ o (?P<tuple_>.)(?P<alt_port>.)(?P<tuple_fport>.) <ADDR>$
   ^ p (?P<alt_ip4>\\S*)(?P<ip6>x)?$
   ^ q (?P<b>\\S*) (?P<tuple_b>.)(?P<alt_b>.)(?P<tuple_b_1>.)(?P<alt_c>.)(?P<c>) <F-ID/>$",
        "u a b c 1.2.3.4
u  b c 1.2.3.4
u   c 1.2.3.4
u    1.2.3.4
v a b 1.2.3.4
v  b 1.2.3.4
v a  1.2.3.4
i x 1.2.3.4
i  1.2.3.4
j a b c 1.2.3.4
j  b c 1.2.3.4
j a   1.2.3.4
k a b
k  
l a b c 1.2.3.4
l  b c 1.2.3.4
m abcde 1.2.3.4
n abcde 1.2.3.4
o abc 1.2.3.4
p 1.2.3.4
p x
q x abcd y
q  abcd y",
    ),
    new(group(
        "what the prefregex gives",
        "prefregex = ^ h(?P<x>1)?(?P<y>\\d)?<F-ALT_Z>z?</F-ALT_Z>(?:q<F-TUPLE_ID>.</F-TUPLE_ID>)?: <F-CONTENT>.*</F-CONTENT>$
failregex = ^a (?P<x>\\S)?(?P<w>w)? <ADDR>$
   ^b (?P<x>\\S)?(?P<w>w)? <F-ID>\\S+</F-ID>$
   ^c <F-CONTENT>\\S+</F-CONTENT> <ADDR>$
   ^d (?P<z>\\S*) <F-ID>\\S+</F-ID>$
   ^e (?P<y>7|) <ADDR>$
   ^ h.*: *$(?P<fid>)
   ^f (?P<users>8) <F-ID>\\S+</F-ID>$",
        "h1z: a  1.2.3.4
h: a x 1.2.3.4
h: a xw 1.2.3.4
hqr: a xw 1.2.3.4
hqr: b xw abc
h1qr: b xw 1.2.3.4
h: c abc 1.2.3.4
hz: d  1.2.3.4
hz: d y 1.2.3.4
h5: e  1.2.3.4
h5: e 7 1.2.3.4
h: 
x: a  1.2.3.4
h: f 8 x",
    )),
    new(group(
        "the prefregex says who",
        "prefregex = ^ <ADDR>(?: <F-USER>\\S+</F-USER>)?: <F-CONTENT>.+</F-CONTENT>$
failregex = ^bad$
   ^bad \\S+$
   ^worse",
        "1.2.3.4: bad
1.2.3.4 bob: bad
1.2.3.4 bob: bad x
1.2.3.4: worse than
1.2.3.4: good
x: bad",
    )),
    new(group(
        "a prefregex without content",
        "prefregex = ^ (?P<a>\\w+):
failregex = ^ x: (?P<a>b)? <ADDR>$
   ^ y: <ADDR>$",
        "x:  1.2.3.4
x: b 1.2.3.4
y: 1.2.3.4
z: 1.2.3.4",
    )),
    new(group(
        "sessions",
        "prefregex = ^ d<F-MLFID>\\[\\d+\\]</F-MLFID>: <F-CONTENT>.+</F-CONTENT>$
failregex = ^<F-NOFAIL>connect</F-NOFAIL> from <ADDR>
   ^bad pw for <F-USER>\\S+</F-USER>$
   ^bad pw for <F-USER>\\S+</F-USER> from <ADDR>$
   ^accepted <F-MLFFORGET><F-MLFGAINED>for</F-MLFGAINED></F-MLFFORGET> <F-USER>\\S+</F-USER>$
   ^<F-NOFAIL><F-MLFFORGET>closed</F-MLFFORGET></F-NOFAIL> \\[?<ADDR>",
        "d[1]: connect from 192.0.2.1
d[1]: bad pw for bob
d[1]: bad pw for bob
d[1]: accepted for bob
d[2]: connect from 192.0.2.2
d[2]: bad pw for bob
d[2]: bad pw for al
d[2]: accepted for al
d[3]: bad pw for bob
d[3]: bad pw for bob
d[3]: closed [192.0.2.3]
d[4]: connect from 192.0.2.4
d[4]: closed 192.0.2.4
d[5]: bad pw for bob
d[5]: accepted for bob
d[6]: bad pw for bob from 192.0.2.6
d[6]: bad pw for bob from 192.0.2.6
d[6]: accepted for eve
d[1]: bad pw for zoe
d[1]: connect from 192.0.2.9
d[1]: bad pw for zoe
d[2]: bad pw for al from 192.0.2.22
d[7]: connect from 192.0.2.7
d[7]: connect from 192.0.2.77
d[7]: bad pw for x
d[8]: accepted for x
d[8]: bad pw for x from 192.0.2.8
d[9]: bad pw for a
d[9]: bad pw for b
d[9]: bad pw for a from 192.0.2.9
d[9]: accepted for a
d[9]: bad pw for a
d[10]: bad pw for a
d[10]: connect from 192.0.2.10
d[10]: bad pw for a
d[10]: accepted for a
d[11]: closed 192.0.2.11
d[11]: bad pw for a
d[11]: closed 192.0.2.11",
    )),
    new(group(
        "sessions with free ids and empty marks",
        "failregex = ^ a <F-NOFAIL>x</F-NOFAIL>? <ADDR>$
   ^ b <F-MLFID>\\S*</F-MLFID> <F-ID>\\S*</F-ID>$
   ^ c <F-MLFID>\\S*</F-MLFID> <F-NOFAIL>(?:x|)</F-NOFAIL> <F-ID>\\S*</F-ID>$
   ^ d <F-MLFID>\\S*</F-MLFID> <F-MLFGAINED>(?:x|)</F-MLFGAINED> <F-ID>\\S*</F-ID>$
   ^ e <F-MLFID>\\S*</F-MLFID> <F-MLFFORGET>(?:x|)</F-MLFFORGET> <F-ID>\\S*</F-ID>$
   ^ f <F-MLFID>\\S*</F-MLFID> <F-USER>\\S*</F-USER>$
   ^ g <F-MLFID>\\S*</F-MLFID>(?: <F-USER>\\S*</F-USER>)?(?: (?P<x>\\S+))? <ADDR>$",
        "a x 1.2.3.6
a  1.2.3.6
b  1
b  2
b s 3
b s 
c s x 3
c s  3
d s x 3
d s  3
e s x 3
e s  3
f s u1
f s u2
c t x 3
f t u1
f t u1
c t x 3
e t x 3
f u u1
c u x 5
f u u1
d u x 5
f u u1
c v x 5
d v x 6
f v u1
f w 
f w u1
f w 
g w 1.2.3.4
g w u2 1.2.3.4
g w u2 y 1.2.3.4
g w  1.2.3.4
f  u1
g  u1 1.2.3.4",
    )),
    new(group(
        "an ignoreregex of few sees the whole line",
        "prefregex = ^ host: <F-CONTENT>.+</F-CONTENT>$
failregex = ^bad <ADDR>$
   ^b1 <ADDR>$
   ^b2 <ADDR>$
   ^b3 <ADDR>$
ignoreregex = ^ host: (?:bad 192.0.2.1|b2)",
        "host: bad 192.0.2.1
host: bad 192.0.2.2
host: b2 192.0.2.3
host: b3 192.0.2.3",
    )),
    new(group(
        "an ignoreregex of many sees the content",
        "prefregex = ^ host: <F-CONTENT>.+</F-CONTENT>$
failregex = ^bad <ADDR>$
   ^b1 <ADDR>$
   ^b2 <ADDR>$
ignoreregex = ^ host: bad
   ^b1",
        "host: bad 192.0.2.1
host: b1 192.0.2.2
host: b2 192.0.2.3",
    )),
    group(
        "an ignoreregex stops the line",
        "failregex = ^ a.*<ADDR>$
   ^ ab.*<ADDR>$
   ^ c <ADDR>$
ignoreregex = b
   z$",
        "a 192.0.2.1
ab 192.0.2.2
c 192.0.2.3
a z 192.0.2.3",
    ),
    group(
        "the first rule that matches decides",
        "failregex = ^ a <ADDR>
   ^ a <ADDR> <F-USER>\\S+</F-USER>
   ^ b (?:<F-ID>x</F-ID>)?
   ^ b (?:<F-ID>y</F-ID>)?
   ^ c (?P<dns>\\S+)
   ^ c <F-ID>\\S+</F-ID>
   ^ d <F-MLFID>\\S+</F-MLFID>
   ^ d \\S+ <ADDR>",
        "a 1.2.3.4 bob
b x
b y
c 1.2.3.4
c name
d 1 1.2.3.4
a 1.2.3.5",
    ),
    group(
        "several lines",
        "maxlines = 4
failregex = ^ A start id=(\\d+)$<SKIPLINES>^ B end id=\\1 from <ADDR>$
   ^ C (\\d+)$<SKIPLINES>^ D (\\d+)$<SKIPLINES>^ E <ADDR>$
   X <ADDR>$\\n^
   Z <ADDR>\\n
   ^ s$(?=\\n w <ADDR>$)
   (?<=v) <ADDR>(?=\\n)
   ^(?=(?s:.*)q <ADDR>$)
ignoreregex = n9",
        "A start id=1
A start id=2
noise
B end id=1 from 1.2.3.4
B end id=2 from 1.2.3.5
noise2
C 1
D 2
E 1.2.3.6
C 1
n9
D 2
E 1.2.3.7
X 1.2.3.8
Z 1.2.3.9
Z 1.2.3.10
X 1.2.3.8
noise3
A start id=3
n9
B end id=3 from 1.2.3.4
x
x
x
x
s
w 3.3.3.3
v 3.3.3.4
m
m
q 4.4.4.4
m
C 1
m
D 1
E 1.2.3.4
C 1
D 1
m
E 1.2.3.4
C 1
m
m
m
E 1.2.3.4",
    ),
    group(
        "several lines, an ignoreregex of many",
        "maxlines = 3
failregex = ^ a$<SKIPLINES>^ b <ADDR>$
   ^ c <ADDR>$
ignoreregex = n
   ^ c 1",
        "a
n
b 1.2.3.4
a
b n
b 1.2.3.4
c 1.2.3.4
c 2.2.3.4
a
b 1.2.3.5",
    ),
    new(group(
        "several lines and a prefregex",
        "maxlines = 3
prefregex = ^ (?s:<F-CONTENT>.+</F-CONTENT>)$
failregex = a (?P<x>\\S+) from <ADDR>$
   ^a (\\S+)<SKIPLINES> b \\2 from <ADDR>$",
        "n1
a x from 1.2.3.4
n2
a y
n3
b y from 1.2.3.5
a z from 1.2.3.6
n4
n5
b y from 1.2.3.6
n5
n5",
    )),
    new(group(
        "several lines of a session",
        "maxlines = 2
prefregex = ^ d<F-MLFID>\\d+</F-MLFID>
failregex = ^ d\\d+ <F-NOFAIL>con</F-NOFAIL> <ADDR>$
   ^ d\\d+ bad$\\n d\\d+ worse$
   ^ d\\d+ <F-MLFFORGET>end</F-MLFFORGET>",
        "d1 con 1.2.3.4
d1 bad
d1 worse
d1 bad
d1 worse
d1 end
d2 bad
d2 worse
d2 con 1.2.3.5
d2 bad
d2 worse",
    )),
    group(
        "flags inside of groups",
        "failregex = ^ ((?i)abc) <ADDR>$
   ^ (?:(?i)def) <ADDR>$
   ^ x(?:(?x) y z ) <ADDR>$
   ^ \\bword\\b <ADDR>$
   ^ \\((?:(?i)par)\\) <ADDR>$",
        "ABC 1.2.3.4
abc 1.2.3.4
DEF 1.2.3.4
xyz 1.2.3.4
word 1.2.3.4
(PAR) 1.2.3.4",
    ),
    group(
        "tags that are none, and text beyond ASCII",
        "failregex = ^ <F-user> <ADDR>$
   ^ a</F-A> <ADDR>$
   ^ <F-USER>\\w+</F-USER> löwe \\w+ <ADDR>$
   ^ <F-A_1>.*</F-A_1>€<ADDR>$
   ^ <F-PORT/>/<F-PORT_2>\\d+</F-PORT_2> <ADDR>$
   ^ <F-HOST>\\S+</F-HOST>!<ADDR>$",
        "<F-user> 1.2.3.4
a</F-A> 1.2.3.4
jürgen löwe ßß 1.2.3.4
über alles €1.2.3.4
22/44 1.2.3.4
me!1.2.3.4
日本 löwe 語 1.2.3.4",
    ),
    group(
        "lines without a date",
        "failregex = ^(?: |)a <ADDR>$
   ^\\S+ b <ADDR>$
   ^\\s*c <ADDR>\\s*$",
        "a 1.2.3.4
|a 1.2.3.5
|x b 1.2.3.6
|12 b 1.2.3.6
a 1.2.3.7
|  c 1.2.3.8  
c 1.2.3.9\t",
    ),
];
