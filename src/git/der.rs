//! Just enough DER to find the public parts of a private key file.

/// Reads one value after the other.
#[derive(Clone, Copy)]
pub(super) struct Der<'a>(&'a [u8]);

/// The tags that key files use.
pub(super) mod tag {
    pub const INTEGER: u8 = 0x02;
    pub const OCTETS: u8 = 0x04;
    pub const OBJECT: u8 = 0x06;
    pub const SEQUENCE: u8 = 0x30;
}

impl<'a> Der<'a> {
    /// Begins to read.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Returns the content of the next value; `None` where it has another tag, or is cut off.
    pub fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        let [found, first, rest @ ..] = self.0 else {
            return None;
        };
        if *found != tag {
            return None;
        }
        let (length, rest) = match usize::from(*first) {
            short @ 0..=0x7f => (short, rest),
            long @ 0x81..=0x84 => {
                let (digits, rest) = rest.split_at_checked(long - 0x80)?;
                (
                    digits
                        .iter()
                        .fold(0, |length, digit| length << 8 | usize::from(*digit)),
                    rest,
                )
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(content)
    }

    /// Opens a sequence.
    pub fn open(&mut self) -> Option<Self> {
        self.take(tag::SEQUENCE).map(Der)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_refuses() {
        let mut outer = Der::new(&[0x30, 0x06, 0x02, 0x01, 0x07, 0x04, 0x01, 0xff]);
        let mut inner = outer.open().unwrap();
        assert_eq!(inner.take(tag::INTEGER), Some(&[7][..]));
        assert_eq!(inner.take(tag::INTEGER), None);
        assert_eq!(inner.take(tag::OCTETS), Some(&[255][..]));
        assert!(
            Der::new(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 0])
                .open()
                .is_none()
        );
        assert!(Der::new(&[0x30]).open().is_none());
    }
}
