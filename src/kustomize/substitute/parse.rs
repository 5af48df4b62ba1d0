//! Reads text with `${…}` in it into pieces.

use super::operator::Operator;

/// How deep defaults may stand inside defaults.
const DEEPEST: usize = 200;

/// Why variables can't be put into a text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubstituteError {
    /// A `${name` goes on with something that is neither an operator nor a brace.
    #[error("missing closing brace")]
    Brace,
    /// No name follows `${`.
    #[error("unable to parse variable name")]
    Name,
    /// The arguments of an operator do not go together.
    #[error("bad substitution")]
    Arguments,
    /// An argument of an operator is missing.
    #[error("unable to parse substitution within function")]
    Argument,
    /// Defaults stand inside defaults without end.
    #[error("substitutions inside substitutions go too deep")]
    Depth,
    /// A variable without a default is not set, and has to be.
    #[error("variable not set (strict mode): \"{0}\"")]
    Unset(String),
}

/// One piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// As it stands.
    Text(String),
    /// The value of a variable.
    Variable {
        /// Its name.
        name: String,
        /// What is made of the value.
        operator: Operator,
        /// The arguments of the operator.
        arguments: Vec<Self>,
    },
}

/// Reads a text into its pieces.
pub fn pieces(text: &str) -> Result<Vec<Piece>, SubstituteError> {
    let mut reader = Reader {
        rest: text,
        depth: 0,
    };
    let mut pieces = Vec::new();
    while !reader.rest.is_empty() {
        match reader.rest.strip_prefix("${") {
            Some(rest) => {
                reader.rest = rest;
                pieces.push(reader.variable()?);
            }
            None => pieces.push(Piece::Text(reader.until_variable())),
        }
    }
    Ok(pieces)
}

struct Reader<'text> {
    rest: &'text str,
    depth: usize,
}

/// Which signs an argument may be escaped with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Escapes {
    /// None: all stands for itself.
    None,
    /// `$$`, `\/` and `\\`, as in replacements.
    Replacement,
}

impl Reader<'_> {
    /// Reads text up to the next `${`; `$$` is one `$`, whatever follows.
    fn until_variable(&mut self) -> String {
        let mut text = String::new();
        loop {
            let Some(dollar) = self.rest.find('$') else {
                text.push_str(self.rest);
                self.rest = "";
                return text;
            };
            text.push_str(&self.rest[..dollar]);
            self.rest = &self.rest[dollar..];
            if self.rest.starts_with("${") {
                return text;
            }
            text.push('$');
            self.rest = &self.rest[if self.rest.starts_with("$$") { 2 } else { 1 }..];
        }
    }

    /// Reads what follows `${`, up to and with the brace.
    fn variable(&mut self) -> Result<Piece, SubstituteError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(SubstituteError::Depth);
        }
        if self.rest.starts_with('#') {
            self.rest = &self.rest[1..];
            let name = self.name().ok_or(SubstituteError::Arguments)?;
            return self.closed(name, Operator::Length, Vec::new());
        }
        let name = self.name().ok_or(SubstituteError::Name)?;
        let next = self.rest.chars().next();
        let piece = match next {
            Some(':') if self.rest[1..].starts_with(['=', '-', '?', '+']) => self.default(name, 2),
            Some('=') => self.default(name, 1),
            Some(':') => self.slice(name),
            Some('^' | ',') => {
                let signs = self.signs(&['^', ',']);
                self.closed(name, Operator::written(&signs), Vec::new())
            }
            Some('/') => self.replacement(name),
            Some(sign @ ('#' | '%')) => {
                let signs = self.signs(&[sign]);
                let pattern = self.argument(&['}'], Escapes::None)?;
                self.closed(name, Operator::written(&signs), vec![pattern])
            }
            Some('}') => self.closed(name, Operator::Plain, Vec::new()),
            _ => Err(SubstituteError::Brace),
        };
        self.depth -= 1;
        piece
    }

    /// Reads a name: letters, digits and `_`.
    fn name(&mut self) -> Option<String> {
        let is_part = |character: char| character.is_alphanumeric() || character == '_';
        let end = self
            .rest
            .find(|character| !is_part(character))
            .unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        (!name.is_empty()).then(|| name.to_owned())
    }

    /// Reads an operator of at most two of these signs.
    fn signs(&mut self, allowed: &[char]) -> String {
        let signs: String = self
            .rest
            .chars()
            .take(2)
            .take_while(|sign| allowed.contains(sign))
            .collect();
        self.rest = &self.rest[signs.len()..];
        signs
    }

    fn closed(
        &mut self,
        name: String,
        operator: Operator,
        arguments: Vec<Piece>,
    ) -> Result<Piece, SubstituteError> {
        self.rest = self
            .rest
            .strip_prefix('}')
            .ok_or(SubstituteError::Arguments)?;
        Ok(Piece::Variable {
            name,
            operator,
            arguments,
        })
    }

    /// Reads a default: texts and variables up to the brace.
    fn default(&mut self, name: String, signs: usize) -> Result<Piece, SubstituteError> {
        self.rest = &self.rest[signs..];
        let mut arguments = Vec::new();
        while !self.rest.starts_with('}') {
            arguments.push(self.argument(&['}'], Escapes::None)?);
        }
        self.closed(name, Operator::Default, arguments)
    }

    /// Reads `:offset` or `:offset:length`.
    fn slice(&mut self, name: String) -> Result<Piece, SubstituteError> {
        self.rest = &self.rest[1..];
        let mut arguments = vec![self.argument(&[':', '}'], Escapes::None)?];
        if self.rest.starts_with(':') {
            self.rest = self.rest.trim_start_matches(':');
            arguments.push(self.argument(&['}'], Escapes::None)?);
        }
        self.closed(name, Operator::Slice, arguments)
    }

    /// Reads `/old/new`, with a second sign that says where.
    fn replacement(&mut self, name: String) -> Result<Piece, SubstituteError> {
        let long = ["//", "/#", "/%"]
            .iter()
            .any(|signs| self.rest.starts_with(signs));
        let (signs, rest) = self.rest.split_at(if long { 2 } else { 1 });
        let operator = Operator::written(signs);
        self.rest = rest;
        let old = self.argument(&['/'], Escapes::Replacement)?;
        if !self.rest.starts_with('/') {
            return Err(SubstituteError::Arguments);
        }
        self.rest = self.rest.trim_start_matches('/');
        // Nothing to put there: the variable ends here.
        if self.rest.starts_with('}') {
            return self.closed(name, operator, vec![old]);
        }
        let new = self.argument(&['}'], Escapes::Replacement)?;
        self.closed(name, operator, vec![old, new])
    }

    /// Reads one argument: a variable, or text up to one of the ends or the next variable.
    fn argument(&mut self, ends: &[char], escapes: Escapes) -> Result<Piece, SubstituteError> {
        if let Some(rest) = self.rest.strip_prefix("${") {
            self.rest = rest;
            return self.variable();
        }
        let mut text = String::new();
        let begin = self.rest.len();
        while let Some(character) = self.rest.chars().next() {
            if self.rest.starts_with("${") {
                break;
            }
            let is_pair = escapes == Escapes::Replacement
                && ["$$", r"\/", r"\\"]
                    .iter()
                    .any(|pair| self.rest.starts_with(pair));
            if is_pair {
                text.push_str(&self.rest[1..2]);
                self.rest = &self.rest[2..];
                continue;
            }
            if ends.contains(&character) {
                break;
            }
            text.push(character);
            self.rest = &self.rest[character.len_utf8()..];
        }
        if self.rest.len() == begin {
            return Err(SubstituteError::Argument);
        }
        Ok(Piece::Text(text))
    }
}
