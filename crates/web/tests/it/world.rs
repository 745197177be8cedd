//! Two tenants in one store, a person for each role, and requests as a browser sends them.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use almanac_fleet::{FleetOptions, Fleets};
use almanac_model::chain::Target;
use almanac_model::id::RemoteId;
use almanac_model::money::Currency;
use almanac_model::role::Role;
use almanac_model::stream::Stream;
use almanac_store::testing::{Engine, START_MS, TestStore, fresh};
use almanac_store::{NewSession, NewUser, SessionLimits, User};
use almanac_testkit::{AssetSeed, SeededTenant, client};
use almanac_web::{
    AddressRefused, CallLimit, CallPlan, HowRead, PlannedCalls, UnderstoodAddress, WebOptions,
    WebState, router,
};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, StatusCode};
use secrecy::SecretString;
use sha2::{Digest, Sha256};
use tower::ServiceExt;

/// The set-up code of every world.
pub(crate) const SETUP_CODE: &str = "abcd-1234-ef56";

/// A store with two tenants behind a router.
pub(crate) struct World {
    /// The database, which goes with it.
    pub(crate) test: TestStore,
    pub(crate) acme: SeededTenant,
    pub(crate) other: SeededTenant,
    pub(crate) app: Router,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn location(&self) -> &str {
        self.headers.get("location").map_or("", |value| value.to_str().expect("addresses are text"))
    }

    /// The cookie that was set, as a browser sends it back.
    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        let all = self.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
        let mut mine = all.filter_map(|text| text.split(';').next());
        mine.rfind(|pair| pair.starts_with(&format!("{name}="))).map(str::to_owned)
    }
}

/// Reads addresses as the program does, as far as tests need it: mended, private ones refused.
fn understand_address(
    url: &str,
    auth_url: Option<&str>,
) -> Result<UnderstoodAddress, AddressRefused> {
    let host = url.trim().to_lowercase();
    let host = host.trim_start_matches("https://").trim_end_matches('/').trim_end_matches("/api");
    let is_private = |host: &str| host.is_empty() || host.starts_with("10.") || host == "localhost";
    let is_auth_url = auth_url.is_some_and(is_private);
    if is_private(host) || is_auth_url {
        let repair = "CONN-007: a private address is not allowed.".to_owned();
        return Err(AddressRefused { is_auth_url, repair });
    }
    let auth_url = auth_url.map(str::to_owned);
    Ok(UnderstoodAddress { base_url: format!("https://{host}"), auth_url })
}

/// A router over a store.
pub(crate) fn app(test: &TestStore) -> Router {
    let currency = Currency::new("GBP").expect("three letters");
    router(WebState {
        store: (**test).clone(),
        fleets: Arc::new(Fleets::new(FleetOptions::new(currency))),
        options: Arc::new(WebOptions {
            now_ms: || START_MS + 60_000,
            setup_code: Some(SecretString::from(SETUP_CODE)),
            has_styleguide: true,
            demo_hint: None,
            has_server_timing: false,
            is_behind_proxy: false,
            understand_address: Arc::new(understand_address),
            call_limits: Arc::new(|_| Some(CallLimit { calls: 700, share_percent: 40 })),
            call_planner: Arc::new(|_, _, now_ms| {
                Box::pin(async move {
                    let reads = vec![PlannedCalls {
                        stream: Stream::Assets,
                        how: HowRead::Whole,
                        calls: 18,
                        reason: "the last whole read is getting old".to_owned(),
                    }];
                    let begins_at = Some(now_ms + 40_000);
                    Ok(CallPlan { reads, calls: 18, left: Some(262), begins_at })
                })
            }),
            chains: almanac_testkit::chains(),
        }),
    })
}

/// A laptop that is due, a server without a date, and one client more.
pub(crate) fn assets() -> Vec<AssetSeed> {
    vec![
        AssetSeed::new("1201", "HP-LT-014", "11", "Laptop")
            .with(Target::PurchaseDate, "2019-06-10")
            .with(Target::SerialNumber, "PF2ABC14"),
        AssetSeed::new("1202", "HP-FS01", "11", "Server"),
        AssetSeed::new("1203", "OF-LT-001", "12", "Laptop")
            .with(Target::PurchaseDate, "2026-01-05"),
    ]
}

impl World {
    /// `None` where the engine is not at hand.
    pub(crate) async fn new(engine: Engine) -> Option<World> {
        let test = fresh(engine).await?;
        let mut acme = SeededTenant::new(&test, "acme").await;
        acme.scan(
            vec![client("11", "Harrow & Pike LLP"), client("12", "Ostler Freight")],
            &assets(),
        )
        .await;
        let mut other = SeededTenant::new(&test, "other").await;
        let hidden = AssetSeed::new("9901", "SECRET-PC", "99", "Laptop")
            .with(Target::PurchaseDate, "2019-01-01");
        other.scan(vec![client("99", "Hidden Client")], &[hidden]).await;
        let app = app(&test);
        Some(World { test, acme, other, app })
    }

    /// Somebody of a role, limited to clients or not, with a session: the cookie.
    pub(crate) async fn person(
        &self,
        tenant: &SeededTenant,
        role: Role,
        clients: Option<Vec<RemoteId>>,
    ) -> String {
        let limit = if clients.is_some() { "limited" } else { "all" };
        let new = NewUser {
            email: format!("{}-{limit}@{}.example", role.name(), tenant.tenant.slug),
            name: format!("{} of {}", role.title(), tenant.tenant.name),
            role,
            clients,
            password: SecretString::from("a long enough password"),
            actor: "a test".to_owned(),
            at_ms: START_MS,
        };
        let user = tenant.store.user_create(new).await.expect("a user can be made");
        self.session(tenant, &user).await
    }

    /// A session of a user: the cookie.
    pub(crate) async fn session(&self, tenant: &SeededTenant, user: &User) -> String {
        let token: String = Sha256::digest(user.email.as_bytes())
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let new = NewSession {
            user,
            token_sha256: Sha256::digest(&token).into(),
            address: "203.0.113.7",
            user_agent: "a test",
            limits: SessionLimits { idle_ms_max: 3_600_000, age_ms_max: 86_400_000 },
            at_ms: START_MS,
        };
        let session = tenant.store.session_create(new).await.expect("the database works");
        session.expect("the password is as it was");
        format!("__Host-almanac={}.{token}", tenant.tenant.id.0)
    }

    pub(crate) async fn get(&self, path: &str, cookie: &str) -> Answer {
        let request = Request::get(path).header("cookie", cookie).body(Body::empty());
        send(&self.app, request.expect("a request")).await
    }

    pub(crate) async fn post(&self, path: &str, cookie: &str, form: &str) -> Answer {
        let request = Request::post(path)
            .header("cookie", cookie)
            .header("host", "almanac.example")
            .header("origin", "https://almanac.example")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(form.to_owned()));
        send(&self.app, request.expect("a request")).await
    }
}

/// One request as a connection would bring it.
pub(crate) async fn send(app: &Router, mut request: Request<Body>) -> Answer {
    let peer = SocketAddr::from((Ipv4Addr::new(203, 0, 113, 7), 40_000));
    request.extensions_mut().insert(ConnectInfo(peer));
    let response = app.clone().oneshot(request).await.expect("a router always answers");
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, 64 << 20).await.expect("a body that is there");
    let body = String::from_utf8_lossy(&body).into_owned();
    Answer { status: parts.status, headers: parts.headers, body }
}
