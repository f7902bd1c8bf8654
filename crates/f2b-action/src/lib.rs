//! Starts processes; nobody else in the server does.
//!
//! *Knows* how a program is started so that it neither reads the server's terminal nor gets its
//! signals, and how it is ended. The language of action files comes here with the actions.
//!
//! *Must not know* jails, bans, the socket, the database.
//!
//! *Oracle*: the command lines that the original runs (`conformance`, with the actions); today the
//! processes themselves, in `src/spawn.rs`.
//!
//! ```
//! use std::io::Read;
//!
//! let mut follower = f2b_action::spawn::follow("printf", &["two\\nlines\\n".to_owned()])?;
//! let mut text = String::new();
//! follower.output()?.read_to_string(&mut text)?;
//! assert_eq!(text, "two\nlines\n");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod spawn;
