//! The places that every page links to: the side bar, the search, the settings.
//!
//! Each is mounted by its area; the addresses stand here because the frame of every page needs
//! them and no area imports another.

use crate::route::routes;

routes! {
    /// The portfolio.
    Portfolio {} => "/";
    /// Every client.
    Clients {} => "/clients";
    /// Every client's assets.
    Assets {} => "/assets";
    /// Kinds, policies, classes and grading rules.
    Rules {} => "/settings/rules";
    /// Finds clients, assets and pages.
    Search {} => "/search";
    /// What was read from Halo, and how it went.
    Sync {} => "/sync";
    /// Asks for a sync now.
    SyncNow {} => "/sync/now";
    /// What is written to Halo, and who approved it.
    WriteBack {} => "/write-back";
    /// The connection to Halo.
    Connection {} => "/connection";
    /// The account of the person who asks.
    Account {} => "/account";
    /// The API keys of the person who asks.
    ApiKeys {} => "/account/api-keys";
    /// What the MSP decided.
    Settings {} => "/settings";
    /// A client in one look.
    Client { client: String } => "/clients/{client}";
    /// A client's assets.
    ClientAssets { client: String } => "/clients/{client}/assets";
    /// Everything of one asset.
    Asset { asset: String } => "/assets/{asset}";
    /// Why an asset has its grade.
    AssetWhy { asset: String } => "/assets/{asset}/why";
    /// A table of assets as comma-separated values.
    ExportCsv {} => "/export/assets.csv";
    /// A table of assets as a workbook.
    ExportXlsx {} => "/export/assets.xlsx";
    /// Keeps which columns a table has.
    Columns { table: String } => "/columns/{table}";
    /// What a decision about many assets would do.
    BulkPreview {} => "/bulk-edits/preview";
    /// What a decision about many assets did.
    BulkPage { bulk: uuid::Uuid } => "/bulk-edits/{bulk}";
    /// Takes a decision about many assets back.
    BulkUndo { bulk: uuid::Uuid } => "/bulk-edits/{bulk}/undo";
    /// Every user.
    Users {} => "/settings/users";
    /// One user.
    UserPage { user: uuid::Uuid } => "/settings/users/{user}";
    /// Everybody's API keys.
    EveryApiKey {} => "/settings/api-keys";
}
