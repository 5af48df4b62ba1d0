//! `trigger receiver`: call the webhook of a Receiver, without a cluster.

use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use url::Url;

use super::context::Context;
use super::flag;
use crate::env;
use crate::error::Failure;
use crate::ops::{self, Proof, TriggerRequest};

/// Who notification-controller wants a token to be made for.
const AUDIENCE: &str = "notification-controller";

/// What is triggered.
#[derive(Args)]
pub struct TriggerArgs {
    #[command(subcommand)]
    target: Target,
}

#[derive(Subcommand)]
enum Target {
    /// Call the webhook of a Receiver
    #[command(
        after_help = "Example: gitops trigger receiver web --url https://hooks.example.com --token TOKEN"
    )]
    Receiver(Box<ReceiverArgs>),
}

/// Which Receiver to trigger, and how.
#[derive(Args)]
struct ReceiverArgs {
    /// Name of the Receiver
    name: String,

    /// Address of notification-controller's receivers, with a path if they are behind one
    #[arg(long)]
    url: Option<String>,

    /// Token of the Receiver (all types but generic-oidc)
    #[arg(long, hide_env_values = true)]
    token: Option<String>,

    /// Type of the Receiver
    #[arg(
        long = "type",
        value_enum,
        value_name = "TYPE",
        default_value = "generic"
    )]
    sort: Sort,

    /// CI system to fetch an OIDC token from (generic-oidc only)
    #[arg(long, value_enum, value_name = "PROVIDER")]
    oidc_provider: Option<Provider>,

    /// OIDC token (generic-oidc only; default `FLUX_TRIGGER_RECEIVER_OIDC_TOKEN`)
    #[arg(long, value_name = "TOKEN")]
    oidc_token: Option<String>,

    /// Audience of the token to fetch (with `--oidc-provider`) [default: notification-controller]
    #[arg(long, value_name = "AUDIENCE")]
    oidc_audience: Option<String>,

    /// JSON to send
    #[arg(long, value_name = "JSON", default_value = "{}")]
    payload: String,

    /// How often to try again after a connection error or a status that may pass (404, 408, 429, 5xx)
    #[arg(long, value_name = "NUMBER", default_value_t = 10)]
    retries: i32,

    /// How long to wait in between
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = flag::duration)]
    retry_delay: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Sort {
    Generic,
    GenericHmac,
    GenericOidc,
}

/// A CI system that gives its jobs OIDC tokens; both do it in the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Provider {
    Github,
    Forgejo,
}

/// Where the proof of a request comes from.
#[derive(Debug, PartialEq, Eq)]
enum Source {
    Address,
    Signature,
    Given(String),
    Job { audience: String },
}

/// Calls the webhook.
pub async fn run(context: &Context, args: &TriggerArgs) -> Result<(), Failure> {
    let Target::Receiver(args) = &args.target;
    let url = address(args.url.as_deref().unwrap_or_default())?;
    let proof = match source(args, env::FLUX_TRIGGER_RECEIVER_OIDC_TOKEN.text())? {
        Source::Address => Proof::Address,
        Source::Signature => Proof::Signature,
        Source::Given(token) => Proof::Identity(token),
        Source::Job { audience } => Proof::Identity(of_job(&audience).await?),
    };
    let request = TriggerRequest {
        url,
        namespace: context.namespace.clone(),
        name: args.name.clone(),
        token: args.token.clone().unwrap_or_default(),
        proof,
        payload: args.payload.clone(),
        retries: u32::try_from(args.retries).unwrap_or(0),
        delay: args.retry_delay,
    };
    ops::trigger(&context.ui, &request).await
}

/// Reads the address; what can't be called is refused before anything is tried.
fn address(text: &str) -> Result<Url, Failure> {
    if text.is_empty() {
        return Err(Failure::usage("--url is required"));
    }
    let url = Url::parse(text).ok();
    let callable = |url: &Url| matches!(url.scheme(), "http" | "https") && url.has_host();
    url.filter(callable).ok_or_else(|| {
        Failure::usage("--url is no address of HTTP")
            .with_hint("it looks like https://hooks.example.com")
    })
}

/// Says where the proof comes from; the flags must go with the type of the Receiver.
fn source(args: &ReceiverArgs, of_environment: Option<String>) -> Result<Source, Failure> {
    let word = args.sort.to_possible_value();
    let word = word.as_ref().map_or("", |value| value.get_name());
    let has_token = args.token.as_ref().is_some_and(|token| !token.is_empty());
    if args.sort != Sort::GenericOidc {
        if args.oidc_provider.is_some() || args.oidc_token.is_some() || args.oidc_audience.is_some()
        {
            return Err(Failure::usage(
                "--oidc-provider, --oidc-token and --oidc-audience can only be set for --type=generic-oidc",
            ));
        }
        if !has_token {
            return Err(Failure::usage(format!(
                "--token is required for --type={word}"
            )));
        }
        return Ok(match args.sort {
            Sort::GenericHmac => Source::Signature,
            _ => Source::Address,
        });
    }
    if has_token {
        return Err(Failure::usage(
            "--token must not be set for --type=generic-oidc, the Receiver of this type has no secret",
        ));
    }
    match (args.oidc_provider, &args.oidc_token) {
        (Some(_), Some(_)) => Err(Failure::usage(
            "--oidc-provider and --oidc-token are mutually exclusive",
        )),
        (Some(_), None) => Ok(Source::Job {
            audience: args
                .oidc_audience
                .clone()
                .unwrap_or_else(|| AUDIENCE.into()),
        }),
        (None, _) if args.oidc_audience.is_some() => Err(Failure::usage(
            "--oidc-audience can only be set together with --oidc-provider",
        )),
        (None, given) => {
            let token = given.clone().or(of_environment);
            token.map(Source::Given).ok_or_else(|| {
                Failure::usage("no OIDC token provided").with_hint(
                    "set --oidc-provider, --oidc-token or FLUX_TRIGGER_RECEIVER_OIDC_TOKEN",
                )
            })
        }
    }
}

/// Fetches the token of the running job, at the address that the CI system tells it.
async fn of_job(audience: &str) -> Result<String, Failure> {
    let url = env::ACTIONS_ID_TOKEN_REQUEST_URL.text();
    let url = url.and_then(|url| Url::parse(&url).ok());
    let (Some(url), Some(secret)) = (url, env::ACTIONS_ID_TOKEN_REQUEST_TOKEN.text()) else {
        return Err(Failure::new(
            "ACTIONS_ID_TOKEN_REQUEST_URL and ACTIONS_ID_TOKEN_REQUEST_TOKEN must be set in the environment",
        )
        .with_hint("give the job the permission `id-token: write`"));
    };
    ops::token_of_job(&url, &secret, audience).await
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: ReceiverArgs,
    }

    fn of(flags: &[&str], environment: Option<&str>) -> Result<Source, String> {
        let words = ["trigger", "x1"].iter().chain(flags);
        let line = Line::try_parse_from(words).unwrap();
        source(&line.args, environment.map(Into::into)).map_err(|failure| failure.to_string())
    }

    #[test]
    fn flags_must_go_with_the_type() {
        const OIDC: &str = "--type=generic-oidc";
        for (flags, starts_with) in [
            (&[][..], "--token is required for --type=generic"),
            (
                &["--type=generic-hmac"],
                "--token is required for --type=generic-hmac",
            ),
            (
                &["--token=t", "--oidc-token=z"],
                "--oidc-provider, --oidc-token and",
            ),
            (&[OIDC, "--token=t"], "--token must not be set"),
            (&[OIDC], "no OIDC token provided"),
            (
                &[OIDC, "--oidc-provider=github", "--oidc-token=z"],
                "--oidc-provider and --oidc-token",
            ),
            (
                &[OIDC, "--oidc-token=z", "--oidc-audience=a"],
                "--oidc-audience can only",
            ),
        ] {
            let message = of(flags, None).unwrap_err();
            assert!(message.starts_with(starts_with), "{flags:?}: {message}");
        }
        assert_eq!(of(&["--token=t"], None), Ok(Source::Address));
        assert_eq!(
            of(&["--token=t", "--type=generic-hmac"], None),
            Ok(Source::Signature)
        );
        assert_eq!(of(&[OIDC], Some("e")), Ok(Source::Given("e".into())));
        let job = Source::Job {
            audience: AUDIENCE.into(),
        };
        assert_eq!(of(&[OIDC, "--oidc-provider=forgejo"], Some("e")), Ok(job));
    }

    #[test]
    fn only_addresses_of_http_are_called() {
        assert!(address("https://hooks.example.com/base").is_ok());
        for wrong in ["", "foo", "ftp://x", "http://", "://"] {
            assert!(address(wrong).is_err(), "{wrong}");
        }
    }
}
