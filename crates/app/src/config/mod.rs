//! Configuration: flags over environment over one TOML file.
//!
//! Unknown keys are refused, so that a slip is found at start. The sample is written from the same
//! words as the defaults and tested to load and equal them.

mod grading;
mod halo;
mod server;
mod sync;

use std::path::{Path, PathBuf};

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

pub(crate) use grading::GradingConfig;
pub(crate) use halo::HaloConfig;
pub(crate) use server::ServerConfig;
pub(crate) use sync::SyncConfig;

use crate::cli::Global;
use crate::failure::Failure;

/// The file as it may be written.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct FileConfig {
    /// Folder for the embedded database and the key file.
    data: Option<PathBuf>,
    /// File that holds the PostgreSQL address (it may hold a password).
    database_file: Option<PathBuf>,
    /// Key file that seals secrets.
    key_file: Option<PathBuf>,
    server: ServerConfig,
    halo: HaloConfig,
    sync: SyncConfig,
    grading: GradingConfig,
}

/// What holds for this run.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) data: PathBuf,
    pub(crate) key_file: PathBuf,
    /// The PostgreSQL address; `None` for the embedded database.
    pub(crate) database: Option<SecretString>,
    pub(crate) server: ServerConfig,
    pub(crate) halo: HaloConfig,
    pub(crate) sync: SyncConfig,
    pub(crate) grading: GradingConfig,
}

/// The file with every key, its default and what it does.
pub(crate) const SAMPLE: &str = include_str!("sample.toml");

impl Config {
    /// Reads flags, environment and file.
    pub(crate) fn load(global: &Global) -> Result<Self, Failure> {
        let file = match &global.config {
            Some(path) => read_file(path)?,
            None => FileConfig::default(),
        };
        let data = match global.data.clone().or(file.data) {
            Some(data) => data,
            None => platform_data_dir()?,
        };
        let key_file =
            global.key_file.clone().or(file.key_file).unwrap_or_else(|| data.join("keyring"));
        let database_file = environment("ALMANAC_DATABASE_FILE").map(PathBuf::from);
        let database = match (&global.database, database_file.or(file.database_file)) {
            (Some(url), _) => Some(SecretString::from(url.clone())),
            (None, Some(path)) => Some(read_secret(&path)?),
            (None, None) => None,
        };
        let halo = file.halo.with_environment(environment)?;
        Ok(Self {
            data,
            key_file,
            database,
            server: file.server,
            halo,
            sync: file.sync,
            grading: file.grading,
        })
    }
}

/// Reads a secret from the first line of a file.
pub(crate) fn read_secret(path: &Path) -> Result<SecretString, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::config(format!("{}: {error}", path.display())))?;
    let line = text.lines().next().unwrap_or_default().trim().to_owned();
    if line.is_empty() {
        return Err(Failure::config(format!("{}: the first line is empty", path.display())));
    }
    Ok(SecretString::from(line))
}

fn read_file(path: &Path) -> Result<FileConfig, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::config(format!("{}: {error}", path.display())))?;
    toml::from_str(&text)
        .map_err(|error| Failure::config(format!("{}: {}", path.display(), error.message())))
}

fn environment(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "the environment is read here and nowhere else")]
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn platform_data_dir() -> Result<PathBuf, Failure> {
    let base = environment("XDG_DATA_HOME")
        .map(PathBuf::from)
        .or_else(|| environment("HOME").map(|home| PathBuf::from(home).join(".local/share")));
    base.map(|base| base.join("almanac"))
        .ok_or_else(|| Failure::config("neither HOME nor --data says where data may live"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_loads_and_equals_the_defaults() {
        let sample: FileConfig = toml::from_str(SAMPLE).unwrap();
        assert_eq!(sample, FileConfig::default());
    }

    #[test]
    fn every_key_is_in_the_sample() {
        let defaults = toml::Value::try_from(FileConfig::default()).unwrap();
        for (section, keys) in defaults.as_table().unwrap() {
            for key in keys.as_table().map(|table| table.keys()).into_iter().flatten() {
                assert!(SAMPLE.contains(&format!("\n{key} = ")), "{section}.{key}");
            }
        }
    }

    #[test]
    fn a_slip_is_refused() {
        assert!(toml::from_str::<FileConfig>("[halo]\nallow_private_host = []").is_err());
        assert!(toml::from_str::<FileConfig>("databse = 'x'").is_err());
    }
}
