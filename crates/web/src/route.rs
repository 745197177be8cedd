//! Addresses as types, and the list of every route.
//!
//! No address is written as text anywhere else: a page links to a value of one of these types.
//! [`Routes`] keeps what was mounted and what each needs, so that a test can call every route
//! without a session, with another tenant's and with too few rights, and none can be forgotten.

use std::fmt::Write;

use almanac_model::role::Permission;
use axum::Router;
use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodFilter, on};

use crate::state::WebState;

/// An address of the product.
pub(crate) trait Route {
    /// The pattern that the router matches, such as `/clients/{client}`.
    const PATH: &'static str;

    /// The address with its parts filled in, each encoded.
    fn url(&self) -> String;
}

/// What a route asks of who calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Nothing.
    Public,
    /// A session, whatever its role.
    SignedIn,
    /// A session, or an API key, whose user has this permission.
    Needs(Permission),
}

/// One mounted route.
#[derive(Debug, Clone)]
pub struct RouteEntry {
    /// The method.
    pub method: Method,
    /// The pattern.
    pub path: &'static str,
    /// What it asks.
    pub access: Access,
}

/// The router under construction, with the list of what it holds.
#[derive(Default)]
pub(crate) struct Routes {
    router: Router<WebState>,
    list: Vec<RouteEntry>,
}

impl Routes {
    /// Mounts a page or a fragment.
    pub(crate) fn get<R, H, T>(self, access: Access, handler: H) -> Self
    where
        R: Route,
        H: Handler<T, WebState>,
        T: 'static,
    {
        self.add::<R, H, T>(Method::GET, MethodFilter::GET, access, handler)
    }

    /// Mounts what changes something.
    pub(crate) fn post<R, H, T>(self, access: Access, handler: H) -> Self
    where
        R: Route,
        H: Handler<T, WebState>,
        T: 'static,
    {
        self.add::<R, H, T>(Method::POST, MethodFilter::POST, access, handler)
    }

    fn add<R, H, T>(
        mut self,
        method: Method,
        filter: MethodFilter,
        access: Access,
        handler: H,
    ) -> Self
    where
        R: Route,
        H: Handler<T, WebState>,
        T: 'static,
    {
        self.list.push(RouteEntry { method, path: R::PATH, access });
        self.router = self.router.route(R::PATH, on(filter, handler));
        self
    }

    /// Mounts what an area offers.
    pub(crate) fn area(self, area: impl FnOnce(Routes) -> Routes) -> Self {
        area(self)
    }

    /// The router, and everything in it.
    pub(crate) fn finish(self) -> (Router<WebState>, Vec<RouteEntry>) {
        (self.router, self.list)
    }
}

/// Appends a part of a path, encoded so that it stays one part whatever it holds.
pub(crate) fn push_part(url: &mut String, part: &str) {
    const KEPT: &percent_encoding::AsciiSet =
        &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'~');
    url.extend(percent_encoding::utf8_percent_encode(part, KEPT));
}

/// Writes a value of a path's part, piece by piece as it comes.
struct Part<'a>(&'a mut String);

impl Write for Part<'_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        push_part(self.0, text);
        Ok(())
    }
}

/// Fills the parts of a pattern by name.
pub(crate) fn fill(pattern: &str, parts: &[(&str, &dyn std::fmt::Display)]) -> String {
    let mut url = String::with_capacity(pattern.len() + 16);
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('{') {
        url.push_str(before);
        let (name, after) = after.split_once('}').expect("patterns close what they open");
        let part = parts.iter().find(|(known, _)| *known == name);
        let (_, value) = part.expect("every part of a pattern is a field of its type");
        write!(Part(&mut url), "{value}").expect("a String takes every write");
        rest = after;
    }
    url.push_str(rest);
    url
}

/// Declares addresses: a type for each, its pattern, and the fields that fill it.
macro_rules! routes {
    ($($(#[$doc:meta])* $name:ident $({ $($field:ident: $type:ty),* $(,)? })? => $path:literal;)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
            pub(crate) struct $name { $($(pub(crate) $field: $type),*)? }

            impl $crate::route::Route for $name {
                const PATH: &'static str = $path;
                fn url(&self) -> String {
                    $crate::route::fill($path, &[$($((stringify!($field), &self.$field)),*)?])
                }
            }
        )*
    };
}
pub(crate) use routes;

#[cfg(test)]
mod tests {
    use super::*;

    routes! {
        /// A page of a thing.
        Thing { thing: String } => "/things/{thing}/page";
        /// A page without parts.
        Plain {} => "/plain";
    }

    #[test]
    fn parts_are_encoded_so_that_they_stay_one_part() {
        let hostile = Thing { thing: "../a b?c#d/\u{e9}".to_owned() };
        assert_eq!(hostile.url(), "/things/%2E%2E%2Fa%20b%3Fc%23d%2F%C3%A9/page");
        assert_eq!(Plain {}.url(), "/plain");
    }
}
