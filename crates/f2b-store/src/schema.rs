//! The tables: the original's, to the letter, and ours beside them.

use rusqlite::{Connection, OptionalExtension, Result};

mod migrate;

pub(crate) use migrate::migrate;

/// The version of the original's schema that is read and written.
pub(crate) const VERSION: i64 = 4;

/// The version of our own tables.
pub(crate) const OWN_VERSION: i64 = 1;

/// Schema 4 (contract B 7). SQLite keeps the text of each statement from the table's name on, and
/// reporting tools show it, so that blanks count.
const ORIGINAL: &str = "\
CREATE TABLE IF NOT EXISTS fail2banDb(version INTEGER);
CREATE TABLE IF NOT EXISTS jails(name TEXT NOT NULL UNIQUE, enabled INTEGER NOT NULL DEFAULT 1);
CREATE INDEX IF NOT EXISTS jails_name ON jails(name);
CREATE TABLE IF NOT EXISTS logs(jail TEXT NOT NULL, path TEXT, firstlinemd5 TEXT, lastfilepos INTEGER DEFAULT 0, FOREIGN KEY(jail) REFERENCES jails(name) ON DELETE CASCADE, UNIQUE(jail, path),UNIQUE(jail, path, firstlinemd5));
CREATE INDEX IF NOT EXISTS logs_path ON logs(path);
CREATE INDEX IF NOT EXISTS logs_jail_path ON logs(jail, path);
CREATE TABLE IF NOT EXISTS bans(jail TEXT NOT NULL, ip TEXT, timeofban INTEGER NOT NULL, bantime INTEGER NOT NULL, bancount INTEGER NOT NULL default 1, data JSON, FOREIGN KEY(jail) REFERENCES jails(name) );
CREATE INDEX IF NOT EXISTS bans_jail_timeofban_ip ON bans(jail, timeofban);
CREATE INDEX IF NOT EXISTS bans_jail_ip ON bans(jail, ip);
CREATE INDEX IF NOT EXISTS bans_ip ON bans(ip);
CREATE TABLE IF NOT EXISTS bips(ip TEXT NOT NULL, jail TEXT NOT NULL, timeofban INTEGER NOT NULL, bantime INTEGER NOT NULL, bancount INTEGER NOT NULL default 1, data JSON, PRIMARY KEY(ip, jail), FOREIGN KEY(jail) REFERENCES jails(name) );
CREATE INDEX IF NOT EXISTS bips_timeofban ON bips(timeofban);
CREATE INDEX IF NOT EXISTS bips_ip ON bips(ip);
";

/// Our own tables. They hang on `jails` so that a jail which the original purges takes them along.
/// No `STRICT`: an SQLite older than 3.37, under an original that takes over, could not open a file
/// that has such a table. Times are microseconds since the epoch.
///
/// A position is small and always found by its key: no row number. A tally carries log lines, for
/// which SQLite advises an ordinary table.
const OWN: &str = "\
CREATE TABLE IF NOT EXISTS stockade_meta(version INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS stockade_source(
  jail TEXT NOT NULL REFERENCES jails(name) ON DELETE CASCADE,
  source TEXT NOT NULL,
  device INTEGER NOT NULL DEFAULT 0,
  inode INTEGER NOT NULL DEFAULT 0,
  position INTEGER NOT NULL DEFAULT 0,
  firstline TEXT NOT NULL DEFAULT '',
  earlier TEXT,
  cursor TEXT,
  time INTEGER,
  PRIMARY KEY(jail, source)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS stockade_tally(
  jail TEXT NOT NULL REFERENCES jails(name) ON DELETE CASCADE,
  id TEXT NOT NULL,
  first INTEGER NOT NULL,
  last INTEGER NOT NULL,
  retry INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  data BLOB NOT NULL,
  PRIMARY KEY(jail, id)
);
";

/// What a file holds, seen before anything in it is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// No database of the original.
    Nothing,
    /// The original's schema in this version.
    Version(i64),
}

/// Looks at the original's version row.
pub(crate) fn found(connection: &Connection) -> Result<Found> {
    let version = version_in(connection, "fail2banDb")?;
    Ok(version.map_or(Found::Nothing, Found::Version))
}

/// Returns the version of our own tables; `None` where there are none.
pub(crate) fn own_version(connection: &Connection) -> Result<Option<i64>> {
    version_in(connection, "stockade_meta")
}

/// Creates what is missing.
pub(crate) fn create(connection: &Connection) -> Result<()> {
    connection.execute_batch(ORIGINAL)?;
    connection.execute_batch(OWN)?;
    let missing = "WHERE NOT EXISTS (SELECT 1 FROM";
    connection.execute(
        &format!("INSERT INTO fail2banDb(version) SELECT ?1 {missing} fail2banDb)"),
        [VERSION],
    )?;
    connection.execute(
        &format!("INSERT INTO stockade_meta(version) SELECT ?1 {missing} stockade_meta)"),
        [OWN_VERSION],
    )?;
    Ok(())
}

fn version_in(connection: &Connection, table: &str) -> Result<Option<i64>> {
    let exists: bool = connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1)",
        [table],
        |row| row.get(0),
    )?;
    if !exists {
        return Ok(None);
    }
    connection
        .query_row(&format!("SELECT version FROM {table} LIMIT 1"), [], |row| {
            row.get(0)
        })
        .optional()
}
