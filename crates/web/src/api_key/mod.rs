//! API keys: a person makes one, sees when each was last used, revokes it; who manages users sees
//! and revokes everybody's (`everyone.rs`).
//!
//! A key is shown once, in the answer to the form that makes it: what is kept is its hash. The
//! form carries a request key, so that loading that answer again makes no second key.

mod everyone;
mod view;

use almanac_model::role::Permission;
use almanac_store::{ApiKey, ApiScope, NewApiKey, RequestKeyTake};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use uuid::Uuid;

use self::view::{ApiKeysView, KeyLine};
use crate::error::{WebError, see_other};
use crate::extract::{Allowed, Faults, Form, needs, new_api_key};
use crate::flash::said;
use crate::page::Chrome;
use crate::places::{ApiKeys, EveryApiKey};
use crate::route::{Access, Route, Routes, routes};
use crate::state::WebState;

/// The area's pages in the states that matter.
#[cfg(test)]
pub(crate) fn samples() -> Vec<(&'static str, maud::Markup)> {
    [view::samples(), everyone::samples()].concat()
}

/// More keys than any person has programs.
const KEYS_MAX: usize = 50;

/// As the store allows.
const NAME_CHARS_MAX: usize = 100;

routes! {
    /// Makes a key useless.
    ApiKeyRevoke { key: Uuid } => "/account/api-keys/{key}/revoke";
}

/// The area's routes.
pub(crate) fn routes(routes: Routes) -> Routes {
    let access = Access::Needs(Permission::UseApi);
    let manage = Access::Needs(Permission::ManageUsers);
    routes
        .get::<ApiKeys, _, _>(access, get)
        .post::<ApiKeys, _, _>(access, create)
        .post::<ApiKeyRevoke, _, _>(access, revoke)
        .get::<EveryApiKey, _, _>(manage, everyone::get)
        .post::<everyone::AnyApiKeyRevoke, _, _>(manage, everyone::revoke)
}

type Visitor = Allowed<needs::UseApi>;

#[derive(Debug, Default, Deserialize)]
struct KeyForm {
    #[serde(default)]
    name: String,
    #[serde(default)]
    may: String,
    #[serde(default)]
    request_key: String,
}

impl KeyForm {
    /// What the key may be used for: reading, or reading and writing.
    fn scopes(&self) -> Result<Vec<ApiScope>, &'static str> {
        match self.may.as_str() {
            "read" => Ok(vec![ApiScope::Read]),
            "write" => Ok(ApiScope::ALL.to_vec()),
            _ => Err("Choose what the key may do."),
        }
    }

    fn name(&self) -> Result<String, &'static str> {
        let name = self.name.trim();
        let is_good = !name.is_empty()
            && name.chars().count() <= NAME_CHARS_MAX
            && !name.contains(char::is_control);
        is_good
            .then(|| name.to_owned())
            .ok_or("Name the program that uses it, in up to 100 letters.")
    }
}

async fn get(
    visitor: Visitor,
    chrome: Chrome,
    State(web): State<WebState>,
) -> Result<Response, WebError> {
    let keys = visitor.store.api_key_list(Some(visitor.signed_in.user.id)).await?;
    let form = KeyForm { may: "read".to_owned(), ..KeyForm::default() };
    Ok(view(&keys, &form, Faults::default(), &web).page(&chrome).into_response())
}

fn view(keys: &[ApiKey], form: &KeyForm, faults: Faults, web: &WebState) -> ApiKeysView {
    ApiKeysView {
        keys: keys.iter().map(|key| KeyLine::new(key, web.now_ms())).collect(),
        made: None,
        name: form.name.clone(),
        may: form.may.clone(),
        request_key: Uuid::new_v4().to_string(),
        faults,
    }
}

async fn create(
    visitor: Visitor,
    chrome: Chrome,
    State(web): State<WebState>,
    Form(form): Form<KeyForm>,
) -> Result<Response, WebError> {
    let user = visitor.signed_in.user.id;
    let keys = visitor.store.api_key_list(Some(user)).await?;
    let mut faults = Faults::default();
    let name = faults.check("name", form.name());
    let scopes = faults.check("may", form.scopes());
    if keys.iter().filter(|key| key.revoked_at.is_none()).count() >= KEYS_MAX {
        faults.add("name", "You have 50 keys. Revoke one that no program uses any more.");
    }
    if form.request_key.parse::<Uuid>().is_err() {
        faults.add("name", "The form was cut short. Send it again.");
    }
    let (Some(name), Some(scopes), true) = (name, scopes, faults.is_empty()) else {
        let page = view(&keys, &form, faults, &web).page(&chrome);
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    };
    let here = ApiKeys {}.url();
    let take = visitor.store.request_key_take(user, &form.request_key, web.now_ms()).await?;
    if take != RequestKeyTake::Taken {
        let text =
            "This key was made already and is shown only once. Make another one if it is lost.";
        return Ok(said(see_other(&here), text));
    }
    let (secret, secret_sha256) = new_api_key(visitor.store.id());
    let by = visitor.by(&web);
    let new = NewApiKey { user, name: &name, scopes: &scopes, secret_sha256, by };
    let made = visitor.store.api_key_create(new).await;
    if !matches!(made, Ok(Some(_))) {
        visitor.store.request_key_release(user, &form.request_key).await?;
        made?.ok_or(WebError::NotFound)?;
    }
    visitor.store.request_key_done(user, &form.request_key, &here).await?;
    let keys = visitor.store.api_key_list(Some(user)).await?;
    let form = KeyForm { may: "read".to_owned(), ..KeyForm::default() };
    let mut view = view(&keys, &form, Faults::default(), &web);
    view.made = Some((name, secret));
    Ok(view.page(&chrome).into_response())
}

async fn revoke(
    visitor: Visitor,
    State(web): State<WebState>,
    Path(route): Path<ApiKeyRevoke>,
) -> Result<Response, WebError> {
    let user = visitor.signed_in.user.id;
    if !visitor.store.api_key_revoke(user, route.key, visitor.by(&web)).await? {
        return Err(WebError::NotFound);
    }
    Ok(said(see_other(&ApiKeys {}.url()), "The key is revoked. Nothing can use it any more."))
}
