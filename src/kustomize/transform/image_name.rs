//! The name of a container image: its parts, and how an `images` entry changes it.

use crate::kustomize::file::Image;
use crate::kustomize::pattern::{Pattern, PatternError};

/// What an `images` entry asks for, ready to be asked of many names.
#[derive(Clone, Debug)]
pub struct ImageChange {
    pattern: Pattern,
    new_name: String,
    new_tag: String,
    digest: String,
    tag_suffix: String,
}

/// A name in its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Parts<'name> {
    name: &'name str,
    tag: &'name str,
    digest: &'name str,
}

impl ImageChange {
    /// Prepares an entry.
    ///
    /// # Errors
    ///
    /// Fails where the name is no regular expression; the reference crashes then.
    pub fn new(entry: &Image) -> Result<Self, PatternError> {
        let pattern = format!(
            "^{}(:[a-zA-Z0-9_.{{}}-]*)?(@sha256:[a-zA-Z0-9_.{{}}-]*)?$",
            entry.name
        );
        Ok(Self {
            pattern: Pattern::new(&pattern)?,
            new_name: entry.new_name.clone(),
            new_tag: entry.new_tag.clone(),
            digest: entry.digest.clone(),
            tag_suffix: entry.tag_suffix.clone(),
        })
    }

    /// Returns the name to write in the place of another; `None` where the entry is not about it.
    pub fn apply(&self, image: &str) -> Option<String> {
        if !self.pattern.matches(image) {
            return None;
        }
        let old = Parts::of(image);
        let mut result = match self.new_name.as_str() {
            "" => old.name.to_owned(),
            name => name.to_owned(),
        };
        let suffixed;
        let (tag, digest) = match (self.new_tag.as_str(), self.digest.as_str()) {
            ("", "") if self.tag_suffix.is_empty() => (old.tag, old.digest),
            ("", "") => {
                suffixed = format!("{}{}", old.tag, self.tag_suffix);
                (suffixed.as_str(), "")
            }
            new => new,
        };
        for (sign, part) in [(':', tag), ('@', digest)] {
            if !part.is_empty() {
                result.push(sign);
                result.push_str(part);
            }
        }
        Some(result)
    }
}

impl<'name> Parts<'name> {
    /// Takes a name apart; the port of a registry is no tag.
    fn of(image: &'name str) -> Self {
        let start = image.find('/').unwrap_or(0);
        let colon = image[start..].find(':').map(|index| start + index);
        let at = image[start..].find('@').map(|index| start + index);
        match (colon, at) {
            (None, None) => Self {
                name: image,
                tag: "",
                digest: "",
            },
            (Some(colon), Some(at)) if colon < at => Self {
                name: &image[..colon],
                tag: &image[colon + 1..at],
                digest: &image[at + 1..],
            },
            (_, Some(at)) => Self {
                name: &image[..at],
                tag: "",
                digest: &image[at + 1..],
            },
            (Some(colon), None) => Self {
                name: &image[..colon],
                tag: &image[colon + 1..],
                digest: "",
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(entry: &Image, image: &str) -> Option<String> {
        ImageChange::new(entry).unwrap().apply(image)
    }

    fn entry(name: &str) -> Image {
        Image {
            name: name.into(),
            ..Image::default()
        }
    }

    #[test]
    fn takes_names_apart() {
        for (image, name, tag, digest) in [
            ("nginx", "nginx", "", ""),
            ("nginx:1", "nginx", "1", ""),
            ("nginx@sha256:1", "nginx", "", "sha256:1"),
            ("nginx:1@sha256:2", "nginx", "1", "sha256:2"),
            ("host:443/nginx:1", "host:443/nginx", "1", ""),
            ("host:443/nginx", "host:443/nginx", "", ""),
        ] {
            assert_eq!(Parts::of(image), Parts { name, tag, digest }, "{image}");
        }
    }

    #[test]
    fn replaces_tag_and_digest_as_a_unit() {
        let tag = Image {
            new_tag: "2".into(),
            ..entry("nginx")
        };
        assert_eq!(change(&tag, "nginx@sha256:1").unwrap(), "nginx:2");
        let both = Image {
            digest: "sha256:9".into(),
            ..tag
        };
        assert_eq!(change(&both, "nginx:1").unwrap(), "nginx:2@sha256:9");
        let name = Image {
            new_name: "busybox".into(),
            ..entry("nginx")
        };
        assert_eq!(
            change(&name, "nginx:1@sha256:2").unwrap(),
            "busybox:1@sha256:2"
        );
        assert_eq!(change(&name, "nginx-side:1"), None);
    }

    #[test]
    fn puts_a_suffix_after_the_tag_and_drops_the_digest() {
        let suffix = Image {
            tag_suffix: "-x".into(),
            ..entry("redis")
        };
        assert_eq!(change(&suffix, "redis:1@sha256:2").unwrap(), "redis:1-x");
        assert_eq!(change(&suffix, "redis").unwrap(), "redis:-x");
    }

    #[test]
    fn takes_the_name_as_a_regular_expression() {
        let dots = Image {
            new_tag: "2".into(),
            ..entry("my.reg/app")
        };
        assert_eq!(change(&dots, "myxreg/app:1").unwrap(), "myxreg/app:2");
        assert!(ImageChange::new(&entry("a(")).is_err());
    }
}
