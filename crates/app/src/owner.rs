//! Who this process is, for leases: machine, boot, process and its start.
//!
//! A lease held by a process of this machine that has certainly ended can be taken over at once;
//! about processes of other machines nothing is known, and their leases must expire.

use std::fs;

use almanac_sync::Owner;

/// This process, as an owner of leases.
pub(crate) fn this_process() -> Owner {
    let pid = std::process::id();
    let name = format!("{}/{}/{}", machine(), pid, start_of(pid).unwrap_or_default());
    Owner { name, is_dead }
}

/// Whether the named process ran on this machine and has certainly ended.
fn is_dead(owner: &str) -> bool {
    let mut parts = owner.rsplitn(3, '/');
    let (Some(start), Some(pid), Some(host)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let (Ok(pid), false) = (pid.parse::<u32>(), start.is_empty()) else { return false };
    let Some(boot) = boot_id() else { return false };
    if host.ends_with(&boot) {
        host == machine() && start_of(pid).as_deref() != Some(start)
    } else {
        // The same machine since rebooted: everything from before has ended.
        host.rsplit_once('@').is_some_and(|(name, _)| name == host_name())
    }
}

fn machine() -> String {
    format!("{}@{}", host_name(), boot_id().unwrap_or_default())
}

fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

fn boot_id() -> Option<String> {
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(id.trim().to_owned()).filter(|id| !id.is_empty())
}

/// When the process started, in clock ticks since boot; `None` when there is no such process (or
/// it is a zombie, which does nothing more).
fn start_of(pid: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold spaces, so fields are counted after it.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace();
    let state = fields.next()?;
    if state == "Z" || state == "X" {
        return None;
    }
    fields.nth(18).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_lives_and_an_ended_one_does_not() {
        let owner = this_process();
        assert!(!is_dead(&owner.name));
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let pid = child.id();
        let name = format!("{}/{pid}/{}", machine(), start_of(pid).unwrap_or("1".into()));
        child.wait().unwrap();
        assert!(is_dead(&name));
    }

    #[test]
    fn nothing_is_known_of_other_machines() {
        assert!(!is_dead("elsewhere@00000000-0000-0000-0000-000000000000/1/1"));
        assert!(!is_dead("nonsense"));
    }
}
