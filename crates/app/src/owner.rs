//! Who this process is, for leases: machine, boot, space of process numbers, process and its start.
//!
//! A lease held by a process of this machine that has certainly ended can be taken over at once;
//! about others nothing is known, and their leases must expire. Containers are the trap: those of
//! one host share its boot, and may share host name and machine id, while each sees its own
//! processes only. Every doubt is settled as "not known".

use std::fs;

use almanac_sync::Owner;

/// The first space of process numbers of every Linux (PROC_PID_INIT_INO): outside any container.
const FIRST_PID_SPACE: &str = "pid:[4026531836]";

/// This process, as an owner of leases.
pub(crate) fn this_process() -> Owner {
    Owner { name: Name::of_this_process().to_string(), is_dead }
}

/// Whether the named process ran on this machine and has certainly ended.
fn is_dead(owner: &str) -> bool {
    let Some(owner) = Name::parse(owner) else { return false };
    has_ended(&owner, &Name::of_this_process(), start_of)
}

/// `starts` tells since when a process that we can see lives.
fn has_ended(owner: &Name, own: &Name, starts: impl Fn(u32) -> Option<String>) -> bool {
    // Without our own entry, what we see is not the space of numbers that we live in.
    let sees_own = !own.start.is_empty() && starts(own.pid).as_deref() == Some(&own.start);
    let is_here = owner.place.boot.is_some()
        && owner.place.pid_space.is_some()
        && owner.place.host == own.place.host
        && owner.place.machine_id == own.place.machine_id
        && owner.place.pid_space == own.place.pid_space;
    if !sees_own || !is_here {
        return false;
    }
    if owner.place.boot == own.place.boot {
        !owner.start.is_empty() && starts(owner.pid).as_deref() != Some(&owner.start)
    } else {
        // The same machine since rebooted. Not so in containers: those made of one image can have
        // one machine id on many machines.
        own.place.boot.is_some()
            && own.place.machine_id.is_some()
            && own.place.pid_space.as_deref() == Some(FIRST_PID_SPACE)
    }
}

/// Where a process lives.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    host: String,
    machine_id: Option<String>,
    boot: Option<String>,
    pid_space: Option<String>,
}

/// What an owner's name says: `host@machine@boot@space/pid/start`, with nothing between the signs
/// for what is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Name {
    place: Place,
    pid: u32,
    start: String,
}

impl Name {
    fn of_this_process() -> Name {
        let pid = std::process::id();
        Name {
            place: Place {
                host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
                machine_id: line_of("/etc/machine-id"),
                boot: line_of("/proc/sys/kernel/random/boot_id"),
                pid_space: fs::read_link("/proc/self/ns/pid")
                    .ok()
                    .map(|space| space.to_string_lossy().into_owned()),
            },
            pid,
            start: start_of(pid).unwrap_or_default(),
        }
    }

    fn parse(name: &str) -> Option<Name> {
        let mut parts = name.rsplitn(3, '/');
        let (start, pid, place) = (parts.next()?, parts.next()?, parts.next()?);
        let mut parts = place.rsplitn(4, '@').map(str::to_owned);
        let mut known = || Some(parts.next().filter(|part| !part.is_empty()));
        let (pid_space, boot, machine_id) = (known()?, known()?, known()?);
        let place = Place { host: parts.next()?, machine_id, boot, pid_space };
        Some(Name { place, pid: pid.parse().ok()?, start: start.to_owned() })
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Place { host, machine_id, boot, pid_space } = &self.place;
        let [machine_id, boot, pid_space] =
            [machine_id, boot, pid_space].map(|part| part.as_deref().unwrap_or_default());
        write!(f, "{host}@{machine_id}@{boot}@{pid_space}/{}/{}", self.pid, self.start)
    }
}

fn line_of(path: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
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

    /// A process outside any container, on a machine where everything is known.
    fn process(pid: u32, start: &str) -> Name {
        Name {
            place: Place {
                host: "node".into(),
                machine_id: Some("m1".into()),
                boot: Some("b1".into()),
                pid_space: Some(FIRST_PID_SPACE.into()),
            },
            pid,
            start: start.into(),
        }
    }

    fn with_place(name: Name, change: impl Fn(&mut Place)) -> Name {
        let mut name = name;
        change(&mut name.place);
        name
    }

    /// Processes 1, since 10, and 2, since 20, are seen.
    fn starts(pid: u32) -> Option<String> {
        (pid == 1 || pid == 2).then(|| format!("{pid}0"))
    }

    fn is_ended(owner: &Name, own: &Name) -> bool {
        has_ended(owner, own, starts)
    }

    #[test]
    fn a_name_says_what_it_was_made_of() {
        let own = Name::of_this_process();
        assert_eq!(Name::parse(&own.to_string()), Some(own));
        let little = with_place(process(7, ""), |place| {
            (place.machine_id, place.boot, place.pid_space) = (None, None, None);
        });
        assert_eq!(Name::parse(&little.to_string()), Some(little));
    }

    #[test]
    fn an_ended_process_of_this_machine_is_dead() {
        let own = process(1, "10");
        assert!(!is_ended(&own, &own));
        assert!(!is_ended(&process(2, "20"), &own));
        assert!(is_ended(&process(2, "19"), &own), "its number was given to another");
        assert!(is_ended(&process(3, "30"), &own));
        let before = with_place(process(2, "20"), |place| place.boot = Some("b0".into()));
        assert!(is_ended(&before, &own), "the machine was rebooted");
    }

    #[test]
    fn nothing_is_known_of_other_places() {
        let own = process(1, "10");
        let changes: [fn(&mut Place); 4] = [
            |place| place.host = "other".into(),
            |place| place.machine_id = Some("m2".into()),
            |place| place.pid_space = Some("pid:[4026532000]".into()),
            |place| place.machine_id = None,
        ];
        for change in changes {
            for boot in ["b1", "b0"] {
                let owner = with_place(process(3, "30"), |place| {
                    place.boot = Some(boot.into());
                    change(place);
                });
                assert!(!is_ended(&owner, &own), "{owner}");
                assert!(!is_ended(&own, &owner), "{owner}");
            }
        }
        assert!(!is_dead("nonsense"));
        assert!(!is_dead("elsewhere@00000000-0000-0000-0000-000000000000/1/1"));
    }

    #[test]
    fn containers_of_one_image_on_two_machines_are_apart() {
        let in_container = |place: &mut Place| place.pid_space = Some("pid:[4026532000]".into());
        let own = with_place(process(1, "10"), in_container);
        let owner = with_place(process(2, "20"), |place| {
            in_container(place);
            place.boot = Some("b2".into());
        });
        assert!(!is_ended(&owner, &own));
    }

    #[test]
    fn who_does_not_see_its_own_space_knows_nothing() {
        let own = process(5, "50");
        assert!(!is_ended(&process(3, "30"), &own));
    }

    #[test]
    fn this_process_lives() {
        assert!(!is_dead(&this_process().name));
    }
}
