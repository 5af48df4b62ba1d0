//! What a caller gives the engine to render Helm charts.

/// Why the program fails.
#[derive(Clone, Debug, thiserror::Error)]
pub enum HelmError {
    /// It cannot be started, or ends with a failure.
    #[error("{said}unable to run: '{call}' (is '{program}' installed?): {status}")]
    Run {
        /// What it said, as a sentence before ours, or nothing.
        said: String,
        /// The program with its arguments.
        call: String,
        /// The program.
        program: String,
        /// How it ended.
        status: String,
    },
    /// It does not say which version it is.
    #[error("cannot find version string in {0}")]
    NoVersion(String),
    /// It is too old, or too new.
    #[error("this plugin requires helm V3 or V4 but got v{0}")]
    Version(String),
}

/// Runs the `helm` program.
pub trait Helm: Sync {
    /// Returns what it prints, with Helm's own configuration in `config_home`.
    ///
    /// # Errors
    ///
    /// Fails where it cannot be started, or fails itself.
    fn run(&self, arguments: &[String], config_home: &str) -> Result<Vec<u8>, HelmError>;
}

/// How charts are rendered.
#[derive(Clone, Copy)]
pub struct HelmOptions<'call> {
    /// Runs the program.
    pub program: &'call dyn Helm,
    /// API versions that the cluster is said to have, where a chart names none.
    pub api_versions: &'call [String],
    /// Kubernetes version that the cluster is said to have, where a chart names none.
    pub kube_version: &'call str,
    /// Whether Helm tells more.
    pub debug: bool,
}

/// The version of the program.
pub struct HelmVersion;

impl HelmVersion {
    /// Checks what the program says about its version.
    ///
    /// # Errors
    ///
    /// Fails where it is neither 3 nor 4.
    pub fn check(printed: &[u8]) -> Result<(), HelmError> {
        let printed = String::from_utf8_lossy(printed);
        let version =
            version(&printed).ok_or_else(|| HelmError::NoVersion(printed.trim_end().to_owned()))?;
        match version.split('.').next() {
            Some("3" | "4") => Ok(()),
            _ => Err(HelmError::Version(version.to_owned())),
        }
    }
}

/// Finds the first text of numbers and dots.
fn version(text: &str) -> Option<&str> {
    let mut parts = text.split(|character: char| !character.is_ascii_digit() && character != '.');
    parts.find_map(|part| {
        let part = part.trim_matches('.');
        let is_version = part.contains('.') && !part.contains("..");
        is_version.then_some(part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wants_helm_3_or_4() {
        let check =
            |text: &str| HelmVersion::check(text.as_bytes()).map_err(|error| error.to_string());
        assert!(check("v3.14.0+g1234\n").is_ok());
        assert!(check("4.1.0").is_ok());
        assert_eq!(
            check("v2.17.0+ga").unwrap_err(),
            "this plugin requires helm V3 or V4 but got v2.17.0"
        );
        assert_eq!(
            check("what?\n").unwrap_err(),
            "cannot find version string in what?"
        );
    }
}
