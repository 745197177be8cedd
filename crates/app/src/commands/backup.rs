//! `almanac backup` and `almanac restore`.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::ExitCode;

use serde_json::json;

use crate::cli::Global;
use crate::clock;
use crate::config::Config;
use crate::context::{self, Context};
use crate::failure::Failure;
use crate::output;

/// Writes a consistent copy while the database is in use. The file appears under its name only
/// when it is complete.
pub(super) async fn backup(global: &Global, file: &Path) -> Result<ExitCode, Failure> {
    if file.exists() {
        return Err(Failure::usage(format!("{} exists; name a new file", file.display())));
    }
    let context = Context::open(global).await?;
    let mut partial = file.as_os_str().to_owned();
    partial.push(".partial");
    let written = write(&context, Path::new(&partial)).await;
    context.close().await;
    let rows = match written {
        Ok(rows) => rows,
        Err(failure) => {
            // What is left is incomplete; that it could not be removed is the lesser trouble.
            let _ = std::fs::remove_file(&partial);
            return Err(failure);
        }
    };
    std::fs::rename(&partial, file)?;
    if global.json {
        output::json(&json!({ "file": file, "rows": rows }))?;
    } else {
        output::line(&format!(
            "{} holds {rows} rows. The key file is not in it; keep a copy of that elsewhere.",
            file.display()
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn write(context: &Context, path: &Path) -> Result<u64, Failure> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    let synced = file.try_clone()?;
    let summary = context.store.backup(std::io::BufWriter::new(file)).await?;
    synced.sync_all()?;
    Ok(summary.rows.values().sum())
}

/// Loads a backup into an empty database.
pub(super) async fn restore(global: &Global, file: &Path) -> Result<ExitCode, Failure> {
    let reader =
        File::open(file).map_err(|error| Failure::usage(format!("{}: {error}", file.display())))?;
    let config = Config::load(global)?;
    let store = context::connect(&config).await?;
    let summary = store.restore(reader, clock::now_ms()).await?;
    store.close().await?;
    let rows: u64 = summary.rows.values().sum();
    if global.json {
        output::json(&json!({ "rows": rows }))?;
    } else {
        output::line(&format!("{rows} rows were restored."))?;
    }
    Ok(ExitCode::SUCCESS)
}
