//! What people call the streams: Halo's own words for Halo's things, in sentence case.

use almanac_model::stream::Stream;

/// A stream's name on a page, such as "Asset types".
pub(crate) fn stream_title(stream: Stream) -> &'static str {
    match stream {
        Stream::ClientTypes => "Customer types",
        Stream::Clients => "Customers",
        Stream::Sites => "Sites",
        Stream::Contacts => "Contacts",
        Stream::Agents => "Agents",
        Stream::Teams => "Teams",
        Stream::AssetTypes => "Asset types",
        Stream::AssetStatuses => "Asset statuses",
        Stream::Assets => "Assets",
        Stream::TicketStatuses => "Statuses",
        Stream::TicketTypes => "Ticket types",
        Stream::Priorities => "Priorities",
        Stream::Categories => "Categories",
        Stream::Workflows => "Workflows",
        Stream::Tickets => "Tickets",
        Stream::TicketActions => "Actions",
        Stream::Opportunities => "Opportunities",
        Stream::Projects => "Projects",
        Stream::Contracts => "Contracts",
        Stream::Invoices => "Invoices",
    }
}

/// The title of a stream that is known by its public name; the name itself for one of a later
/// version.
pub(crate) fn title_of(name: &str) -> &str {
    match name.parse() {
        Ok(stream) => stream_title(stream),
        Err(_) => name,
    }
}
