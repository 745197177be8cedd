//! Prints the description of the JSON API: `cargo xtask docs` keeps it in `docs/openapi.json`.

use std::io::Write as _;

fn main() -> std::io::Result<()> {
    std::io::stdout().write_all(almanac_web::openapi_json().as_bytes())
}
