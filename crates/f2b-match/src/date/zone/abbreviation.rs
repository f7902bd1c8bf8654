//! What abbreviations of zones stand for. Many stand for several zones; this is the choice that the
//! original made.

/// Returns the minutes east of Greenwich.
pub(super) fn minutes(name: &str) -> Option<i32> {
    let place = TABLE.binary_search_by(|(known, _)| known.cmp(&name)).ok()?;
    TABLE.get(place).map(|(_, minutes)| *minutes)
}

/// The table, in the order of the names.
#[rustfmt::skip]
const TABLE: &[(&str, i32)] = &[
    ("A", 60), ("ACDT", 630), ("ACST", 570), ("ACT", 480), ("ADT", -180), ("AEDT", 660),
    ("AEST", 600), ("AFT", 270), ("AKDT", -480), ("AKST", -540), ("ALMT", 360), ("AMST", 300),
    ("AMT", 240), ("ANAST", 720), ("ANAT", 720), ("AQTT", 300), ("ART", -180), ("AST", -240),
    ("AWDT", 540), ("AWST", 480), ("AZOT", -60), ("AZST", 300), ("AZT", 240), ("B", 120),
    ("BDT", 480), ("BIOT", 360), ("BNT", 480), ("BOT", -240), ("BRST", -120), ("BRT", -180),
    ("BTT", 360), ("C", 180), ("CAST", 480), ("CAT", 120), ("CCT", 390), ("CDT", -300),
    ("CEDT", 120), ("CEST", 120), ("CET", 60), ("CIST", -480), ("CKT", -600), ("CLST", -180),
    ("CLT", -240), ("COST", -240), ("COT", -300), ("CST", -360), ("CVT", -60), ("CXT", 420),
    ("D", 240), ("DAVT", 420), ("DFT", 60), ("E", 300), ("EASST", -300), ("EAST", -360),
    ("EAT", 180), ("ECT", -300), ("EDT", -240), ("EEDT", 180), ("EEST", 180), ("EET", 120),
    ("EGST", 0), ("EGT", -60), ("EST", -300), ("ET", -300), ("F", 360), ("FJST", 780), ("FJT", 720),
    ("FKST", -180), ("FKT", -240), ("FNT", -120), ("G", 420), ("GALT", -360), ("GAMT", -540),
    ("GET", 240), ("GFT", -180), ("GILT", 720), ("GIT", -540), ("GMT", 0), ("GST", 240),
    ("GYT", -240), ("H", 480), ("HAA", -180), ("HAC", -300), ("HADT", -540), ("HAE", -240),
    ("HAP", -420), ("HAR", -360), ("HAST", -600), ("HAT", -150), ("HAY", -480), ("HKT", 480),
    ("HLV", -270), ("HMT", 300), ("HNA", -240), ("HNC", -360), ("HNE", -300), ("HNP", -480),
    ("HNR", -420), ("HNT", -210), ("HNY", -540), ("HOVT", 420), ("HST", -600), ("I", 540),
    ("ICT", 420), ("IDT", 180), ("IOT", 360), ("IRDT", 270), ("IRKST", 540), ("IRKT", 480),
    ("IRST", 210), ("JST", 540), ("K", 600), ("KGT", 360), ("KRAST", 480), ("KRAT", 420),
    ("KST", 540), ("KUYT", 240), ("L", 660), ("LHDT", 660), ("LHST", 630), ("M", 720),
    ("MAGST", 720), ("MAGT", 660), ("MART", -570), ("MAWT", 300), ("MDT", -360), ("MHT", 720),
    ("MIT", -570), ("MMT", 390), ("MSD", 240), ("MSK", 180), ("MST", -420), ("MUT", 240),
    ("MVT", 300), ("MYT", 480), ("N", -60), ("NCT", 660), ("NDT", -150), ("NFT", 690),
    ("NOVST", 420), ("NOVT", 360), ("NPT", 345), ("NST", -210), ("NT", -210), ("NUT", -660),
    ("NZDT", 780), ("NZST", 720), ("O", -120), ("OMSST", 420), ("OMST", 360), ("P", -180),
    ("PDT", -420), ("PET", -300), ("PETST", 720), ("PETT", 720), ("PGT", 600), ("PHT", 480),
    ("PKT", 300), ("PMDT", -120), ("PMST", -180), ("PONT", 660), ("PST", -480), ("PT", -480),
    ("PWT", 540), ("PYST", -180), ("PYT", -240), ("Q", -240), ("R", -300), ("RET", 240),
    ("S", -360), ("SAMT", 240), ("SAST", 120), ("SBT", 660), ("SCT", 240), ("SGT", 480),
    ("SLT", 330), ("SRT", -180), ("SST", -660), ("T", -420), ("TAHT", -600), ("TFT", 300),
    ("THA", 420), ("TJT", 300), ("TKT", -600), ("TLT", 540), ("TMT", 300), ("TVT", 720),
    ("U", -480), ("ULAT", 480), ("UTC", 0), ("UYST", -120), ("UYT", -180), ("UZT", 300),
    ("V", -540), ("VET", -270), ("VLAST", 660), ("VLAT", 600), ("VUT", 660), ("W", -600),
    ("WAST", 120), ("WAT", 60), ("WDT", 540), ("WEDT", 60), ("WEST", 60), ("WET", 0), ("WFT", 720),
    ("WGST", -120), ("WGT", -180), ("WIB", 420), ("WIT", 540), ("WITA", 480), ("WST", 480),
    ("WT", 0), ("X", -660), ("Y", -720), ("YAKST", 600), ("YAKT", 540), ("YAPT", 600),
    ("YEKST", 360), ("YEKT", 300), ("Z", 0),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_names_nothing_twice() {
        assert!(TABLE.is_sorted_by(|one, other| one.0 < other.0));
    }

    #[test]
    fn abbreviations_are_found() {
        let check = |name: &str, expected: Option<i32>| assert_eq!(minutes(name), expected);
        check("A", Some(60));
        check("Z", Some(0));
        check("MST", Some(-420));
        check("ACST", Some(570));
        check("SST", Some(-660));
        check("cet", None);
        check("", None);
    }
}
