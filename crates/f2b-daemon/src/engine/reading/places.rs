//! Where to begin with the log files of a jail, from how far an earlier run came.

use std::collections::HashMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use f2b_source::{Earlier, Position, Start};
use f2b_store::{FilePosition, Position as Stored, SourceState};

use crate::engine::jail::LogFile;

/// What tells a file from others.
type Identity = (u64, u64);

/// How far files were read, and where they stand now.
///
/// A file that was rotated to a name that the jail reads as well (`access.log.1` of `access.log*`) goes on
/// where it was left under its old name, and is not looked for from there.
#[derive(Debug)]
pub(crate) struct Places {
    /// How far the files at these paths were read.
    known: HashMap<PathBuf, Position>,
    /// The furthest place in each file, under whatever name.
    furthest: HashMap<Identity, Position>,
    /// At which path of the jail a file stands.
    standing: HashMap<Identity, PathBuf>,
}

impl Places {
    /// Takes what is known of the logs of a jail.
    pub(in crate::engine) fn new(logs: &[LogFile], known: &[SourceState]) -> Self {
        let mut places = HashMap::new();
        for state in known {
            // Of the same file the first is the newest: the disk may be behind.
            if let Stored::File(position) = &state.position {
                let path = PathBuf::from(&*state.source);
                places.entry(path).or_insert_with(|| position_of(position));
            }
        }
        let mut furthest: HashMap<Identity, Position> = HashMap::new();
        for place in places.values().flat_map(parts) {
            let file = (place.device, place.inode);
            let known = furthest.entry(file).or_insert(place);
            if known.offset < place.offset {
                *known = place;
            }
        }
        let standing = logs
            .iter()
            .filter_map(|log| Some((identity(&log.path)?, log.path.clone())));
        Self {
            known: places,
            furthest,
            standing: standing.collect(),
        }
    }

    /// Returns where to begin with a log.
    pub(in crate::engine) fn start(&self, log: &LogFile) -> Start {
        if log.tail {
            return Start::Tail;
        }
        let here = identity(&log.path);
        let Some(position) = self.known.get(&log.path).map(|known| self.furthest(known)) else {
            return self.moved_here(here).map_or(Start::Head, Start::At);
        };
        let last = (position.device, position.inode);
        let is_elsewhere = |file| self.stands_elsewhere(file, &log.path);
        if here != Some(last) {
            let moved = self.moved_here(here);
            if is_elsewhere(last) {
                return moved.map_or(Start::Head, Start::At);
            }
            if let Some(moved) = moved.filter(|_| position.inode != 0) {
                // Renamed over the one that stood here, whose rest may lie under another name.
                let earlier = Some(earlier_of(&position));
                return Start::At(Position { earlier, ..moved });
            }
        }
        let earlier = position
            .earlier
            .filter(|earlier| !is_elsewhere((earlier.device, earlier.inode)));
        Start::At(Position {
            earlier,
            ..position
        })
    }

    /// Returns the places of a position as far as the files were read under any name: where they stood
    /// before, or by a link.
    fn furthest(&self, position: &Position) -> Position {
        let further = |place: Position| {
            let known = self.furthest.get(&(place.device, place.inode));
            let known = known.filter(|known| known.first_line == place.first_line);
            known.map_or(place.offset, |known| known.offset.max(place.offset))
        };
        let mut parts = parts(position);
        let offset = parts.next().map_or(position.offset, further);
        let earlier = parts.next().map(|earlier| Earlier {
            offset: further(earlier),
            ..earlier_of(&earlier)
        });
        Position {
            offset,
            earlier,
            ..*position
        }
    }

    /// Returns how far the file at a path was read, under whatever name.
    pub(in crate::engine) fn of_file_at(&self, path: &Path) -> Option<Position> {
        self.moved_here(identity(path))
    }

    /// Returns how far a file was read that had another name.
    fn moved_here(&self, here: Option<Identity>) -> Option<Position> {
        self.furthest.get(&here?).copied()
    }

    fn stands_elsewhere(&self, file: Identity, path: &Path) -> bool {
        let place = self.standing.get(&file);
        place.is_some_and(|place| place != path)
    }
}

/// Returns the places in the file at a path and in the one that was there before, each by itself.
fn parts(position: &Position) -> impl Iterator<Item = Position> {
    let last = Position {
        earlier: None,
        ..*position
    };
    let earlier = position.earlier.map(|earlier| Position {
        device: earlier.device,
        inode: earlier.inode,
        offset: earlier.offset,
        first_line: earlier.first_line,
        earlier: None,
    });
    [Some(last), earlier].into_iter().flatten()
}

/// Returns a place as that of the file that stood there before.
fn earlier_of(position: &Position) -> Earlier {
    Earlier {
        device: position.device,
        inode: position.inode,
        offset: position.offset,
        first_line: position.first_line,
    }
}

fn identity(path: &Path) -> Option<Identity> {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.dev(), metadata.ino()))
}

fn position_of(stored: &FilePosition) -> Position {
    let first_line = |text: &Option<Box<str>>| text.as_deref().and_then(|text| text.parse().ok());
    Position {
        device: stored.device,
        inode: stored.inode,
        offset: stored.offset,
        first_line: first_line(&stored.first_line),
        earlier: stored.earlier.as_ref().map(|earlier| Earlier {
            device: earlier.device,
            inode: earlier.inode,
            offset: earlier.offset,
            first_line: first_line(&earlier.first_line),
        }),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use f2b_source::FirstLine;

    use super::*;
    use crate::engine::file_state;

    fn log(path: &Path) -> LogFile {
        LogFile {
            path: path.into(),
            tail: false,
        }
    }

    /// The place after `offset` bytes of the file at `path`.
    fn place(path: &Path, offset: u64) -> Position {
        let (device, inode) = identity(path).unwrap();
        Position {
            device,
            inode,
            offset,
            first_line: Some(FirstLine::of(b"first\n")),
            earlier: None,
        }
    }

    #[test]
    fn a_file_goes_on_where_it_was_left_under_its_old_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let (old, new) = (path("access.log.1"), path("access.log"));
        fs::write(&new, "first\nsecond\n").unwrap();
        let left = place(&new, 6);
        fs::rename(&new, &old).unwrap();
        fs::write(&new, "another\n").unwrap();
        let both = [log(&new), log(&old)];
        let known = [file_state(&new, left)];

        let places = Places::new(&both, &known);
        assert_eq!(places.start(&both[0]), Start::Head);
        assert_eq!(places.start(&both[1]), Start::At(left));
        // A jail that reads the one name only has to look for the other.
        let places = Places::new(&both[..1], &known);
        assert_eq!(places.start(&both[0]), Start::At(left));

        // It was rotated before the earlier run ended.
        let with_earlier = Position {
            earlier: Some(earlier_of(&left)),
            ..place(&new, 8)
        };
        let known = [file_state(&new, with_earlier)];
        let places = Places::new(&both, &known);
        assert_eq!(places.start(&both[0]), Start::At(place(&new, 8)));
        assert_eq!(places.start(&both[1]), Start::At(left));
        let places = Places::new(&both[..1], &known);
        assert_eq!(places.start(&both[0]), Start::At(with_earlier));
    }

    #[test]
    fn a_file_that_was_renamed_over_another_goes_on_where_it_was_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let (first, second) = (path("access.log"), path("access.log.1"));
        fs::write(&first, "first\nsecond\n").unwrap();
        fs::write(&second, "first\n").unwrap();
        let (left, over) = (place(&first, 6), place(&second, 6));
        let known = [file_state(&first, left), file_state(&second, over)];
        // The other one may have a third name, or none.
        fs::rename(&second, path("old")).unwrap();
        fs::rename(&first, &second).unwrap();
        let logs = [log(&second)];
        let expected = Position {
            earlier: Some(earlier_of(&over)),
            ..left
        };
        let places = Places::new(&logs, &known);
        assert_eq!(places.start(&logs[0]), Start::At(expected));
        // The original knows no more than the path: it has read what is there.
        let unidentified = Position::unidentified(9, over.first_line);
        let known = [file_state(&first, left), file_state(&second, unidentified)];
        let places = Places::new(&logs, &known);
        assert_eq!(places.start(&logs[0]), Start::At(unidentified));
    }

    #[test]
    fn a_file_goes_on_where_it_was_read_to_under_either_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let (new, old) = (path("access.log"), path("access.log.1"));
        fs::write(&new, "another\n").unwrap();
        fs::write(&old, "first\nsecond\n").unwrap();
        let logs = [log(&new), log(&old)];
        let here = Position {
            earlier: Some(earlier_of(&place(&old, 13))),
            ..place(&new, 8)
        };
        let known = [file_state(&new, here), file_state(&old, place(&old, 6))];
        let places = Places::new(&logs, &known);
        assert_eq!(places.start(&logs[0]), Start::At(place(&new, 8)));
        assert_eq!(places.start(&logs[1]), Start::At(place(&old, 13)));
    }

    #[test]
    fn a_link_that_led_elsewhere_meanwhile_does_not_have_what_was_read_counted_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let (log, latest) = (path("b.log"), path("latest.log"));
        fs::write(&log, "first\nsecond\n").unwrap();
        fs::write(path("a.log"), "first\n").unwrap();
        // It was a second name of the one, and is one of the other now.
        let (first, all) = (place(&log, 6), place(&log, 13));
        let other = place(&path("a.log"), 6);
        std::os::unix::fs::symlink("a.log", &latest).unwrap();
        let known = [
            file_state(&latest, first),
            file_state(&path("h.log"), all),
            file_state(&path("a.log"), other),
        ];
        let logs = [LogFile {
            path: latest,
            tail: false,
        }];
        let places = Places::new(&logs, &known);
        let expected = Position {
            earlier: Some(earlier_of(&all)),
            ..other
        };
        assert_eq!(places.start(&logs[0]), Start::At(expected));
    }

    #[test]
    fn a_log_of_which_nothing_is_known_is_read_from_its_begin() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("auth.log");
        fs::write(&path, "first\n").unwrap();
        let places = Places::new(&[log(&path)], &[]);
        assert_eq!(places.start(&log(&path)), Start::Head);
        let tail = LogFile {
            tail: true,
            ..log(&path)
        };
        assert_eq!(places.start(&tail), Start::Tail);
        let left = place(&path, 6);
        let places = Places::new(&[log(&path)], &[file_state(&path, left)]);
        assert_eq!(places.start(&log(&path)), Start::At(left));
    }
}
