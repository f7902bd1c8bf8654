//! The moment a log line carries.
//!
//! A [`Template`](template::Template) is one form of dates: a regular expression made from a pattern
//! of `%` directives, and a way to read what it finds. A [`DateDetector`] has a list of them and
//! learns which fits its log. What is found becomes a moment in a [`Zone`]; the first step needs no
//! zone, and the second no line, so that lines nobody asks for are never converted.

mod capture;
mod civil;
mod convert;
mod defaults;
mod detector;
mod directive;
mod error;
mod pattern;
mod percent;
mod quick;
mod template;
mod years;
mod zone;

pub use convert::{NoTime, StampTime};
pub use detector::{DateDetector, DateFound, TemplateView};
pub use error::DateError;
pub use zone::Zone;
