//! What every benchmark needs: a simulator, the program under test, and a database for it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, anyhow};
use sqlx::{Connection, Executor};

use crate::process::measure;

/// Who owns the MSP of a benchmark.
pub(crate) const OWNER: &str = "owner@bench.example";

/// The simulator's own client secret, and the owner's password.
pub(crate) const SECRET: &str =
    "1b2c3d4e-5f60-4718-8293-a4b5c6d7e8f9-9e8d7c6b-5a49-4837-8625-1403f2e1d0c9";

/// The simulator's own client.
pub(crate) const CLIENT_ID: &str = "6f1c2a0e-3b5d-4e7f-8a9b-0c1d2e3f4a5b";

/// A simulator in a process of its own.
pub(crate) struct Sim {
    child: Child,
    pub(crate) url: String,
    pub(crate) control: String,
}

impl Drop for Sim {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Sim {
    /// Starts one with some of its sizes: the names of its flags, and how many.
    pub(crate) fn start(almanac: &Path, sizes: &[(&str, u32)]) -> Result<Sim> {
        let mut command = Command::new(almanac);
        command.arg("halo-sim").stdout(Stdio::piped());
        for (name, size) in sizes {
            command.arg(format!("--{name}={size}"));
        }
        let mut child =
            command.spawn().with_context(|| format!("starting {}", almanac.display()))?;
        let out = child.stdout.take().ok_or_else(|| anyhow!("no output"))?;
        let mut lines = BufReader::new(out).lines();
        let mut address = || -> Result<String> {
            let line = lines.next().ok_or_else(|| anyhow!("the simulator ended"))??;
            let address = line.split_whitespace().last().unwrap_or_default();
            Ok(address.to_owned())
        };
        let (url, control) = (address()?, address()?);
        Ok(Sim { child, url, control })
    }
}

/// The program under test with a folder and a database of its own.
pub(crate) struct Program<'a> {
    pub(crate) almanac: &'a Path,
    pub(crate) dir: &'a Path,
    pub(crate) database: Option<&'a Database>,
}

impl Program<'_> {
    /// The program with these arguments.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(self.almanac);
        command
            .args(args)
            .env("ALMANAC_DATA", self.dir.join("data"))
            .env("ALMANAC_HALO_ALLOW_PRIVATE_HOSTS", "127.0.0.1");
        match self.database {
            Some(database) => command.env("ALMANAC_DATABASE", &database.url),
            None => command.env_remove("ALMANAC_DATABASE"),
        };
        command
    }

    /// Makes the MSP `bench`, its owner and its connection to a simulator.
    pub(crate) fn set_up(&self, url: &str) -> Result<()> {
        self.set_up_tenant("bench", url)
    }

    /// Makes an MSP whose name is its slug, its owner and its connection to a simulator.
    pub(crate) fn set_up_tenant(&self, name: &str, url: &str) -> Result<()> {
        let secret = self.dir.join("secret");
        std::fs::write(&secret, SECRET)?;
        let secret = secret.display().to_string();
        measure(&mut self.command(&[
            "tenant",
            "create",
            name,
            "--owner-email",
            OWNER,
            "--owner-password-file",
            &secret,
        ]))?;
        measure(&mut self.command(&[
            "connection",
            "set",
            "--tenant",
            name,
            "--url",
            url,
            "--client-id",
            CLIENT_ID,
            "--client-secret-file",
            &secret,
        ]))?;
        Ok(())
    }
}

/// A PostgreSQL database of a round's own.
pub(crate) struct Database {
    admin: String,
    name: String,
    pub(crate) url: String,
}

impl Database {
    /// Makes one on this server.
    pub(crate) async fn create(admin: &str) -> Result<Self> {
        let name = format!("almanac_bench_{:016x}", fastrand::u64(..));
        let mut connection = sqlx::PgConnection::connect(admin).await?;
        connection.execute(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).await?;
        let (server, _) =
            admin.rsplit_once('/').ok_or_else(|| anyhow!("no database in {admin}"))?;
        Ok(Self { admin: admin.to_owned(), url: format!("{server}/{name}"), name })
    }

    /// Removes it, whoever still uses it.
    pub(crate) async fn remove(self) -> Result<()> {
        let mut connection = sqlx::PgConnection::connect(&self.admin).await?;
        let sql = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        connection.execute(sqlx::AssertSqlSafe(sql)).await?;
        Ok(())
    }
}
