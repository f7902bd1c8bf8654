//! The filter and the actions of a jail, for those who want to look at them and not to start it.

use super::{Action, Reader};
use crate::definition::{Definition, Gathered};
use crate::files::Library;
use crate::reference::Variables;
use crate::sections::Sections;
use crate::spec;
use crate::told::Tale;

/// The filter and the actions of a jail, be it on or off, as far as they can be read.
pub(crate) struct Parts {
    /// What the filter says, as `%(known/…)s` finds it.
    pub(crate) known: Variables,
    pub(crate) filter: Option<(Definition, Gathered)>,
    pub(crate) actions: Vec<(Definition, Gathered)>,
}

/// Reads the filter and the actions of a jail.
pub(crate) fn parts(library: &mut Library<'_>, sections: &Sections, name: &str) -> Parts {
    let known = known_of_filter(library, sections, name);
    let told = &mut Tale::default();
    let mut reader = Reader {
        library,
        sections,
        name,
        known,
        told,
    };
    let mut parts = Parts {
        known: Variables::default(),
        filter: None,
        actions: Vec::new(),
    };
    // What is wrong is told elsewhere.
    if let Ok(options) = reader.options() {
        let text = reader.text("filter").ok().flatten().unwrap_or_default();
        let backend = reader.text("backend").ok().flatten().unwrap_or_default();
        let filter = reader.filter(&text, &backend).ok().flatten();
        parts.filter = filter.and_then(|(definition, spec)| {
            let jail = Some(&options.texts);
            let gathered = definition.gather(&spec.arguments, jail, false, reader.told);
            Some((definition, gathered.ok()?))
        });
        let text = Some(options.text("action")).filter(|text| text.len() <= spec::LONGEST);
        let definitions = spec::split(text.unwrap_or_default()).into_iter();
        let shell =
            definitions.filter_map(|definition| match reader.action(definition, &options) {
                Ok(Action::Shell(shell)) => Some((shell.definition, shell.gathered)),
                Ok(Action::Python { .. }) | Err(_) => None,
            });
        parts.actions = shell.collect();
    }
    parts.known = reader.known;
    parts
}

/// What a jail's filter says, as `%(known/…)s` finds it; nothing if it cannot be read.
pub(crate) fn known_of_filter(
    library: &mut Library<'_>,
    sections: &Sections,
    name: &str,
) -> Variables {
    let mut reader = Reader {
        library,
        sections,
        name,
        known: Variables::default(),
        told: &mut Tale::default(),
    };
    let backend = reader.text("backend").ok().flatten();
    let backend = backend.unwrap_or_else(|| "auto".to_owned());
    if let Ok(Some(filter)) = reader.text("filter") {
        // What is wrong with the filter is none of the values' business.
        reader.filter(&filter, &backend).ok();
    }
    reader.known
}
