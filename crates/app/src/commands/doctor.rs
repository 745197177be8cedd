//! `almanac doctor`: what is well, what is not, and which setting changes it.

use std::process::ExitCode;

use serde_json::json;

use super::connection::{exit_of, test};
use crate::cli::Global;
use crate::config::Config;
use crate::context::{self, Context};
use crate::failure::{Exit, Failure};
use crate::output;

/// One thing looked at.
struct Finding {
    subject: String,
    is_well: bool,
    text: String,
    detail: Option<serde_json::Value>,
}

/// Looks at configuration, database, keys, disk and every connection.
pub(super) async fn run(global: &Global) -> Result<ExitCode, Failure> {
    let config = Config::load(global)?;
    let address = context::address(&config)?.to_string();
    let data = config.data.clone();
    let mut findings = vec![well("configuration", "read".to_owned())];
    let context = Context::with_config(config).await?;
    let version = context.store.schema_version().await?;
    findings.push(well("database", format!("{address}, schema version {version}")));
    findings.push(disk(&data));
    findings.push(key_file(&context));
    let mut code = 0;
    for tenant in context.store.tenant_list().await? {
        let tenant = context.tenant(&tenant.slug).await?;
        let subject = format!("connection of {}", tenant.tenant.slug);
        if tenant.store.connection_active().await?.is_none() {
            findings.push(well(&subject, "none yet".to_owned()));
            continue;
        }
        match test(&context, &tenant).await {
            Ok(report) => {
                let is_well = exit_of(&report) == ExitCode::SUCCESS;
                code = if is_well { code } else { Exit::Person.number() };
                findings.push(Finding {
                    subject,
                    is_well,
                    text: if is_well {
                        format!("{} answers and every right is granted", report.url)
                    } else {
                        format!("see `almanac connection test --tenant {}`", tenant.tenant.slug)
                    },
                    detail: Some(serde_json::to_value(&report).expect("a report is plain data")),
                });
            }
            Err(failure) => {
                code = failure.exit().number();
                findings.push(Finding {
                    subject,
                    is_well: false,
                    text: failure.to_string(),
                    detail: None,
                });
            }
        }
    }
    context.close().await;
    if findings.iter().any(|finding| !finding.is_well) && code == 0 {
        code = Exit::Failed.number();
    }
    print(global, &findings)?;
    Ok(ExitCode::from(code))
}

fn well(subject: &str, text: String) -> Finding {
    Finding { subject: subject.to_owned(), is_well: true, text, detail: None }
}

/// Below this much free space a sync may not end well.
const FREE_BYTES_MIN: u64 = 1 << 30;

fn disk(data: &std::path::Path) -> Finding {
    let subject = "disk".to_owned();
    match rustix::fs::statvfs(data) {
        Ok(disk) => {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize);
            let is_well = free >= FREE_BYTES_MIN;
            let text = format!(
                "{} MiB free at {}{}",
                free >> 20,
                data.display(),
                if is_well { "" } else { "; STORE-032 is near: free some space" }
            );
            Finding { subject, is_well, text, detail: None }
        }
        Err(error) => Finding {
            subject,
            is_well: false,
            text: format!("{}: {error}; set --data", data.display()),
            detail: None,
        },
    }
}

fn key_file(context: &Context) -> Finding {
    use std::os::unix::fs::PermissionsExt;
    let path = &context.config.key_file;
    let subject = "key file".to_owned();
    match std::fs::metadata(path) {
        Ok(data) if data.permissions().mode() & 0o077 == 0 => {
            well("key file", format!("{}, readable by its owner only", path.display()))
        }
        Ok(_) => Finding {
            subject,
            is_well: false,
            text: format!("others may read it: chmod 600 {}", path.display()),
            detail: None,
        },
        Err(error) => Finding {
            subject,
            is_well: false,
            text: format!("KEY-040 {}: {error}; set --key-file", path.display()),
            detail: None,
        },
    }
}

fn print(global: &Global, findings: &[Finding]) -> Result<(), Failure> {
    if global.json {
        let findings: Vec<_> = findings
            .iter()
            .map(|finding| {
                json!({
                    "subject": finding.subject, "well": finding.is_well,
                    "text": finding.text, "detail": finding.detail,
                })
            })
            .collect();
        return output::json(&json!({ "findings": findings }));
    }
    for finding in findings {
        let mark = if finding.is_well { "well " } else { "MEND " };
        output::line(&format!("{mark} {}: {}", finding.subject, finding.text))?;
    }
    Ok(())
}
