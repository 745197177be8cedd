//! The front door, before there are pages.

use axum::response::Html;

/// Says that Almanac runs and where its work can be seen.
pub(crate) async fn get() -> Html<&'static str> {
    Html(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>Almanac</title></head>\
         <body><h1>Almanac is running</h1>\
         <p>Assets, syncs and their receipts are on the command line: \
         <code>almanac sync status</code>, <code>almanac records export</code>.</p>\
         </body></html>\n",
    )
}
