//! Puts variables into a text.

use super::operator::Operator;
use super::parse::{Piece, SubstituteError, pieces};

/// What a variable without a value and without a default is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unset {
    /// Empty.
    #[default]
    Empty,
    /// An error.
    Refused,
}

/// Puts the values of variables into a text.
///
/// `look_up` returns the value of a name, `None` where it is not set. The dialect is that of Flux's
/// controllers: a value or a default, pieces of it, trimmed, replaced, in another case; `$$` is one `$`.
/// All operators that default (`:=`, `:-`, `:+`, `:?`, `=`) mean the same.
///
/// # Errors
///
/// Fails where a `${` is not followed by what the dialect knows, and on a variable that is not set
/// where `unset` refuses that.
pub fn substitute(
    text: &str,
    unset: Unset,
    look_up: &impl Fn(&str) -> Option<String>,
) -> Result<String, SubstituteError> {
    substitute_seen(text, unset, look_up, &mut |_, _| {})
}

/// Puts the values of variables into a text, and hears of each name and of what was put in its place: the value, or
/// what an operator made of it.
///
/// # Errors
///
/// Fails as [`substitute`] does.
pub fn substitute_seen(
    text: &str,
    unset: Unset,
    look_up: &impl Fn(&str) -> Option<String>,
    seen: &mut dyn FnMut(&str, &str),
) -> Result<String, SubstituteError> {
    // Most lines have nothing to put in.
    if !text.contains('$') {
        return Ok(text.to_owned());
    }
    let mut result = String::with_capacity(text.len());
    for piece in pieces(text)? {
        result.push_str(&value(piece, unset, look_up, seen)?);
    }
    Ok(result)
}

fn value(
    piece: Piece,
    unset: Unset,
    look_up: &impl Fn(&str) -> Option<String>,
    seen: &mut dyn FnMut(&str, &str),
) -> Result<String, SubstituteError> {
    let (name, operator, arguments) = match piece {
        Piece::Text(text) => return Ok(text),
        Piece::Variable {
            name,
            operator,
            arguments,
        } => (name, operator, arguments),
    };
    let arguments = arguments
        .into_iter()
        .map(|argument| value(argument, unset, look_up, seen))
        .collect::<Result<Vec<_>, _>>()?;
    let found = look_up(&name);
    if found.is_none() && unset == Unset::Refused && operator != Operator::Default {
        return Err(SubstituteError::Unset(name));
    }
    let put = operator.apply(&found.unwrap_or_default(), &arguments);
    let put = put.ok_or(SubstituteError::Arguments)?;
    seen(&name, &put);
    Ok(put)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn variable(name: &str) -> Option<String> {
        let value = match name {
            "v" => "value",
            "e" => "",
            "p" => "a/b/c.tar.gz",
            "u" => "éß",
            "n" => "3",
            _ => return None,
        };
        Some(value.into())
    }

    fn of(text: &str) -> Result<String, SubstituteError> {
        substitute(text, Unset::Empty, &variable)
    }

    /// Texts and what `flux envsubst` makes of them.
    const MADE: &[(&str, &str)] = &[
        ("a ${v}${x} $v b", "a value $v b"),
        ("$ $$ $$$ $${v} $$${v} \\${v}", "$ $ $$ ${v} $value \\value"),
        ("${x:-d}${e:=d}${v:+d}${x:?d}${x=d}", "ddvaluedd"),
        ("${x:-}${x==d}${x:- a b }${x:-\"q}\"", "=d a b \"q\""),
        ("${x:-a${y:-${v}}b}${x:-a}b}${x:-$$}", "avaluebab}$$"),
        (
            "${v:1}|${v:1:2}|${v: -2}|${v:9:2}|${v:9}|${v:1::2}",
            "alue|al|value|||al",
        ),
        ("${v:${n}}|${v:1:x}|${v:0:99}", "ue|value|value"),
        ("${v^}${v^^}${v,}${v,,}${v^,}", "ValueVALUEvaluevaluevalue"),
        ("${u^^}${#u}${#x}", "Éß40"),
        (
            "${p#*/} ${p##*/} ${p%.*} ${p%%.*} ${p%%/*}",
            "b/c.tar.gz c.tar.gz a/b/c.tar a/b/c a",
        ),
        (
            "${p#a?} ${p#[a-c]} ${p%[a-z]} ${p#[}",
            "b/c.tar.gz /b/c.tar.gz a/b/c.tar.gz a/b/c.tar.gz",
        ),
        (
            "${p/\\//x} ${p//\\//x} ${p//./$$}",
            "axb/c.tar.gz axbxc.tar.gz a/b/c$tar$gz",
        ),
        (
            "${v/#va/X} ${v/%ue/X} ${v/l/} ${v//l//x} ${p/%gz/}",
            "Xlue valX vaue vaxue a/b/c.tar.gz",
        ),
    ];

    /// Texts and why there is nothing to be made of them.
    const REFUSED: &[(&str, SubstituteError)] = &[
        ("${x-d}", SubstituteError::Brace),
        ("${v.x}", SubstituteError::Brace),
        ("${v", SubstituteError::Brace),
        ("${}", SubstituteError::Name),
        ("${ v }", SubstituteError::Name),
        ("a ${", SubstituteError::Name),
        ("${v/p}", SubstituteError::Arguments),
        ("${#}", SubstituteError::Arguments),
        ("${v^^^}", SubstituteError::Arguments),
        ("${v:1${n}}", SubstituteError::Arguments),
        ("${v:1:-1}", SubstituteError::Arguments),
        ("${v:}", SubstituteError::Argument),
        ("${v:-a", SubstituteError::Argument),
        ("${p#}", SubstituteError::Argument),
        ("${v///}", SubstituteError::Argument),
    ];

    #[test]
    fn makes_what_flux_makes() {
        for (text, made) in MADE {
            assert_eq!(of(text).as_deref(), Ok(*made), "{text}");
        }
    }

    #[test]
    fn refuses_what_flux_refuses() {
        for (text, error) in REFUSED {
            assert_eq!(of(text).as_ref(), Err(error), "{text}");
        }
        let deep = "${x:-".repeat(100_000);
        assert_eq!(of(&deep), Err(SubstituteError::Depth));
    }

    #[test]
    fn an_unset_variable_may_be_refused() {
        let strict = |text| substitute(text, Unset::Refused, &variable);
        for text in ["${x}", "${#x}", "${x:1}", "${x^}", "${x/a/b}", "${x:-${y}}"] {
            assert!(
                matches!(strict(text), Err(SubstituteError::Unset(_))),
                "{text}"
            );
        }
        assert_eq!(strict("${x:-d}${x:=}${e}$x").as_deref(), Ok("d$x"));
    }

    proptest! {
        #[test]
        fn any_text_ends_well(text in "[${}a-z:/#%^,=+?*\\[\\]\\\\0-9é -]{0,40}") {
            // Whether it can be made or not, it neither panics nor hangs.
            let made = of(&text);
            prop_assert_eq!(made.is_err() && !text.contains("${"), false);
        }

        #[test]
        fn text_without_a_dollar_stays(text in "[^$]*") {
            prop_assert_eq!(of(&text), Ok(text));
        }
    }
}
