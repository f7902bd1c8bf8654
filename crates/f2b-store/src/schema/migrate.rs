//! From the schemas 1 to 3 of the original to its schema 4.

use rusqlite::{Connection, Result};

/// What leads from each version to the next one, beginning with version 1.
const STEPS: [&str; 3] = [
    // A log is known once per jail and path.
    "CREATE TABLE logs_new(jail TEXT NOT NULL, path TEXT, firstlinemd5 TEXT, lastfilepos INTEGER DEFAULT 0, FOREIGN KEY(jail) REFERENCES jails(name) ON DELETE CASCADE, UNIQUE(jail, path),UNIQUE(jail, path, firstlinemd5));
     INSERT OR REPLACE INTO logs_new(jail, path, firstlinemd5, lastfilepos) SELECT jail, path, firstlinemd5, lastfilepos FROM logs;
     DROP TABLE logs;
     ALTER TABLE logs_new RENAME TO logs;",
    // A ban has a length, −2 where none was recorded, and a number.
    "CREATE TABLE bans_new(jail TEXT NOT NULL, ip TEXT, timeofban INTEGER NOT NULL, bantime INTEGER NOT NULL, bancount INTEGER NOT NULL default 1, data JSON, FOREIGN KEY(jail) REFERENCES jails(name) );
     INSERT INTO bans_new(jail, ip, timeofban, bantime, bancount, data) SELECT jail, ip, timeofban, -2, 1, data FROM bans ORDER BY rowid;
     DROP TABLE bans;
     ALTER TABLE bans_new RENAME TO bans;",
    // The newest ban of each identity stands apart.
    "CREATE TABLE bips(ip TEXT NOT NULL, jail TEXT NOT NULL, timeofban INTEGER NOT NULL, bantime INTEGER NOT NULL, bancount INTEGER NOT NULL default 1, data JSON, PRIMARY KEY(ip, jail), FOREIGN KEY(jail) REFERENCES jails(name) );
     INSERT OR REPLACE INTO bips(ip, jail, timeofban, bantime, bancount, data) SELECT ip, jail, timeofban, bantime, bancount, data FROM bans WHERE ip IS NOT NULL ORDER BY timeofban;",
];

/// Brings a database of version `from` to version 4; the caller has begun the transaction, and
/// creates indexes afterwards.
pub(crate) fn migrate(connection: &Connection, from: i64) -> Result<()> {
    let done = usize::try_from(from.saturating_sub(1)).unwrap_or(0);
    for step in STEPS.iter().skip(done) {
        connection.execute_batch(step)?;
    }
    connection.execute("UPDATE fail2banDb SET version = ?1", [super::VERSION])?;
    Ok(())
}
