//! What every manifest of ours says.

use super::{Finding, graph::Text};

/// Finds manifests that do not take lints, licence, edition and the like from
/// the workspace.
pub(super) fn check(manifests: &[Text]) -> Vec<Finding> {
    manifests.iter().flat_map(check_one).collect()
}

fn check_one(manifest: &Text) -> Vec<Finding> {
    let table: toml::Table = match manifest.content.parse() {
        Ok(table) => table,
        Err(error) => {
            return vec![Finding::new(
                &manifest.path,
                format!("is not readable: {error}"),
            )];
        }
    };
    let inherits = |section: &str, key: Option<&str>| {
        let mut value = table.get(section);
        if let Some(key) = key {
            value = value.and_then(|value| value.get(key));
        }
        value
            .and_then(|value| value.get("workspace"))
            .and_then(toml::Value::as_bool)
            == Some(true)
    };
    let mut findings = Vec::new();
    if !inherits("lints", None) {
        findings.push(Finding::new(
            &manifest.path,
            "lacks `[lints] workspace = true`",
        ));
    }
    for key in ["version", "edition", "rust-version", "license", "publish"] {
        if !inherits("package", Some(key)) {
            findings.push(Finding::new(
                &manifest.path,
                format!("lacks `{key}.workspace = true`"),
            ));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "[package]\nname = \"x\"\nversion.workspace = true\n\
        edition.workspace = true\nrust-version.workspace = true\nlicense.workspace = true\n\
        publish.workspace = true\n[lints]\nworkspace = true\n";

    #[test]
    fn a_manifest_that_goes_its_own_way_is_found() {
        let check = |content: &str, expected: usize| {
            let manifest = Text {
                path: "x/Cargo.toml".to_owned(),
                content: content.to_owned(),
            };
            let findings = check(&[manifest]);
            assert_eq!(findings.len(), expected, "{findings:?}");
        };
        check(GOOD, 0);
        check(&GOOD.replace("[lints]\nworkspace = true\n", ""), 1);
        check(
            &GOOD.replace("[lints]\nworkspace = true", "[lints]\nworkspace = false"),
            1,
        );
        check(
            &GOOD.replace("license.workspace = true", "license = \"GPL-2.0\""),
            1,
        );
        check("[package", 1);
    }
}
