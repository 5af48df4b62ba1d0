//! The API versions that a release of Flux serves.

use std::str::FromStr;

use crate::api::Kind;

/// The releases whose versions are known, newest first.
const RELEASES: &[&str] = &["2.9", "2.8", "2.7", "2.6"];

/// The kinds of the image group had no `v1` in 2.6.
const IMAGES_OF_2_6: (&str, &str) = ("image.toolkit.fluxcd.io", "v1beta2");

/// The kinds of this group came with 2.7.
const SINCE_2_7: &str = "source.extensions.fluxcd.io";

/// A minor release of Flux, such as 2.9.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target(&'static str);

impl Default for Target {
    fn default() -> Self {
        Self(RELEASES[0])
    }
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let release = RELEASES.iter().find(|release| **release == text);
        release.copied().map(Self).ok_or_else(|| {
            format!(
                "version {text} is not supported, supported versions are: {}",
                RELEASES.join(", ")
            )
        })
    }
}

impl Target {
    /// Returns the release, such as `2.9`.
    pub const fn release(self) -> &'static str {
        self.0
    }

    /// Returns the version that the release serves a kind in; `None` where it does not know the kind.
    pub fn version_of(self, group: &str, kind: &str) -> Option<&'static str> {
        let kind = Kind::of(group, kind)?;
        if self.0 == "2.6" {
            if kind.group == SINCE_2_7 {
                return None;
            }
            if kind.group == IMAGES_OF_2_6.0 {
                return Some(IMAGES_OF_2_6.1);
            }
        }
        Some(kind.version)
    }
}

/// Returns a rank for an API version, by which `v1beta2` comes before `v1` and that before `v2beta1`;
/// `None` for what is no version.
pub fn rank(version: &str) -> Option<(u32, u32, u32)> {
    let rest = version.strip_prefix('v')?;
    let digits = rest
        .find(|character: char| !character.is_ascii_digit())
        .unwrap_or(rest.len());
    let (major, stage) = rest.split_at(digits);
    let number = |text: &str| text.parse().ok();
    let (stage, minor) = match (stage.strip_prefix("alpha"), stage.strip_prefix("beta")) {
        (Some(minor), _) => (0, number(minor)?),
        (_, Some(minor)) => (1, number(minor)?),
        _ if stage.is_empty() => (2, 0),
        _ => return None,
    };
    Some((number(major)?, stage, minor))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::KINDS;

    #[test]
    fn knows_what_a_release_serves() {
        let of = |release: &str, group, kind| {
            let target: Target = release.parse().unwrap();
            target.version_of(group, kind)
        };
        let image = "image.toolkit.fluxcd.io";
        assert_eq!(of("2.6", image, "ImagePolicy"), Some("v1beta2"));
        assert_eq!(of("2.7", image, "ImagePolicy"), Some("v1"));
        assert_eq!(of("2.6", SINCE_2_7, "ArtifactGenerator"), None);
        assert_eq!(of("2.9", "apps", "Deployment"), None);
        for kind in KINDS {
            let version = Target::default().version_of(kind.group, kind.name);
            assert_eq!(version, Some(kind.version));
        }
        let wrong = "9.9".parse::<Target>().unwrap_err();
        assert!(wrong.ends_with("supported versions are: 2.9, 2.8, 2.7, 2.6"));
    }

    #[test]
    fn versions_have_an_order() {
        let order = ["v1alpha1", "v1beta1", "v1beta2", "v1", "v2beta1", "v2"];
        assert!(order.is_sorted_by_key(|version| rank(version).unwrap()));
        for wrong in ["", "1", "v", "v1gamma1", "v1beta", "vbeta1"] {
            assert_eq!(rank(wrong), None, "{wrong}");
        }
    }
}
