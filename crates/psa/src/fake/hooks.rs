//! The fake's side of webhooks: one row for each, which a test can change behind our back.

use secrecy::ExposeSecret;

use super::FakeConnector;
use crate::error::PsaError;
use crate::hooks::{HookFound, HookKeeper, HookWanted};

/// A webhook at the fake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FakeHook {
    /// What the fake calls it.
    pub id: String,
    /// Where it delivers.
    pub url: String,
    /// What it signs with.
    pub secret: String,
    /// Whether it delivers.
    pub is_active: bool,
}

impl FakeConnector {
    /// The webhooks as they are.
    pub fn hooks(&self) -> Vec<FakeHook> {
        self.lock().hooks.clone()
    }

    /// Changes the webhooks, as somebody else may.
    pub fn change_hooks(&self, change: impl FnOnce(&mut Vec<FakeHook>)) {
        change(&mut self.lock().hooks);
    }

    fn hook_call(&self) -> Result<(), PsaError> {
        let mut state = self.lock();
        state.begin_call()?;
        if state.switches.forbids_hooks {
            return Err(PsaError::Forbidden { path: "/hooks".to_owned(), status: 401 });
        }
        Ok(())
    }
}

impl HookKeeper for FakeConnector {
    async fn hook_register(&self, wanted: &HookWanted) -> Result<String, PsaError> {
        self.hook_call()?;
        let mut state = self.lock();
        let made = state.hooks.len() + 1;
        let is_own =
            |hook: &FakeHook| Some(&hook.id) == wanted.id.as_ref() || hook.url == wanted.url;
        let known = state.hooks.iter().position(is_own);
        let id = known.map_or_else(|| format!("hook-{made}"), |at| state.hooks[at].id.clone());
        let secret = wanted.secret.expose_secret().to_owned();
        let hook = FakeHook { id: id.clone(), url: wanted.url.clone(), secret, is_active: true };
        match known {
            Some(at) => state.hooks[at] = hook,
            None => state.hooks.push(hook),
        }
        Ok(id)
    }

    async fn hook_find(&self, id: Option<&str>, url: &str) -> Result<Option<HookFound>, PsaError> {
        self.hook_call()?;
        let hooks = self.hooks();
        let found = hooks.iter().find(|hook| Some(hook.id.as_str()) == id || hook.url == url);
        Ok(found.map(|hook| HookFound {
            id: hook.id.clone(),
            is_active: hook.is_active,
            differs: (hook.url != url).then(|| format!("its address is {}", hook.url)),
        }))
    }

    async fn hook_remove(&self, id: Option<&str>, url: &str) -> Result<(), PsaError> {
        self.hook_call()?;
        self.lock().hooks.retain(|hook| Some(hook.id.as_str()) != id && hook.url != url);
        Ok(())
    }
}
