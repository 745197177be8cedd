//! The permission that a handler needs, as the type of its argument.

use std::marker::PhantomData;
use std::ops::Deref;

use almanac_model::id::RemoteId;
use almanac_model::role::Permission;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::visitor::Visitor;
use crate::error::WebError;
use crate::state::WebState;

/// A permission as a type.
pub(crate) trait Needs {
    /// The permission.
    const PERMISSION: Permission;
}

/// Each permission as a type, for [`Allowed`].
pub(crate) mod needs {
    use super::{Needs, Permission};

    macro_rules! needs {
        ($($name:ident)*) => {
            $(
                /// The permission of the same name.
                pub(crate) struct $name;
                impl Needs for $name {
                    const PERMISSION: Permission = Permission::$name;
                }
            )*
        };
    }

    needs! {
        ViewClients EditAssets ExportData EditRules ViewSync RunSync WriteBack
        ManageConnection ManageUsers ManageSettings UseApi ViewAudit
    }
}

/// A visitor who has the permission.
pub(crate) struct Allowed<N> {
    visitor: Visitor,
    needs: PhantomData<fn() -> N>,
}

impl<N> Deref for Allowed<N> {
    type Target = Visitor;

    fn deref(&self) -> &Visitor {
        &self.visitor
    }
}

impl Visitor {
    /// Whether the visitor has a permission.
    pub(crate) fn may(&self, permission: Permission) -> bool {
        self.signed_in.user.allows(permission)
    }

    /// Whether the visitor may know of a client. Staff can be limited to some.
    pub(crate) fn may_see(&self, client: Option<&RemoteId>) -> bool {
        let user = &self.signed_in.user;
        user.clients.is_none() || client.is_some_and(|client| user.sees(client))
    }
}

impl<N: Needs> FromRequestParts<WebState> for Allowed<N> {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, web: &WebState) -> Result<Self, WebError> {
        let visitor = Visitor::from_request_parts(parts, web).await?;
        if !visitor.may(N::PERMISSION) {
            return Err(WebError::Forbidden(N::PERMISSION));
        }
        Ok(Allowed { visitor, needs: PhantomData })
    }
}
