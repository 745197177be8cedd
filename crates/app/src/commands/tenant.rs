//! `almanac tenant`.

use std::process::ExitCode;

use almanac_store::NewTenant;
use serde_json::json;

use crate::cli::{Global, TenantCommand};
use crate::clock;
use crate::config::read_secret;
use crate::context::Context;
use crate::failure::Failure;
use crate::output;
use crate::table::Table;

/// Makes a tenant, or lists them.
pub(super) async fn run(global: &Global, command: TenantCommand) -> Result<ExitCode, Failure> {
    let context = Context::open(global).await?;
    match command {
        TenantCommand::Create { name, owner_email, owner_password_file } => {
            let tenant = context
                .store
                .tenant_create(NewTenant {
                    name,
                    owner_email,
                    owner_name: String::new(),
                    owner_password: read_secret(&owner_password_file)?,
                    at_ms: clock::now_ms(),
                })
                .await?;
            if global.json {
                output::json(
                    &json!({ "id": tenant.id, "slug": tenant.slug, "name": tenant.name }),
                )?;
            } else {
                output::line(&tenant.slug)?;
            }
        }
        TenantCommand::List => list(global, &context).await?,
    }
    context.close().await;
    Ok(ExitCode::SUCCESS)
}

async fn list(global: &Global, context: &Context) -> Result<(), Failure> {
    let tenants = context.store.tenant_list().await?;
    if global.json {
        let tenants: Vec<_> = tenants
            .iter()
            .map(|tenant| json!({ "id": tenant.id, "slug": tenant.slug, "name": tenant.name }))
            .collect();
        return output::json(&tenants);
    }
    let mut table = Table::new(&["slug", "name"]);
    for tenant in tenants {
        table.row(vec![tenant.slug, tenant.name]);
    }
    output::line(table.render().trim_end())
}
