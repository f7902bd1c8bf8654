//! A file that is read from somewhere behind its begin: what it is, and which lines are unfinished there.

use std::fs::File;
use std::io;

use super::join::{Joining, RECORDS_CAP};
use super::{Form, RECORD_CAP, Taken, Unwrapper};
use crate::opened::read_at;

/// How much of the begin is looked at; more only if the first line is longer.
const HEAD: usize = 8 * 1024;

/// How far is looked back at first: in most logs both streams, or the only one, have ended a line there.
const BACK: usize = 64 * 1024;

/// Returns the reader of `file` for the lines from `offset` on, the begin of a line.
///
/// It is taken for a container log if the lines at its begin and those before `offset` are records of
/// one form. Lines that are unfinished at `offset` are put together from the records before it; of one
/// whose begin is farther away than [`RECORDS_CAP`] the rest is left out.
///
/// # Errors
///
/// When the file cannot be read.
pub(crate) fn resume(file: &File, offset: u64) -> io::Result<Unwrapper> {
    let mut unwrapper = Unwrapper::new();
    if offset == 0 {
        return Ok(unwrapper);
    }
    let Some(form) = form_of(file, offset)? else {
        unwrapper.file = Taken::Plain { by_nature: true };
        return Ok(unwrapper);
    };
    for back in [BACK, RECORDS_CAP] {
        let block = block_before(file, offset, back)?;
        let is_whole = block.len() as u64 == offset;
        let (known, is_certain) = look_back(form, &block, is_whole);
        unwrapper = known;
        if is_certain || is_whole {
            break;
        }
    }
    Ok(unwrapper)
}

/// Returns the form of the lines at the begin of a file, as far as they end before `offset`.
pub(crate) fn form_of(file: &File, offset: u64) -> io::Result<Option<Form>> {
    let mut text = Vec::new();
    let mut unwrapper = Unwrapper::new();
    for size in [HEAD, RECORD_CAP + 1] {
        let size = usize::try_from(offset).unwrap_or(size).min(size);
        let mut block = vec![0; size];
        let length = read_at(file, &mut block, 0)?;
        block.truncate(length);
        if !matches!(block.first(), Some(b'{' | b'0'..=b'9' | b'\0')) {
            return Ok(None);
        }
        for line in lines(&block) {
            text.clear();
            unwrapper.line(line, &mut text);
        }
        if unwrapper.file != Taken::Unknown {
            break;
        }
    }
    Ok(unwrapper.form())
}

/// Reads the last `most` bytes before `offset`.
fn block_before(file: &File, offset: u64, most: usize) -> io::Result<Vec<u8>> {
    let size = usize::try_from(offset).unwrap_or(most).min(most);
    let mut block = vec![0; size];
    let length = read_at(file, &mut block, offset.saturating_sub(size as u64))?;
    block.truncate(length);
    Ok(block)
}

/// Returns what is known after `block`, which begins with the file if `is_whole`, and whether it is known
/// of both streams where their lines began.
fn look_back(form: Form, block: &[u8], is_whole: bool) -> (Unwrapper, bool) {
    let mut unwrapper = Unwrapper::new();
    unwrapper.file = Taken::Container(form);
    let mut block = block;
    if !is_whole {
        // The block begins within a line.
        let begin = memchr::memchr(b'\n', block).map_or(block.len(), |newline| newline + 1);
        block = block.get(begin..).unwrap_or_default();
    }
    if !is_whole {
        unwrapper.streams.iter_mut().for_each(Joining::begin_unseen);
    }
    let mut text = Vec::new();
    for line in lines(block) {
        if line.len() > RECORD_CAP {
            unwrapper.gap();
        } else {
            text.clear();
            unwrapper.line(line, &mut text);
        }
    }
    let is_certain = unwrapper.streams.iter().all(Joining::is_certain);
    unwrapper.streams.iter_mut().for_each(Joining::end_unseen);
    (unwrapper, is_certain)
}

/// The complete lines of `block`, without their ends.
fn lines(block: &[u8]) -> impl Iterator<Item = &[u8]> {
    let whole = memchr::memrchr(b'\n', block).and_then(|newline| block.get(..newline));
    let lines = whole.map(|whole| whole.split(|byte| *byte == b'\n'));
    lines.into_iter().flatten().map(|line| {
        let ends = line.iter().rev().take_while(|byte| **byte == b'\r').count();
        line.get(..line.len() - ends).unwrap_or(line)
    })
}
