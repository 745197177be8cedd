//! A stream on hold, as it is told above every page that shows its data.

use almanac_model::code::Code;
use almanac_model::stream::Stream;
use almanac_store::StreamPulse;
use jiff::tz::TimeZone;

use crate::components::banner::{Banner, Level};
use crate::components::button::{Button, link_button};
use crate::components::format;
use crate::halo_words::stream_title;
use crate::places;
use crate::route::Route;

/// What pages about clients and their assets are made of.
pub(crate) const SHOWN_OF_ASSETS: [Stream; 5] =
    [Stream::Clients, Stream::Sites, Stream::AssetTypes, Stream::AssetStatuses, Stream::Assets];

/// A stream on hold.
pub(crate) struct Hold {
    title: String,
    text: String,
    /// What passes needs nobody.
    hint: Option<&'static str>,
    level: Level,
}

impl Hold {
    /// `None` for a stream that is not held.
    pub(crate) fn of(pulse: &StreamPulse, now_ms: i64) -> Option<Hold> {
        pulse.held_code.as_ref()?;
        let name = stream_title(pulse.stream);
        let since = pulse.held_since.filter(|at| *at > 0).map_or_else(String::new, |at| {
            format!(" {}", format::lasting(at, now_ms, &TimeZone::UTC))
        });
        let shown = pulse.last_scan_at.map_or_else(
            || " What is missing here was never read.".to_owned(),
            |at| format!(" Pages show what was read {}.", format::ago(at, now_ms, &TimeZone::UTC)),
        );
        let found = pulse.held_text.as_deref().unwrap_or_default();
        let code = pulse.held_code.as_deref().unwrap_or_default();
        let does_pass = Code::heals_by_itself(code);
        let title = match () {
            () if code == Code::CONN_UNREACHABLE.code => format!("Halo has not answered{since}."),
            () if does_pass => format!("{name}: not read to the end{since}."),
            () => format!("{name} are on hold{since}."),
        };
        let hint = does_pass.then_some("It is tried again by itself.");
        let level = if does_pass { Level::Warning } else { Level::Halt };
        Some(Hold { title, text: format!("{found}{shown}"), hint, level })
    }

    /// Whether it needs nobody.
    pub(crate) fn does_pass(&self) -> bool {
        self.level == Level::Warning
    }

    /// Above the page; whoever may see the sync page is led to it.
    pub(crate) fn banner(&self, may_look: bool) -> Banner<'_> {
        let look = Button { is_small: true, ..Button::new("See what to do") };
        Banner {
            level: self.level,
            title: &self.title,
            text: &self.text,
            hint: self.hint,
            actions: may_look.then(|| link_button(&look, &places::Sync {}.url())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hold_says_since_when_why_and_what_is_shown() {
        let pulse = StreamPulse {
            stream: Stream::Assets,
            last_scan_at: Some(0),
            held_code: Some("SYNC-010".to_owned()),
            held_text: Some("Halo returned 35 of 96 records.".to_owned()),
            held_since: Some(60_000),
            has_open_scan: false,
            bad: 0,
        };
        let hold = Hold::of(&pulse, 180_000).expect("it is held");
        assert_eq!(hold.title, "Assets are on hold for 2 min.");
        assert_eq!(
            hold.text,
            "Halo returned 35 of 96 records. Pages show what was read 3 min ago."
        );
        let away = Some("CONN-001".to_owned());
        let away = Hold::of(&StreamPulse { held_code: away, ..pulse.clone() }, 180_000);
        let away = away.expect("it is held");
        assert_eq!(away.title, "Halo has not answered for 2 min.");
        assert_eq!(away.banner(true).hint, Some("It is tried again by itself."));
        assert!(Hold::of(&StreamPulse { held_code: None, ..pulse }, 180_000).is_none());
    }
}
