//! A command line as a shell splits it: quotes and backslashes, and nothing else.

/// Splits a command line into words; `None` where a quote or an escape does not end.
pub fn split(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match character {
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match characters.next()? {
                        '\'' => break,
                        character => word.push(character),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match characters.next()? {
                        '"' => break,
                        '\\' => word.push(characters.next()?),
                        character => word.push(character),
                    }
                }
            }
            '\\' => word.get_or_insert_default().push(characters.next()?),
            '#' if word.is_none() => break,
            character if character.is_whitespace() => words.extend(word.take()),
            character => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_as_a_shell_does() {
        assert_eq!(
            split(r#"pass show 'a b' "c \" d"e f\ g '' # note"#).unwrap(),
            ["pass", "show", "a b", "c \" de", "f g", ""]
        );
        assert_eq!(split(""), Some(vec![]));
        assert_eq!(split("'a"), None);
        assert_eq!(split("a\\"), None);
    }
}
