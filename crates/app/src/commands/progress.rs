//! Progress bars on a terminal; nothing where standard error is not one.

use std::io::IsTerminal;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use almanac_sync::{Progress, ProgressEvent, Quiet};
use indicatif::{ProgressBar, ProgressStyle};

/// Somebody to watch a run: a bar per stream on a terminal, else nobody.
pub(super) fn watcher() -> Arc<dyn Progress> {
    if std::io::stderr().is_terminal() {
        Arc::new(Bars { current: Mutex::new(None) })
    } else {
        Arc::new(Quiet)
    }
}

/// One bar at a time; ended ones stay on the screen.
struct Bars {
    current: Mutex<Option<ProgressBar>>,
}

impl Progress for Bars {
    fn report(&self, event: ProgressEvent) {
        let Ok(mut current) = self.current.lock() else { return };
        match event {
            ProgressEvent::StreamStarted { stream, is_resumed } => {
                let line = ProgressBar::new_spinner().with_style(counting());
                line.set_prefix(stream.name());
                line.set_message(if is_resumed { "going on where it stopped" } else { "" });
                line.enable_steady_tick(Duration::from_millis(120));
                *current = Some(line);
            }
            ProgressEvent::PageCommitted { read, claimed, pass, .. } => {
                let Some(line) = current.as_ref() else { return };
                if let Some(claimed) = claimed.filter(|claimed| *claimed >= read)
                    && line.length() != Some(claimed)
                {
                    line.set_style(measured());
                    line.set_length(claimed);
                }
                if pass > 1 {
                    line.set_message(format!("rows moved; reading again ({pass})"));
                }
                line.set_position(read);
            }
            ProgressEvent::StreamEnded(status) => {
                let Some(line) = current.take() else { return };
                line.set_style(ended());
                line.set_position(status.read);
                line.finish_with_message(match &status.held {
                    Some(held) => format!("{}: {}", held.code, held.text),
                    None => format!(
                        "{} new, {} changed, {} as before, {} gone",
                        status.added, status.changed, status.unchanged, status.removed
                    ),
                });
            }
        }
    }
}

fn counting() -> ProgressStyle {
    style("{prefix:>15} {spinner} {pos:>7} {msg}")
}

fn measured() -> ProgressStyle {
    style("{prefix:>15} {bar:24} {pos:>7} of {len} {per_sec:>12} {msg}")
}

fn ended() -> ProgressStyle {
    style("{prefix:>15} {pos:>7} {msg}")
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .expect("the template is a constant")
        .progress_chars("━╸ ")
}
