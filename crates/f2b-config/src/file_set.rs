//! The files that belong to one name, merged (contract A 1.1).

use crate::diagnostic::Diagnostic;
use crate::ini::{self, Section, Sections, Setting};
use crate::interpolation;
use crate::tree::ConfigTree;

/// The merged sections of one name, and the files they came from.
#[derive(Debug, Default)]
pub(crate) struct FileSet {
    /// What the files say; later files win.
    pub(crate) sections: Sections,
    /// How many files there were.
    pub(crate) files: usize,
}

/// Reads `N.conf`, `N.d/*.conf`, `N.local` and `N.d/*.local`, in this order.
pub(crate) fn read(
    tree: &dyn ConfigTree,
    name: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> FileSet {
    let folder = format!("{name}.d");
    let inside = tree.list(&folder);
    let with_ending = |ending: &str| {
        let dotted = format!("{folder}/.");
        let fits = |path: &&String| path.ends_with(ending) && !path.starts_with(&dotted);
        inside.iter().filter(fits).cloned().collect::<Vec<_>>()
    };
    let mut paths = vec![format!("{name}.conf")];
    paths.extend(with_ending(".conf"));
    paths.push(format!("{name}.local"));
    paths.extend(with_ending(".local"));
    let mut set = FileSet::default();
    for path in paths {
        match tree.read(&path) {
            Ok(None) => {}
            Ok(Some(text)) => {
                set.files += 1;
                set.merge(
                    ini::parse(&tree.name_of(&path), &text, diagnostics),
                    diagnostics,
                );
            }
            Err(error) => {
                set.files += 1;
                diagnostics.push(Diagnostic::error(error.to_string(), None));
            }
        }
    }
    set
}

impl FileSet {
    fn merge(&mut self, sections: Sections, diagnostics: &mut Vec<Diagnostic>) {
        for (name, section) in sections {
            let refused = if name == "INCLUDES" {
                Some("includes")
            } else if name.contains('?') {
                Some("conditional sections")
            } else {
                None
            };
            if let Some(what) = refused {
                let place = section.values().next().map(|setting| &setting.place);
                let message = format!("`[{name}]`: {what} are not available in this version");
                diagnostics.push(Diagnostic::error(message, place));
                continue;
            }
            self.sections.entry(name).or_default().extend(section);
        }
    }

    /// Returns the raw setting that counts for a section: its own, else that of `[DEFAULT]`.
    pub(crate) fn raw(&self, section: &str, option: &str) -> Option<&Setting> {
        let own = |name: &str| {
            self.sections
                .get(name)
                .and_then(|section: &Section| section.get(option))
        };
        own(section).or_else(|| own("DEFAULT"))
    }

    /// Returns the value of an option with its references resolved. A mistake in them goes to
    /// `diagnostics`, and the option counts as unset.
    pub(crate) fn value(
        &self,
        section: &str,
        option: &str,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Setting> {
        let setting = self.raw(section, option)?;
        match interpolation::resolve(self, section, &setting.value) {
            Ok(value) => Some(Setting {
                value,
                place: setting.place.clone(),
            }),
            Err(error) => {
                let message = format!("the option `{option}` of `[{section}]`: {error}");
                let mistake = Diagnostic::error(message, Some(&setting.place));
                diagnostics
                    .push(mistake.with_excerpt(setting.value.lines().next().unwrap_or_default()));
                None
            }
        }
    }
}
