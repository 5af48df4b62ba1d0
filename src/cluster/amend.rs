//! Flags laid over what a kubeconfig says (pure).

use std::collections::HashMap;

use kube::config::{AuthInfo, Cluster as ClusterEntry};

use super::connect::{ConnectError, ConnectOptions};

/// Lets the flags win over what the kubeconfig says about the cluster.
pub(super) fn amend_cluster(cluster: &mut ClusterEntry, options: &ConnectOptions) {
    if let Some(server) = &options.server {
        cluster.server = Some(server.clone());
        // The name was for the other server.
        cluster.tls_server_name = None;
    }
    if options.tls.insecure_skip_verify {
        cluster.insecure_skip_tls_verify = Some(true);
        cluster.certificate_authority = None;
        cluster.certificate_authority_data = None;
    }
    if let Some(file) = &options.tls.certificate_authority {
        cluster.certificate_authority = Some(file.display().to_string());
        cluster.certificate_authority_data = None;
        cluster.insecure_skip_tls_verify = Some(options.tls.insecure_skip_verify);
    }
    if let Some(name) = &options.tls.server_name {
        cluster.tls_server_name = Some(name.clone());
    }
    if options.disable_compression {
        cluster.disable_compression = Some(true);
    }
}

/// Lets the flags win over what the kubeconfig says about the user.
pub(super) fn amend_user(
    user: &mut AuthInfo,
    options: &ConnectOptions,
) -> Result<(), ConnectError> {
    if let Some(token) = &options.token {
        // A server looks at certificates before tokens, so the other ways to log in must go,
        // or the token would be there in vain.
        let impersonate = user.clone();
        *user = AuthInfo {
            token: Some(token.reveal().to_owned().into()),
            impersonate: impersonate.impersonate,
            impersonate_uid: impersonate.impersonate_uid,
            impersonate_groups: impersonate.impersonate_groups,
            impersonate_user_extra: impersonate.impersonate_user_extra,
            ..AuthInfo::default()
        };
    }
    if let Some(file) = &options.tls.client_certificate {
        user.client_certificate = Some(file.display().to_string());
        user.client_certificate_data = None;
    }
    if let Some(file) = &options.tls.client_key {
        user.client_key = Some(file.display().to_string());
        user.client_key_data = None;
    }
    let wanted = &options.impersonate;
    if let Some(name) = &wanted.user {
        user.impersonate = Some(name.clone());
    }
    if let Some(uid) = &wanted.uid {
        user.impersonate_uid = Some(uid.clone());
    }
    if !wanted.groups.is_empty() {
        user.impersonate_groups = Some(wanted.groups.clone());
    }
    if !wanted.extra.is_empty() {
        user.impersonate_user_extra = Some(HashMap::from_iter(wanted.extra.clone()));
    }
    let more = user.impersonate_uid.is_some()
        || user.impersonate_groups.is_some()
        || user.impersonate_user_extra.is_some();
    if more && user.impersonate.as_deref().is_none_or(str::is_empty) {
        return Err(ConnectError::Impersonation);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use kube::config::ExecConfig;

    use super::super::connect::{Impersonation, TlsOptions, Token};
    use super::*;
    use crate::error::{Blame, Explain as _};

    #[test]
    fn a_token_flag_puts_all_other_credentials_aside() {
        let mut user = AuthInfo {
            client_certificate_data: Some("c".into()),
            exec: Some(ExecConfig::default()),
            impersonate: Some("jane".into()),
            ..AuthInfo::default()
        };
        let options = ConnectOptions {
            token: Some(Token::from("t".to_owned())),
            ..ConnectOptions::default()
        };
        amend_user(&mut user, &options).unwrap();
        assert!(
            user.token.is_some() && user.exec.is_none() && user.client_certificate_data.is_none()
        );
        assert_eq!(user.impersonate.as_deref(), Some("jane"));
        assert_eq!(format!("{:?}", options.token), "Some(***)");
    }

    #[test]
    fn groups_need_a_user() {
        let impersonate = Impersonation {
            groups: vec!["dev".into()],
            ..Impersonation::default()
        };
        let options = ConnectOptions {
            impersonate,
            ..ConnectOptions::default()
        };
        let error = amend_user(&mut AuthInfo::default(), &options).unwrap_err();
        assert_eq!(error.blame(), Blame::Usage);
    }

    #[test]
    fn flags_about_certificates_replace_what_contradicts_them() {
        let filled = || ClusterEntry {
            certificate_authority_data: Some("x".into()),
            insecure_skip_tls_verify: Some(true),
            tls_server_name: Some("old".into()),
            ..ClusterEntry::default()
        };
        let mut cluster = filled();
        let tls = TlsOptions {
            certificate_authority: Some("ca.crt".into()),
            ..TlsOptions::default()
        };
        amend_cluster(
            &mut cluster,
            &ConnectOptions {
                tls,
                ..ConnectOptions::default()
            },
        );
        assert_eq!(cluster.certificate_authority.as_deref(), Some("ca.crt"));
        assert_eq!(
            (
                cluster.certificate_authority_data,
                cluster.insecure_skip_tls_verify
            ),
            (None, Some(false))
        );
        let mut cluster = filled();
        amend_cluster(
            &mut cluster,
            &ConnectOptions {
                server: Some("https://x".into()),
                ..ConnectOptions::default()
            },
        );
        assert_eq!(cluster.tls_server_name, None);
    }
}
