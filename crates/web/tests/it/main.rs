//! The whole router on a real store: requests in, answers and the store seen afterwards.

mod api;
mod api_key;
mod asset;
mod asset_table;
mod bulk;
mod connection;
mod forms;
mod hostile;
mod hostile_world;
mod kept;
mod routes;
mod rules;
mod session;
mod sync;
mod users;
mod webhook;
mod world;
mod write_back;
