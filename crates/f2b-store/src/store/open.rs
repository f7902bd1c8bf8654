//! From a path to a database that can be trusted.

use std::ffi::OsString;
use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Read};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use f2b_core::UnixTime;
use rusqlite::{Connection, Error as SqliteError, OpenFlags, TransactionBehavior, ffi};

use super::{MAX_MATCHES, Opened, Store};
use crate::schema::{self, Found};
use crate::{Note, StoreError, utc};

/// How long another program's lock is waited for.
const PATIENCE: Duration = Duration::from_secs(1);

/// Files up to this size are read through before they are trusted; a bigger one would hold up the
/// start for longer than the look is worth.
const CHECKED_SIZE: u64 = 256 << 20;

/// What the write-ahead log is cut back to after a burst.
const LOG_BYTES: u32 = 4 << 20;

/// Statements kept prepared; there are about twenty.
const STATEMENTS: usize = 32;

/// Only the owner reads it: the lines in it name users.
const MODE: u32 = 0o600;

/// What every database begins with.
const HEADER: &[u8] = b"SQLite format 3\0";

/// What SQLite writes beside a database.
const COMPANIONS: [&str; 3] = ["-wal", "-shm", "-journal"];

pub(super) fn open(path: &Path, now: UnixTime) -> Result<Opened, StoreError> {
    if path.as_os_str() == ":memory:" {
        return trusted(path, now);
    }
    create_directory(path)?;
    let existed = !create_file(path)?;
    let opened = if existed {
        check_header(path).and_then(|()| trusted(path, now))
    } else {
        trusted(path, now)
    };
    match opened {
        Err(StoreError::Corrupt { source, .. }) if existed => {
            let to = set_aside(path, now)?;
            create_file(path)?;
            let mut opened = trusted(path, now)?;
            let note = Note::SetAside {
                path: path.to_owned(),
                to,
                why: source.to_string(),
            };
            opened.notes.insert(0, note);
            Ok(opened)
        }
        other => other,
    }
}

/// Opens what lies at `path`, as long as nothing is wrong with it.
fn trusted(path: &Path, now: UnixTime) -> Result<Opened, StoreError> {
    let failed = |error| StoreError::sorted("open", path, error);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    connection.busy_timeout(PATIENCE).map_err(failed)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);

    let found = schema::found(&connection).map_err(failed)?;
    refuse_future(&connection, path, found)?;
    check_pages(&connection, path)?;
    let mut notes = vec![Note::Connected {
        path: path.to_owned(),
    }];
    let mode = set_up(&connection).map_err(failed)?;
    if mode != "wal" && mode != "memory" {
        notes.push(Note::NoWriteAheadLog { mode });
    }
    match found {
        Found::Nothing => notes.push(Note::Created {
            version: schema::VERSION,
        }),
        Found::Version(schema::VERSION) => {}
        Found::Version(from) => notes.push(Note::Updated {
            from,
            to: schema::VERSION,
            backup: back_up(&connection, path, now)?,
        }),
    }
    create_tables(&mut connection, found).map_err(failed)?;
    Ok(Opened {
        store: Store {
            connection,
            path: path.to_owned(),
            max_matches: MAX_MATCHES,
        },
        notes,
    })
}

fn refuse_future(connection: &Connection, path: &Path, found: Found) -> Result<(), StoreError> {
    let path = path.to_owned();
    if let Found::Version(version) = found
        && version > schema::VERSION
    {
        return Err(StoreError::Future { path, version });
    }
    match schema::own_version(connection) {
        Ok(Some(version)) if version > schema::OWN_VERSION => {
            Err(StoreError::FutureTables { path, version })
        }
        Ok(_) => Ok(()),
        Err(error) => Err(StoreError::sorted("open", &path, error)),
    }
}

/// Makes sure that what lies there is a database or nothing at all. SQLite itself takes a file
/// shorter than a page for an empty one and would write over it.
fn check_header(path: &Path) -> Result<(), StoreError> {
    let mut begin = Vec::new();
    OpenOptions::new()
        .read(true)
        .open(path)
        .and_then(|file| file.take(HEADER.len() as u64).read_to_end(&mut begin))
        .map_err(|source| StoreError::File {
            step: "read database",
            path: path.to_owned(),
            source,
        })?;
    if begin.is_empty() || begin == HEADER {
        return Ok(());
    }
    let damage = SqliteError::SqliteFailure(ffi::Error::new(ffi::SQLITE_NOTADB), None);
    Err(StoreError::sorted("open", path, damage))
}

/// Reads the whole file once, so that damage shows now and not in the middle of an attack.
fn check_pages(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let size = fs::metadata(path).map_or(0, |metadata| metadata.len());
    if size > CHECKED_SIZE {
        return Ok(());
    }
    let verdict: Result<String, SqliteError> =
        connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0));
    let verdict = verdict.map_err(|error| StoreError::sorted("open", path, error))?;
    if verdict == "ok" {
        return Ok(());
    }
    let damage = ffi::Error::new(ffi::SQLITE_CORRUPT);
    let error = SqliteError::SqliteFailure(damage, Some(verdict));
    Err(StoreError::sorted("open", path, error))
}

/// Sets what holds for this connection and returns the journal mode that came out.
fn set_up(connection: &Connection) -> rusqlite::Result<String> {
    connection.execute_batch(&format!(
        "PRAGMA foreign_keys=OFF;
         PRAGMA trusted_schema=OFF;
         PRAGMA temp_store=MEMORY;
         PRAGMA synchronous=NORMAL;
         PRAGMA journal_size_limit={LOG_BYTES};"
    ))?;
    connection.query_row("PRAGMA journal_mode=WAL", [], |row| row.get(0))
}

/// Brings the tables to today's shape. Foreign keys are off until then: tables are rebuilt.
fn create_tables(connection: &mut Connection, found: Found) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if let Found::Version(from) = found
        && from < schema::VERSION
    {
        schema::migrate(&transaction, from)?;
    }
    schema::create(&transaction)?;
    transaction.execute("UPDATE jails SET enabled = 0 WHERE enabled <> 0", [])?;
    transaction.commit()?;
    connection.execute_batch("PRAGMA foreign_keys=ON")
}

fn back_up(connection: &Connection, path: &Path, now: UnixTime) -> Result<PathBuf, StoreError> {
    let backup = free_name(path, now)?;
    create_file(&backup)?;
    connection
        .execute("VACUUM INTO ?1", [backup.to_string_lossy()])
        .map_err(|error| StoreError::sorted("copy", path, error))?;
    Ok(backup)
}

fn create_directory(path: &Path) -> Result<(), StoreError> {
    let Some(directory) = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
    else {
        return Ok(());
    };
    match fs::create_dir(directory) {
        Err(error) if !directory.is_dir() => Err(StoreError::File {
            step: "create directory",
            path: directory.to_owned(),
            source: error,
        }),
        _ => Ok(()),
    }
}

/// Makes an empty file with the right mode, whatever the umask; tells whether it did.
fn create_file(path: &Path) -> Result<bool, StoreError> {
    let failed = |source| StoreError::File {
        step: "create database",
        path: path.to_owned(),
        source,
    };
    match OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(MODE)
        .open(path)
    {
        Ok(file) => {
            file.set_permissions(Permissions::from_mode(MODE))
                .map_err(failed)?;
            Ok(true)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let metadata = fs::metadata(path).map_err(failed)?;
            if metadata.is_file() {
                Ok(false)
            } else {
                Err(StoreError::NotAFile {
                    path: path.to_owned(),
                })
            }
        }
        Err(error) => Err(failed(error)),
    }
}

/// Moves a damaged database out of the way and returns where it lies.
///
/// Its companions go first: a write-ahead log that stayed would be applied to the new file.
fn set_aside(path: &Path, now: UnixTime) -> Result<PathBuf, StoreError> {
    let to = free_name(path, now)?;
    for companion in COMPANIONS {
        let from = with_suffix(path, companion);
        match fs::rename(&from, with_suffix(&to, companion)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(not_moved(from, error));
            }
            _ => {}
        }
    }
    fs::rename(path, &to).map_err(|error| not_moved(path.to_owned(), error))?;
    Ok(to)
}

fn not_moved(path: PathBuf, source: io::Error) -> StoreError {
    StoreError::File {
        step: "set aside",
        path,
        source,
    }
}

/// Returns `FILE.YYYYmmdd-HHMMSS`, with a number if several files of one second lie there.
fn free_name(path: &Path, now: UnixTime) -> Result<PathBuf, StoreError> {
    let stamped = with_suffix(path, &format!(".{}", utc::file_suffix(now)));
    let numbered = (1..100).map(|number| with_suffix(&stamped, &format!(".{number}")));
    std::iter::once(stamped.clone())
        .chain(numbered)
        .find(|name| fs::symlink_metadata(name).is_err())
        .ok_or_else(|| not_moved(path.to_owned(), io::ErrorKind::AlreadyExists.into()))
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name: OsString = path.into();
    name.push(suffix);
    name.into()
}
