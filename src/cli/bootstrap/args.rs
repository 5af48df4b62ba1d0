//! The flags that every provider of `bootstrap` takes.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::super::flag::{self, Csv};
use super::super::manifest_args::ManifestArgs;
use super::super::output::OutputArgs;

/// Flags of the manifests, the commit, the keys and the run itself.
#[derive(Args)]
pub struct SharedArgs {
    #[command(flatten)]
    pub manifests: ManifestArgs,
    #[command(flatten)]
    pub sync: SyncArgs,
    #[command(flatten)]
    pub access: AccessArgs,
    #[command(flatten)]
    pub commit: CommitArgs,
    #[command(flatten)]
    pub run: RunArgs,
}

/// What the cluster follows.
#[derive(Args)]
#[command(next_help_heading = "Sync")]
pub struct SyncArgs {
    /// Branch to follow
    #[arg(long, default_value = "main")]
    pub branch: String,

    /// Folder of the repository that the cluster follows
    #[arg(long, default_value = "", hide_default_value = true)]
    pub path: String,

    /// How often the repository is looked at
    #[arg(long, value_name = "DURATION", default_value = "1m0s", value_parser = flag::duration)]
    pub interval: Duration,

    /// Fetch submodules too
    #[arg(long)]
    pub recurse_submodules: bool,

    /// Folders to fetch, where not all of the repository is wanted
    #[arg(long, value_name = "LIST")]
    pub sparse_checkout: Vec<Csv>,

    /// Secret that holds the credentials of the repository
    #[arg(long, value_name = "NAME", default_value = "flux-system")]
    pub secret_name: String,
}

/// The sort of a generated SSH key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum KeyAlgorithm {
    /// RSA.
    Rsa,
    /// ECDSA.
    Ecdsa,
    /// Ed25519.
    Ed25519,
}

/// The curve of a generated ECDSA key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Curve {
    /// NIST P-256.
    P256,
    /// NIST P-384.
    P384,
    /// NIST P-521.
    P521,
}

/// How the cluster and this program reach the repository.
#[derive(Args)]
#[command(next_help_heading = "Access")]
pub struct AccessArgs {
    /// Follow the repository over HTTPS with the token, not over SSH with a key
    #[arg(long)]
    pub token_auth: bool,

    /// Algorithm of the generated key
    #[arg(long, value_enum, default_value = "ecdsa")]
    pub ssh_key_algorithm: KeyAlgorithm,

    /// Bits of a generated RSA key, a multiple of 8
    #[arg(long, value_name = "BITS", default_value_t = 2048, value_parser = rsa_bits)]
    pub ssh_rsa_bits: u32,

    /// Curve of a generated ECDSA key
    #[arg(long, value_enum, default_value = "p384")]
    pub ssh_ecdsa_curve: Curve,

    /// Host key algorithms that are accepted
    #[arg(long, value_name = "LIST")]
    pub ssh_hostkey_algos: Vec<Csv>,

    /// SSH host (and port) where it differs from the web address
    #[arg(long, value_name = "HOST[:PORT]")]
    pub ssh_hostname: Option<String>,

    /// CA certificates of the Git host, kept in the secret too
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,

    /// Existing SSH private key
    #[arg(long, value_name = "FILE")]
    pub private_key_file: Option<PathBuf>,
}

/// Reads the bits of an RSA key.
fn rsa_bits(text: &str) -> Result<u32, String> {
    let bits: u32 = text.parse().map_err(|_| format!("`{text}` is no number"))?;
    if bits < 1024 || !bits.is_multiple_of(8) {
        return Err("RSA keys have at least 1024 bits, a multiple of 8".into());
    }
    Ok(bits)
}

/// Who commits, with what words and what signature.
#[derive(Args)]
#[command(next_help_heading = "Commits")]
pub struct CommitArgs {
    /// Name of the commits' author
    #[arg(long, value_name = "NAME", default_value = "Flux")]
    pub author_name: String,

    /// E-mail address of the commits' author
    #[arg(
        long,
        value_name = "EMAIL",
        default_value = "",
        hide_default_value = true
    )]
    pub author_email: String,

    /// Text that follows the commit messages, after a blank line
    #[arg(long, value_name = "TEXT")]
    pub commit_message_appendix: Option<String>,

    /// Key ring with the `OpenPGP` key to sign with
    #[arg(long, value_name = "FILE")]
    pub gpg_key_ring: Option<PathBuf>,

    /// Passphrase of the `OpenPGP` key
    #[arg(long, value_name = "TEXT")]
    pub gpg_passphrase: Option<String>,

    /// Which `OpenPGP` key of the ring to sign with, 16 hex digits
    #[arg(long, value_name = "ID")]
    pub gpg_key_id: Option<String>,

    /// SSH private key to sign with
    #[arg(long, value_name = "FILE")]
    pub ssh_signing_key_file: Option<PathBuf>,

    /// Passphrase of the SSH signing key
    #[arg(long, value_name = "TEXT")]
    pub ssh_signing_password: Option<String>,

    /// The same as --ssh-signing-password
    #[arg(long, value_name = "TEXT", hide = true)]
    pub ssh_signing_passphrase: Option<String>,
}

/// How far the run goes.
#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "they are flags")]
#[command(next_help_heading = "Run")]
pub struct RunArgs {
    /// Print what would be done and stop; nothing is written anywhere
    #[arg(long)]
    pub plan: bool,

    #[command(flatten)]
    pub output: OutputArgs,

    /// Answer every question with yes
    #[arg(long)]
    pub yes: bool,

    /// Ask for the commits with a merge or pull request; after its merge, the same command goes on
    #[arg(long)]
    pub pull_request: bool,

    /// The same, and wait for the merge
    #[arg(long)]
    pub wait_merge: bool,

    /// Leave the commits in a local clone, for somebody else to push
    #[arg(long)]
    pub no_push: bool,

    /// Folder of that clone; the name of the repository if none is given
    #[arg(long, value_name = "DIR")]
    pub clone_dir: Option<PathBuf>,
}

/// What the providers with an API of their own take besides.
#[derive(Args)]
#[command(next_help_heading = "Repository")]
pub struct HostedArgs {
    /// User, group or organisation that owns the repository
    #[arg(long, default_value = "", hide_default_value = true)]
    pub owner: String,

    /// Name of the repository
    #[arg(long, default_value = "", hide_default_value = true)]
    pub repository: String,

    /// The owner is a user, not a group or organisation
    #[arg(long)]
    pub personal: bool,

    /// Groups or teams that get access, each as NAME:LEVEL or NAME
    #[arg(long, value_name = "LIST")]
    pub team: Vec<Csv>,

    /// Let the cluster's key write to the repository
    #[arg(long)]
    pub read_write_key: bool,

    /// Bring an existing repository's settings in line with the flags
    #[arg(long)]
    pub reconcile: bool,
}
