//! The command line. Names and flags are public (see the contract in `docs/operating.md`).

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use almanac_halo_sim::SimOptions;
use almanac_model::stream::Stream;
use clap::{Args, Parser, Subcommand};

/// Keeps an MSP's clients, assets and plans in provable step with HaloPSA.
///
/// Start with `almanac demo`: it needs nothing but this program.
#[derive(Debug, Parser)]
#[command(name = "almanac", version, max_term_width = 100, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 done; 1 failed; 2 usage or configuration; 3 a person must \
decide (held stream, refused by Halo); 75 try again later (unreachable, throttled).\n\
Errors carry a code such as CONN-004; docs/errors.md explains each and what to do.";

/// Flags that every command takes.
#[derive(Clone, Args)]
pub(crate) struct Global {
    /// Configuration file (TOML); flags and environment go over it
    #[arg(long, global = true, env = "ALMANAC_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Folder for the embedded database and the key file [default: the platform's data folder]
    #[arg(long, global = true, env = "ALMANAC_DATA", value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// PostgreSQL address, postgres://user@host/name; without it the embedded database is used
    #[arg(
        long,
        global = true,
        env = "ALMANAC_DATABASE",
        value_name = "URL",
        hide_env_values = true
    )]
    pub(crate) database: Option<String>,
    /// Key file that seals secrets [default: `keyring` in the data folder]
    #[arg(long, global = true, env = "ALMANAC_KEY_FILE", value_name = "FILE")]
    pub(crate) key_file: Option<PathBuf>,
    /// Print one JSON document (NDJSON for exports) on standard output and nothing else there
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Say more on standard error; twice for still more
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
}

impl fmt::Debug for Global {
    /// Without the database's address, which may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Global")
            .field("config", &self.config)
            .field("data", &self.data)
            .field("key_file", &self.key_file)
            .field("json", &self.json)
            .field("verbose", &self.verbose)
            .finish_non_exhaustive()
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Simulator, server and a demo MSP in one process, with the first sync
    Demo(DemoArgs),
    /// Web, API and background work; SIGTERM ends it within 10 seconds
    Serve(ServeArgs),
    /// Background work only; any number may run on one PostgreSQL
    Worker,
    /// Bring the database's schema to this version
    Migrate,
    /// Check or print the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Check database, keys and connections, and say what to change where
    Doctor,
    /// MSPs that use this Almanac
    #[command(subcommand)]
    Tenant(TenantCommand),
    /// A tenant's connection to HaloPSA
    #[command(subcommand)]
    Connection(ConnectionCommand),
    /// Read Halo, tell how it stands, prove it
    #[command(subcommand)]
    Sync(SyncCommand),
    /// Records as Halo sent them, and what became of them
    #[command(subcommand)]
    Records(RecordsCommand),
    /// The keys that seal secrets in the database
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Write a consistent copy of the database while it is in use
    Backup {
        /// The file to write; it must not exist
        file: PathBuf,
    },
    /// Load a backup into an empty database, of either kind
    Restore {
        /// The file to read
        file: PathBuf,
    },
    /// A server that behaves like HaloPSA, for trials and tests
    HaloSim(Box<SimOptions>),
    /// Print shell completions
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// `almanac demo`.
#[derive(Debug, Clone, Args)]
pub(crate) struct DemoArgs {
    /// Where the server listens
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDR")]
    pub(crate) listen: SocketAddr,
    /// Forget an earlier demo and begin anew
    #[arg(long)]
    pub(crate) fresh: bool,
    /// End after the table instead of serving
    #[arg(long)]
    pub(crate) once: bool,
}

/// `almanac serve`.
#[derive(Debug, Clone, Args)]
pub(crate) struct ServeArgs {
    /// Where the server listens [default: 127.0.0.1:8080]
    #[arg(long, env = "ALMANAC_LISTEN", value_name = "ADDR")]
    pub(crate) listen: Option<SocketAddr>,
    /// Where /metrics is served for Prometheus [default: nowhere]
    #[arg(long, env = "ALMANAC_METRICS_LISTEN", value_name = "ADDR")]
    pub(crate) metrics_listen: Option<SocketAddr>,
    /// Web and API only: `almanac worker` does the background work
    #[arg(long, env = "ALMANAC_NO_WORKER")]
    pub(crate) no_worker: bool,
    /// Say with each answer how long it took
    #[arg(long, hide = true)]
    pub(crate) server_timing: bool,
}

/// `almanac config …`.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Read the configuration as every command would, and print what holds (secrets left out)
    Check,
    /// Print every key with its default and what it does
    Sample,
}

/// `almanac tenant …`.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum TenantCommand {
    /// Make an MSP with its first owner; prints its slug
    Create {
        /// The MSP's name
        name: String,
        /// The owner's e-mail address
        #[arg(long, value_name = "EMAIL")]
        owner_email: String,
        /// File whose first line is the owner's password
        #[arg(long, value_name = "FILE")]
        owner_password_file: PathBuf,
    },
    /// List tenants
    List,
}

/// The tenant a command is about.
#[derive(Debug, Clone, Args)]
pub(crate) struct TenantArg {
    /// The tenant's slug, as `tenant create` printed it
    #[arg(long, value_name = "SLUG", env = "ALMANAC_TENANT")]
    pub(crate) tenant: String,
}

/// `almanac connection …`.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum ConnectionCommand {
    /// Store or rotate the credentials
    Set(ConnectionSetArgs),
    /// Reach, token, clock, and each right: granted, missing, excess
    Test(TenantArg),
}

/// `almanac connection set`.
#[derive(Debug, Clone, Args)]
pub(crate) struct ConnectionSetArgs {
    #[command(flatten)]
    pub(crate) tenant: TenantArg,
    /// The address you sign in to Halo with, such as yourname.halopsa.com
    #[arg(long, value_name = "URL")]
    pub(crate) url: String,
    /// The authorisation server, when Halo shows another one
    #[arg(long, value_name = "URL")]
    pub(crate) auth_url: Option<String>,
    /// Halo's own "tenant", when it shows one
    #[arg(long, value_name = "NAME")]
    pub(crate) halo_tenant: Option<String>,
    /// The application's Client ID
    #[arg(long = "client-id", value_name = "ID")]
    pub(crate) oauth_client_id: String,
    /// File whose first line is the application's Client Secret
    #[arg(long, value_name = "FILE")]
    pub(crate) client_secret_file: PathBuf,
    /// This is the same Halo under another address or tenant: keep what was read from it
    #[arg(long = "move")]
    pub(crate) is_moved: bool,
}

/// `almanac sync …`.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum SyncCommand {
    /// Read Halo now, to the end, and print the run's status
    Run {
        #[command(flatten)]
        tenant: TenantArg,
        /// Only this stream; may be repeated
        #[arg(long = "stream", value_name = "STREAM", value_parser = parse_stream)]
        streams: Vec<Stream>,
        /// Read everything even where changes alone could be read
        #[arg(long)]
        full: bool,
    },
    /// Per stream: state, last scan, counts, held and why
    Status(TenantArg),
    /// The calls to Halo that are due in the next five minutes; asks Halo nothing
    Plan(TenantArg),
    /// Read everything, compare every field, write nothing; exit 0 only when nothing differs
    Verify {
        #[command(flatten)]
        tenant: TenantArg,
        /// Only this stream; may be repeated
        #[arg(long = "stream", value_name = "STREAM", value_parser = parse_stream)]
        streams: Vec<Stream>,
    },
    /// Let the next read of a held stream conclude what it was held for, and no more
    Release {
        #[command(flatten)]
        tenant: TenantArg,
        /// The stream that is held
        #[arg(value_name = "STREAM", value_parser = parse_stream)]
        stream: Stream,
        /// How many records may be removed or lose a value, as `sync status` tells it
        #[arg(long, value_name = "N")]
        number: u64,
    },
    /// What each whole read and comparison found, and whether the signatures hold
    Receipts {
        #[command(flatten)]
        tenant: TenantArg,
        /// Only this stream
        #[arg(long, value_name = "STREAM", value_parser = parse_stream)]
        stream: Option<Stream>,
        /// So many, from the newest back
        #[arg(long, default_value_t = 100, value_name = "N")]
        limit: u32,
    },
}

/// `almanac records …`.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum RecordsCommand {
    /// One line of JSON per record on standard output, sorted by remote id
    Export {
        #[command(flatten)]
        tenant: TenantArg,
        /// A stream; may be given several times [default: all of them]
        #[arg(long = "stream", value_name = "STREAM", value_parser = parse_stream)]
        streams: Vec<Stream>,
        /// Halo's row exactly as received, instead of what became of it
        #[arg(long)]
        raw: bool,
        /// Records that are gone in Halo too
        #[arg(long)]
        deleted: bool,
    },
    /// Rows that were not understood, and why
    Problems {
        #[command(flatten)]
        tenant: TenantArg,
    },
}

/// `almanac keys …`.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum KeysCommand {
    /// Make a new key, and seal every tenant's data key with it
    Rotate,
}

fn parse_stream(name: &str) -> Result<Stream, String> {
    name.parse::<Stream>().map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }

    #[test]
    fn a_password_in_the_databases_address_is_not_shown() {
        let args = ["almanac", "--database", "postgres://user:s3cret@host/name", "migrate"];
        let cli = Cli::try_parse_from(args).unwrap();
        assert!(cli.global.database.is_some());
        assert!(!format!("{cli:?}").contains("s3cret"));
    }
}
