//! Benchmarks of the whole program: the first sync beside the floor, pages under load, and how soon
//! a change in Halo is here.
//!
//! The floor is what nobody can go below: the same pages fetched, one after the other, and each
//! row's bytes stored in one table, nothing else. Both run in one go against one simulator, so
//! that their ratio means something on a machine whose speed does not. `docs/performance.md` has
//! the figures and the commands.

mod floor;
mod hooks;
mod load;
mod pages;
mod process;
mod server;
mod sync;
mod workers;
mod world;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "almanac-bench", about = "Measures the whole program")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// The first sync, the second, and the floor, on each database
    Sync(sync::SyncArgs),
    /// What pages cost under load, at the start and at rest, on each database
    Pages(pages::PagesArgs),
    /// Several tenants' first syncs by one worker and by two, and a worker's memory
    Workers(workers::WorkersArgs),
    /// From a change in Halo to the row here: told by a webhook, and found by polling
    Hooks(hooks::HooksArgs),
    /// The floor by itself; `sync` starts it in a process of its own
    #[command(hide = true)]
    Floor {
        /// The simulator
        #[arg(long)]
        url: String,
        /// File with a page's path and query on each line
        #[arg(long)]
        pages: PathBuf,
        /// `postgres://…` or the path of an SQLite file
        #[arg(long)]
        database: String,
    },
}

#[tokio::main(flavor = "multi_thread")]
async fn main() -> Result<()> {
    // A second provider in one process would only say so.
    let _ = rustls::crypto::ring::default_provider().install_default();
    match Cli::parse().command {
        Command::Sync(args) => sync::run(&args).await,
        Command::Pages(args) => pages::run(&args).await,
        Command::Workers(args) => workers::run(&args).await,
        Command::Hooks(args) => hooks::run(&args).await,
        Command::Floor { url, pages, database } => floor::run(&url, &pages, &database).await,
    }
}
