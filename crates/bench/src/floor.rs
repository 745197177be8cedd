//! The floor: fetch the pages, store each row's bytes.

use std::path::Path;

use anyhow::{Context, Result, anyhow};
use serde_json::value::RawValue;
use sqlx::{Connection, Executor};

/// The simulator's own credentials; they guard nothing.
const OAUTH_CLIENT_ID: &str = "6f1c2a0e-3b5d-4e7f-8a9b-0c1d2e3f4a5b";
const CLIENT_SECRET: &str =
    "1b2c3d4e-5f60-4718-8293-a4b5c6d7e8f9-9e8d7c6b-5a49-4837-8625-1403f2e1d0c9";

const CREATE_SQLITE: &str = "CREATE TABLE floor (id INTEGER PRIMARY KEY, body BLOB NOT NULL)";
const CREATE_POSTGRES: &str = "CREATE TABLE floor (id BIGINT PRIMARY KEY, body BYTEA NOT NULL)";

/// Rows whose bytes go into one statement.
fn insert(rows: usize) -> String {
    let values: Vec<String> =
        (0..rows).map(|row| format!("(${}, ${})", row * 2 + 1, row * 2 + 2)).collect();
    format!("INSERT INTO floor (id, body) VALUES {}", values.join(","))
}

/// Fetches every page and stores its rows; prints how many.
#[expect(clippy::print_stdout, reason = "the answer of a command")]
pub(crate) async fn run(url: &str, pages: &Path, database: &str) -> Result<()> {
    let pages = std::fs::read_to_string(pages)?;
    let client = reqwest::Client::new();
    let token = token(&client, url).await?;
    let mut target = Target::open(database).await?;
    let mut count = 0;
    for page in pages.lines() {
        let body = client
            .get(format!("{url}{page}"))
            .bearer_auth(&token)
            .send()
            .await?
            .error_for_status()?
            .bytes()
            .await?;
        let rows = rows(&body).with_context(|| format!("page {page}"))?;
        target.store(count, &rows).await?;
        count += rows.len();
    }
    target.close().await?;
    println!("{count}");
    Ok(())
}

async fn token(client: &reqwest::Client, url: &str) -> Result<String> {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", OAUTH_CLIENT_ID),
        ("client_secret", CLIENT_SECRET),
        ("scope", "all"),
    ];
    let answer = client.post(format!("{url}/auth/token")).form(&form).send().await?;
    let body: serde_json::Value = serde_json::from_slice(&answer.bytes().await?)?;
    Ok(body["access_token"].as_str().ok_or_else(|| anyhow!("no token"))?.to_owned())
}

/// The rows of a page, borrowed: a bare array, or the first array of an envelope.
fn rows(body: &[u8]) -> Result<Vec<&RawValue>> {
    if body.first() == Some(&b'[') {
        return Ok(serde_json::from_slice(body)?);
    }
    let envelope: std::collections::HashMap<&str, &RawValue> = serde_json::from_slice(body)?;
    let array = envelope.values().find(|value| value.get().starts_with('['));
    Ok(match array {
        Some(array) => serde_json::from_str(array.get())?,
        None => Vec::new(),
    })
}

enum Target {
    Lite(sqlx::SqliteConnection),
    Pg(sqlx::PgConnection),
}

impl Target {
    async fn open(database: &str) -> Result<Self> {
        if database.starts_with("postgres://") {
            let mut connection = sqlx::PgConnection::connect(database).await?;
            connection.execute(CREATE_POSTGRES).await?;
            return Ok(Self::Pg(connection));
        }
        let options = sqlx::sqlite::SqliteConnectOptions::new()
            .filename(database)
            .create_if_missing(true)
            .journal_mode(sqlx::sqlite::SqliteJournalMode::Wal)
            .synchronous(sqlx::sqlite::SqliteSynchronous::Normal);
        let mut connection = sqlx::SqliteConnection::connect_with(&options).await?;
        connection.execute(CREATE_SQLITE).await?;
        Ok(Self::Lite(connection))
    }

    async fn store(&mut self, first: usize, rows: &[&RawValue]) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let sql = sqlx::AssertSqlSafe(insert(rows.len()));
        let bound = rows.iter().enumerate();
        match self {
            Self::Lite(connection) => {
                let mut query = sqlx::query(sql);
                for (at, row) in bound {
                    query = query.bind(i64::try_from(first + at)?).bind(row.get().as_bytes());
                }
                query.execute(connection).await?;
            }
            Self::Pg(connection) => {
                let mut query = sqlx::query(sql);
                for (at, row) in bound {
                    query = query.bind(i64::try_from(first + at)?).bind(row.get().as_bytes());
                }
                query.execute(connection).await?;
            }
        }
        Ok(())
    }

    async fn close(self) -> Result<()> {
        match self {
            Self::Lite(connection) => connection.close().await?,
            Self::Pg(connection) => connection.close().await?,
        }
        Ok(())
    }
}
