//! The formats of files that SOPS encrypts.

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// YAML, of one or more documents.
    Yaml,
    /// JSON.
    Json,
    /// Lines of `KEY=value`.
    Dotenv,
    /// Sections of `key = value`.
    Ini,
    /// Anything else, encrypted as a whole and put into JSON.
    Binary,
}

impl Format {
    /// Returns the format that the end of a file's name stands for, as SOPS and Flux see it.
    pub fn of(name: &str) -> Self {
        const ENDS: &[(&str, Format)] = &[
            (".dockerconfigjson", Format::Json),
            (".yaml", Format::Yaml),
            (".yml", Format::Yaml),
            (".json", Format::Json),
            (".env", Format::Dotenv),
            (".ini", Format::Ini),
        ];
        let found = ENDS.iter().find(|(end, _)| name.ends_with(end));
        found.map_or(Self::Binary, |(_, format)| *format)
    }

    /// Returns the format of an encrypted file by what SOPS has written into it; `None` where it is not encrypted.
    pub fn of_content(content: &[u8]) -> Option<Self> {
        // What marks YAML stands in some files of lines too.
        [Self::Dotenv, Self::Json, Self::Ini, Self::Yaml]
            .into_iter()
            .find(|format| format.marks(content))
    }

    /// Says whether a file of this format is encrypted, by a look at its bytes.
    pub fn marks(self, content: &[u8]) -> bool {
        let mark: &[u8] = match self {
            Self::Yaml => b"mac: ENC[",
            Self::Json | Self::Binary => b"\"mac\": \"ENC[",
            Self::Dotenv => b"sops_mac=ENC[",
            Self::Ini => b"[sops]",
        };
        content.windows(mark.len()).any(|window| window == mark)
    }

    /// Returns its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Yaml => "YAML",
            Self::Json => "JSON",
            Self::Dotenv => "dotenv",
            Self::Ini => "INI",
            Self::Binary => "binary",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_contents_say_the_format() {
        for (name, format) in [
            ("a.yaml", Format::Yaml),
            ("a.yml", Format::Yaml),
            ("a.json", Format::Json),
            (".env", Format::Dotenv),
            ("a.ini", Format::Ini),
            (".dockerconfigjson", Format::Json),
            ("a.txt", Format::Binary),
            ("a.YAML", Format::Binary),
        ] {
            assert_eq!(Format::of(name), format, "{name}");
        }
        let of = |text: &str| Format::of_content(text.as_bytes());
        assert_eq!(of("sops_mac=ENC[AES"), Some(Format::Dotenv));
        assert_eq!(of("    mac: ENC[AES"), Some(Format::Yaml));
        assert_eq!(of("  \"mac\": \"ENC[AES"), Some(Format::Json));
        assert_eq!(of("a = b\n[sops]\n"), Some(Format::Ini));
        assert_eq!(of("mac: x"), None);
    }
}
