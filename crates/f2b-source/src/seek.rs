//! Where in a long file the lines begin that are not too old, found by halving.

use std::io;
use std::path::Path;

use crate::container::form_of;
use crate::encoding::Encoding;
use crate::error::SourceError;
use crate::opened::{Opened, open, read_at};
use crate::position::Position;
use crate::resume::read_error;

/// A part of the file that is this short is read and not halved further.
const SHORT: u64 = 256 * 1024;

/// How much is read at a place to find lines there.
const BLOCK: usize = 64 * 1024;

/// How many lines are asked for a date at one place; the original asks as many.
const LINES: usize = 5;

/// Returns a place in the file at `path` before which every line counts as old, as far as lines stand in
/// the order of their dates; nothing if there is no file, or if it is to be read from its begin.
///
/// `is_old` is given lines without their ends, in the bytes of the file, and of a line of a container log
/// when it was written, in microseconds since 1970; it says nothing of a line without a date. A place where
/// five lines have none counts as not old, so that rather too much is read.
///
/// # Errors
///
/// [`SourceError::Open`], [`SourceError::NotAFile`] and [`SourceError::Read`].
pub fn seek(
    path: &Path,
    encoding: Encoding,
    mut is_old: impl FnMut(&[u8], Option<i64>) -> Option<bool>,
) -> Result<Option<Position>, SourceError> {
    let Some(opened) = open(path, encoding.into())? else {
        return Ok(None);
    };
    let position = halve(&opened, &mut is_old);
    position.map_err(read_error(path, 0))
}

fn halve(
    opened: &Opened,
    is_old: &mut impl FnMut(&[u8], Option<i64>) -> Option<bool>,
) -> io::Result<Option<Position>> {
    // All before `low` is old.
    let (mut low, mut high) = (0, opened.size()?);
    if high <= SHORT {
        return Ok(None);
    }
    let form = form_of(&opened.file, high)?;
    let mut is_old = |line: &[u8]| is_old(line, form.and_then(|form| form.time_us(line)));
    while high.saturating_sub(low) > SHORT {
        let middle = low + (high - low) / 2;
        match oldest_known(opened, middle, &mut is_old)? {
            Some(begin) if begin < high => low = begin,
            _ => high = middle,
        }
    }
    if low == 0 {
        return Ok(None);
    }
    Ok(Some(Position {
        device: opened.id.device,
        inode: opened.id.inode,
        offset: low,
        first_line: opened.first_line()?,
        earlier: None,
    }))
}

/// Returns the begin of the first line with a date behind `from`, if that date is old.
fn oldest_known(
    opened: &Opened,
    from: u64,
    is_old: &mut impl FnMut(&[u8]) -> Option<bool>,
) -> io::Result<Option<u64>> {
    // Characters stand at multiples of their width.
    let newline = opened.newline;
    let from = from - from % newline.width() as u64;
    let mut block = vec![0; BLOCK];
    let length = read_at(&opened.file, &mut block, from)?;
    block.truncate(length);
    let ends = memchr::memchr_iter(b'\n', &block);
    let ends = ends.filter_map(|at| newline.around(&block, at));
    let mut begin = None;
    let mut asked = 0;
    for end in ends {
        // The first line is only the rest of one.
        if let Some(begin) = begin {
            let line = block.get(begin..end.start).unwrap_or_default();
            match is_old(line) {
                Some(true) => return Ok(Some(from.saturating_add(begin as u64))),
                Some(false) => return Ok(None),
                None => asked += 1,
            }
        }
        if asked == LINES {
            break;
        }
        begin = Some(end.end);
    }
    Ok(None)
}
