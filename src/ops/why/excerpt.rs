//! What a message names: objects, users and rights (pure).

/// Finds the Secret, `ConfigMap`, service account or namespace that a message says is not there: its resource and its
/// name.
///
/// From the form in which the API server says so: `secrets "login" not found`.
pub fn missing_reference(message: &str) -> Option<(&'static str, &str)> {
    ["secrets", "configmaps", "serviceaccounts", "namespaces"]
        .into_iter()
        .find_map(|resource| {
            let (_, rest) = message.split_once(&format!("{resource} \""))?;
            let (name, rest) = rest.split_once('"')?;
            let gone = rest.trim_start().starts_with("not found");
            gone.then(|| (resource.trim_end_matches('s'), name))
        })
}

/// Finds the objects that a message says are not healthy: kind, namespace and name of each.
///
/// Controllers write them as `Kind/namespace/name status: 'State'`.
pub fn unhealthy(message: &str) -> Vec<(String, String, String)> {
    let mut rest = message;
    let mut found = Vec::new();
    while let Some((before, after)) = rest.split_once(" status: '") {
        let word = before.rsplit([' ', '[', ',']).next().unwrap_or_default();
        if !after.starts_with("Current")
            && let [kind, place @ ..] = word.split('/').collect::<Vec<_>>().as_slice()
        {
            match place {
                [name] => found.push(((*kind).into(), String::new(), (*name).into())),
                [namespace, name] => {
                    found.push(((*kind).into(), (*namespace).into(), (*name).into()));
                }
                _ => {}
            }
        }
        rest = after;
    }
    found
}

/// A refusal of the API server, in its own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal<'a> {
    pub user: &'a str,
    pub verb: &'a str,
    pub resource: &'a str,
    pub group: &'a str,
    pub namespace: &'a str,
}

/// Reads `User "x" cannot patch resource "y" in API group "z" in the namespace "n"`.
pub fn refusal(message: &str) -> Option<Refusal<'_>> {
    let (_, rest) = message.split_once("User \"")?;
    let (user, rest) = rest.split_once("\" cannot ")?;
    let (verb, rest) = rest.split_once(" resource \"")?;
    let (resource, rest) = rest.split_once('"')?;
    let quoted = |label: &str| {
        let (_, rest) = rest.split_once(label)?;
        Some(rest.split_once('"')?.0)
    };
    Some(Refusal {
        user,
        verb,
        resource,
        group: quoted("in API group \"").unwrap_or_default(),
        namespace: quoted("in the namespace \"").unwrap_or_default(),
    })
}

/// Finds the object that could not be applied: `Kind/namespace/name` at the start of a message.
pub fn refused_object(message: &str) -> Option<&str> {
    let word = message.split([' ', ':']).next()?;
    (word.matches('/').count() >= 1).then_some(word)
}

/// Returns the part of a message that people read: one line, of bounded length.
pub fn brief(message: &str) -> String {
    const LONGEST: usize = 300;
    let mut text = message.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = text.char_indices().nth(LONGEST) {
        text.truncate(end);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_messages() {
        let message = "health check failed after 1s: timeout waiting for: [Deployment/a/web status: 'InProgress', Namespace/b status: 'Failed', Job/a/done status: 'Current']";
        let found: Vec<String> = unhealthy(message)
            .into_iter()
            .map(|(kind, namespace, name)| format!("{kind} {namespace} {name}"))
            .collect();
        assert_eq!(found, ["Deployment a web", "Namespace  b"]);
        assert!(unhealthy("nothing of the kind").is_empty());
        assert_eq!(
            missing_reference("x: secrets \"login\" not found"),
            Some(("secret", "login"))
        );
        assert_eq!(
            missing_reference("ConfigMap/a/b not found: namespaces \"a\" not found"),
            Some(("namespace", "a"))
        );
        assert_eq!(missing_reference("secrets \"login\" is forbidden"), None);
        let words = "User \"system:serviceaccount:a:b\" cannot patch resource \"roles\" in API group \"rbac\" in the namespace \"n\"";
        let wanted = Refusal {
            user: "system:serviceaccount:a:b",
            verb: "patch",
            resource: "roles",
            group: "rbac",
            namespace: "n",
        };
        assert_eq!(refusal(words), Some(wanted));
        assert_eq!(refusal("no"), None);
    }

    #[test]
    fn long_messages_become_one_short_line() {
        assert_eq!(brief("a\n  b"), "a b");
        assert_eq!(brief(&"ö".repeat(400)).chars().count(), 301);
    }
}
