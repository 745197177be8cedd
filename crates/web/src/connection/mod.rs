//! The connection page: address and credentials, the test of them, and what to tick in Halo.
//!
//! Nothing here calls Halo. A test is asked for and its job leaves the result, which the page reads
//! again until it is there. The secret goes one way: no answer of this area holds it.

mod areas;
mod form;
mod guide;
mod hooks;
mod outcome;
mod probing;
mod view;

#[cfg(test)]
mod samples;

use almanac_model::probe::ProbeResult;
use almanac_model::role::Permission;
use almanac_store::{Connection as Stored, NewConnection, Probe, ReadBy, StoreError};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use secrecy::SecretString;
use url::Url;

use self::form::{Checked, ConnectionForm};
use self::hooks::{HookForm, HooksState, HooksView};
use self::probing::{Probing, ProbingView};
use self::view::{ConnectionView, Moving};
use crate::error::{WebError, see_other};
use crate::extract::{Allowed, Faults, Form, needs};
use crate::flash::said;
use crate::page::Chrome;
use crate::places::Connection;
use crate::route::{Access, Route, Routes, routes};
use crate::state::WebState;

pub(crate) use self::hooks::sentence as webhook_sentence;
#[cfg(test)]
pub(crate) use self::samples::samples;

routes! {
    /// Tests the connection; as a part of the page, how far the test is.
    ConnectionTest {} => "/connection/test";
    /// Registers the webhook in Halo.
    ConnectionWebhook {} => "/connection/webhook";
    /// Removes it there.
    ConnectionWebhookRemove {} => "/connection/webhook/remove";
}

type Visiting = Allowed<needs::ManageConnection>;

/// The area's routes.
pub(crate) fn routes(routes: Routes) -> Routes {
    let manage = Access::Needs(Permission::ManageConnection);
    routes
        .get::<Connection, _, _>(manage, get)
        .post::<Connection, _, _>(manage, post)
        .get::<ConnectionTest, _, _>(manage, test_part)
        .post::<ConnectionTest, _, _>(manage, test)
        .post::<ConnectionWebhook, _, _>(manage, webhook)
        .post::<ConnectionWebhookRemove, _, _>(manage, webhook_remove)
}

async fn get(
    visitor: Visiting,
    chrome: Chrome,
    State(web): State<WebState>,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    let stored = visitor.store.connection_active().await?;
    let form = stored.as_ref().map(ConnectionForm::of).unwrap_or_default();
    let view = view(&visitor, (&web, &headers), stored.as_ref(), form).await?;
    Ok(view.page(&chrome).into_response())
}

async fn view(
    visitor: &Visiting,
    (web, headers): (&WebState, &HeaderMap),
    stored: Option<&Stored>,
    form: ConnectionForm,
) -> Result<ConnectionView, WebError> {
    let (mut probing, mut hosts, mut hooks) = (None, Vec::new(), None);
    if let Some(stored) = stored {
        let webhook = visitor.store.webhook(stored.id).await?;
        hooks = Some(HooksView {
            state: HooksState::new(webhook.as_ref(), web.now_ms()),
            base_url: webhook.map_or_else(|| hooks::guess(headers), |webhook| webhook.base_url),
            faults: Faults::default(),
        });
        let probe = visitor.store.probe_latest(stored.id).await?;
        hosts = called_hosts(stored, probe.as_ref());
        probing = Some(probing_view(visitor, web, stored, probe.as_ref()).await?);
    }
    Ok(ConnectionView {
        stored_url: stored.map(|stored| stored.base_url.clone()),
        form,
        faults: Faults::default(),
        moving: None,
        probing,
        hosts,
        hooks,
    })
}

async fn probing_view(
    visitor: &Visiting,
    web: &WebState,
    stored: &Stored,
    probe: Option<&Probe>,
) -> Result<ProbingView, WebError> {
    let states = visitor.store.stream_state_list(stored.id).await?;
    Ok(ProbingView {
        probing: Probing::new(probe, stored, web.now_ms()),
        is_first: states.iter().all(|state| state.last_scan_at.is_none()),
        may_run: visitor.may(Permission::RunSync),
    })
}

/// The hosts that are called: Halo's, and where its tokens come from.
fn called_hosts(stored: &Stored, probe: Option<&Probe>) -> Vec<String> {
    let token_url = match probe.and_then(|probe| probe.result.as_ref()) {
        Some(ProbeResult::Report(report)) => Some(report.token_url.as_str()),
        _ => None,
    };
    let urls = [Some(stored.base_url.as_str()), stored.auth_url.as_deref(), token_url];
    let host = |url: &str| Url::parse(url).ok()?.host_str().map(str::to_owned);
    let mut hosts: Vec<String> = urls.into_iter().flatten().filter_map(host).collect();
    hosts.sort_unstable();
    hosts.dedup();
    hosts
}

async fn post(
    visitor: Visiting,
    chrome: Chrome,
    State(web): State<WebState>,
    headers: HeaderMap,
    Form(form): Form<ConnectionForm>,
) -> Result<Response, WebError> {
    let stored = visitor.store.connection_active().await?;
    let checked = match form.check(stored.as_ref(), &web.options.understand_address) {
        Ok(checked) => checked,
        Err(faults) => {
            let view = view(&visitor, (&web, &headers), stored.as_ref(), form).await?;
            let view = ConnectionView { faults, ..view };
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, view.page(&chrome)).into_response());
        }
    };
    let new = checked.base_url.clone();
    match store(&visitor, &web, stored.as_ref(), checked, form.is_moved).await {
        Ok(connection) => {
            ask(&visitor, &web, &connection).await?;
            let text = format!("Stored. Halo is at {new}; the test is asked for.");
            Ok(said(see_other(&Connection {}.url()), &text))
        }
        Err(WebError::Store(StoreError::OtherPsa { kept })) => {
            let view = view(&visitor, (&web, &headers), stored.as_ref(), form).await?;
            let view = ConnectionView { moving: Some(Moving { kept, new }), ..view };
            Ok((StatusCode::UNPROCESSABLE_ENTITY, view.page(&chrome)).into_response())
        }
        Err(error) => Err(error),
    }
}

async fn store(
    visitor: &Visiting,
    web: &WebState,
    stored: Option<&Stored>,
    checked: Checked,
    is_moved: bool,
) -> Result<Stored, WebError> {
    let actor = visitor.signed_in.user.email.clone();
    let client_secret = match (checked.secret, stored) {
        (Some(secret), _) => secret,
        (None, stored) => kept_secret(visitor, web, stored).await?,
    };
    let new = NewConnection {
        base_url: checked.base_url,
        auth_url: checked.auth_url,
        psa_tenant: checked.psa_tenant,
        oauth_client_id: checked.oauth_client_id,
        client_secret,
        at_ms: web.now_ms(),
        actor,
    };
    Ok(if is_moved {
        visitor.store.connection_set(new).await?
    } else {
        visitor.store.connection_set_same(new).await?
    })
}

/// The secret that is stored, for a form that left it empty.
async fn kept_secret(
    visitor: &Visiting,
    web: &WebState,
    stored: Option<&Stored>,
) -> Result<SecretString, WebError> {
    let stored = stored.ok_or(WebError::NotFound)?;
    let by = ReadBy { actor: &visitor.signed_in.user.email, at_ms: web.now_ms() };
    visitor.store.connection_secret(stored.id, by).await?.ok_or(WebError::NotFound)
}

async fn ask(visitor: &Visiting, web: &WebState, stored: &Stored) -> Result<(), WebError> {
    let by = visitor.author();
    visitor.store.probe_ask(stored.id, &by, web.now_ms()).await?;
    Ok(())
}

async fn test_part(visitor: Visiting, State(web): State<WebState>) -> Result<Response, WebError> {
    let stored = visitor.store.connection_active().await?;
    let Some(stored) = stored else { return Ok(maud::Markup::default().into_response()) };
    let probe = visitor.store.probe_latest(stored.id).await?;
    Ok(probing_view(&visitor, &web, &stored, probe.as_ref()).await?.inside().into_response())
}

async fn test(visitor: Visiting, State(web): State<WebState>) -> Result<Response, WebError> {
    let back = see_other(&Connection {}.url());
    let Some(stored) = visitor.store.connection_active().await? else {
        return Ok(said(back, "There is no connection to test yet."));
    };
    ask(&visitor, &web, &stored).await?;
    Ok(said(back, "The test is asked for."))
}

async fn webhook(
    visitor: Visiting,
    chrome: Chrome,
    State(web): State<WebState>,
    headers: HeaderMap,
    Form(form): Form<HookForm>,
) -> Result<Response, WebError> {
    let back = see_other(&format!("{}#webhooks", Connection {}.url()));
    let Some(stored) = visitor.store.connection_active().await? else {
        return Ok(said(back, "There is no connection to Halo yet."));
    };
    match form.check() {
        Ok(base_url) => {
            let by = visitor.author();
            visitor.store.webhook_ask(stored.id, &base_url, &by, web.now_ms()).await?;
            Ok(said(back, "The webhook is being registered in Halo."))
        }
        Err(faults) => {
            let own = ConnectionForm::of(&stored);
            let view = view(&visitor, (&web, &headers), Some(&stored), own).await?;
            let base_url = form.base_url;
            let hooks = view.hooks.map(|hooks| HooksView { base_url, faults, ..hooks });
            let view = ConnectionView { hooks, ..view };
            Ok((StatusCode::UNPROCESSABLE_ENTITY, view.page(&chrome)).into_response())
        }
    }
}

async fn webhook_remove(
    visitor: Visiting,
    State(web): State<WebState>,
) -> Result<Response, WebError> {
    let back = see_other(&format!("{}#webhooks", Connection {}.url()));
    let Some(stored) = visitor.store.connection_active().await? else {
        return Ok(said(back, "There is no connection to Halo yet."));
    };
    visitor.store.webhook_unask(stored.id, &visitor.author(), web.now_ms()).await?;
    Ok(said(back, "The webhook is being removed from Halo."))
}
