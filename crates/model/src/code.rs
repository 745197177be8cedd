//! The catalogue of error codes: what each means and what to do.
//!
//! `docs/errors.md` is generated from [`Code::ALL`]; the codes are public and new ones are added
//! at the end of their group. An error elsewhere names its code; the words for the person are
//! here, once.

use std::fmt;

/// A stable error code with its explanation and remedy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Code {
    /// As printed, such as `CONN-001`.
    pub code: &'static str,
    /// What happened, in a few words.
    pub title: &'static str,
    /// Why it happens.
    pub cause: &'static str,
    /// What to change, and where.
    pub remedy: &'static str,
}

macro_rules! catalogue {
    ($($name:ident = $code:literal, $title:literal, $cause:literal, $remedy:literal;)*) => {
        impl Code {
            $(#[doc = $title] pub const $name: Code = Code { code: $code, title: $title, cause: $cause, remedy: $remedy };)*
            /// Every code, in the order of the generated page.
            pub const ALL: &'static [Code] = &[$(Code::$name),*];
        }
    };
}

catalogue! {
    CONN_UNREACHABLE = "CONN-001", "Halo's address is not reachable",
        "The name does not resolve, nothing answers on the port, or the connection was cut before an answer.",
        "Open the address in a browser on this machine. Check the spelling with `almanac connection set --url`, then firewalls and the proxy between here and Halo.";
    CONN_TLS = "CONN-002", "The TLS connection was refused",
        "The certificate is expired, for another name, or signed by an authority that this machine does not know.",
        "Use the host name that the certificate is for. For a private authority, add its certificate to this machine's trust store (`update-ca-certificates` on Debian).";
    CONN_NOT_HALO = "CONN-003", "The answer did not come from Halo",
        "The server answered with a web page or with JSON of another shape: a wrong address, a sign-in page in front, or a proxy's own message.",
        "Give the address you sign in to Halo with, such as https://yourname.halopsa.com. If Halo shows another authorisation server under Configuration > Integrations > Halo API, give it with `--auth-url`.";
    CONN_SECRET_REFUSED = "CONN-004", "Halo refused the client id or secret",
        "One of them is wrong, the application is inactive, or they were copied before the application was saved: Halo makes new ones when the login type changes.",
        "In Halo open Configuration > Integrations > Halo API > View Applications > your application, copy the client id again, generate a new secret, save, and run `almanac connection set` with both.";
    CONN_SCOPE_REFUSED = "CONN-005", "Halo refused a scope",
        "A scope that was asked for does not exist in this Halo or is not granted to the application.",
        "In Halo open the application's Permissions tab and tick the scopes that the message names; `almanac connection test` lists them.";
    CONN_NO_PERMISSION = "CONN-006", "The agent is disabled or lacks a permission",
        "The application logs in as an agent. That agent is disabled, or its role does not allow the area; Halo then answers 401 or 403 although the token is good.",
        "In Halo open Configuration > Teams & Agents > Agents, choose the agent that the application logs in as, check that the account is active, and give it the access that the message names.";
    CONN_PRIVATE_ADDRESS = "CONN-007", "A private address is not allowed",
        "The host is, or resolves to, an address of a private network, this machine, or a cloud's metadata service.",
        "If Halo really runs there, name the host in `halo.allow_private_hosts` (file) or ALMANAC_HALO_ALLOW_PRIVATE_HOSTS (environment).";
    CONN_CLOCK = "CONN-008", "This machine's clock is far from Halo's",
        "The time in Halo's answers differs from this machine's by more than five minutes, so tokens expire early and ages of data are wrong.",
        "Set the clock by network time on this machine (`timedatectl set-ntp true`), then run `almanac connection test` again.";
    SYNC_REMOVALS = "SYNC-010", "Held: too many removals",
        "The scan would remove or deactivate more than 25 records and more than a tenth of the stream. That is more often a lost permission than a real clean-up.",
        "Look in Halo whether the records are really gone and whether the agent still sees every team, client and asset type. Nothing was removed here; the old data stay. If they are gone, release the stream by typing their number.";
    SYNC_BLANKED = "SYNC-011", "Held: a field was blanked",
        "What was read would empty one field in more than 25 records and more than a tenth of those that have it.",
        "Check in Halo whether the agent may still see the field. These records stay as they were. If the values are gone, release the stream by typing how many records lose one.";
    SYNC_EMPTY = "SYNC-012", "Held: an empty answer",
        "Halo returned no record for a stream that had some.",
        "Check the agent's access to this area in Halo. Nothing was removed here; the old data stay.";
    SYNC_INCOMPLETE = "SYNC-013", "The scan is incomplete",
        "Records kept moving between pages, or Halo sent fewer than it says it has, or stopped answering, so that no complete list could be read. What was read is kept; nothing was removed.",
        "Run the sync again at a quieter time. If it says so again, check in Halo that the agent of the application may see every team and asset type: rows that it may not see are missing from lists.";
    SYNC_BAD_ROW = "SYNC-014", "A row was not understood",
        "A record lacks what it must have (an id, a name) or has another type there than Halo documents.",
        "The row is kept as received: `almanac records export --raw` shows it. The other rows are not affected.";
    SYNC_THROTTLED = "SYNC-015", "Halo throttles this connection",
        "Halo's limit of calls per five minutes is used up, by Almanac or by another integration.",
        "Wait; the sync continues by itself where it stopped. Lower `halo.share` if other integrations need the calls.";
    WRITE_CONFLICT = "WRITE-020", "Both sides changed the value",
        "Halo's value is neither the one that the plan was made against nor the one that it wants: somebody changed it in Halo since. Nothing was sent.",
        "Look at both values. To write yours all the same, make a new plan: it shows Halo's value of now. To keep Halo's, unlock the value here.";
    WRITE_UNKNOWN = "WRITE-021", "The outcome of a write is unknown", "The connection was lost after the change was sent.", "Nothing to do: Almanac reads the record again before it tries once more.";
    WRITE_REFUSED = "WRITE-022", "Halo refused the change", "Halo's own words follow the code.", "Mend what Halo names, then send again.";
    WRITE_PRIVILEGE = "WRITE-023", "The change is not allowed by least privilege",
        "The application lacks the scope, or its agent the access level, that this feature needs.",
        "In Halo tick edit:assets in the application's Permissions and give its agent Assets: Read and Modify, then make the plan again; or leave the feature off.";
    WRITE_REHEARSAL = "WRITE-024", "Rehearsal only", "Writes are rehearsed and not sent.", "Switch rehearsal off to send.";
    SYNC_BUSY = "SYNC-025", "Another sync of this connection is running",
        "Two syncs of one connection would do the work twice, so the second does not start.",
        "Wait for it: `almanac sync status` shows its progress. If the process was ended by force, its lease expires within 30 seconds.";
    WRITE_NOT_TAKEN = "WRITE-026", "Halo kept another value",
        "Halo said that the change was taken, and the record read back has another value: a field that its rules fill, or that may not be written.",
        "Look at the field in Halo, with the agent that the application logs in as. Undo of the plan puts back what was there.";
    WRITE_MORE_CHANGED = "WRITE-027", "Halo changed more than was sent",
        "The change was taken, and other fields of the record differ too: a rule in Halo, or somebody who edited the record at the same moment.",
        "Look at the fields that the message names. Almanac sent none of them.";
    STORE_NEWER = "STORE-030", "The database is newer than this program",
        "A newer Almanac has migrated the database; this one could damage it.",
        "Start the newer program, or restore a backup that this version made.";
    STORE_UNREACHABLE = "STORE-031", "The database is not reachable",
        "PostgreSQL does not answer at the address, or refused the user; or the data folder cannot be opened.",
        "Check `--database` or `--data`, that PostgreSQL runs, and the user's password. Nothing that was committed is lost.";
    STORE_FULL = "STORE-032", "The disk is full",
        "The database could not grow.",
        "Free space where the database lives, then run the command again; it continues from the last committed page.";
    STORE_LOCKED = "STORE-033", "The database is busy",
        "Another process held the database's write lock for too long.",
        "End the other Almanac process that uses this data folder, or use PostgreSQL for several processes.";
    STORE_CORRUPT = "STORE-034", "A stored value is not readable",
        "The database holds a value that this program did not write.",
        "Restore the last backup, and report the table and column that the message names.";
    STORE_PRIVILEGE = "STORE-035", "The database role could bypass tenant separation",
        "The role that tenants' work runs under is missing, or could see every tenant's rows.",
        "Run the two statements that the message names as a PostgreSQL administrator, then `almanac migrate`.";
    STORE_UNMIGRATED = "STORE-036", "The database has not been set up for this version",
        "Its schema is older than the program needs.",
        "Run `almanac migrate`.";
    STORE_SHARED = "STORE-037", "The embedded database is in use by another process",
        "`almanac serve` or `almanac worker` runs on this data folder already; the embedded database serves one of them.",
        "End the other process: one `almanac serve` does the background work too. For several processes, put the data into PostgreSQL and name it with `--database`.";
    KEY_MISSING = "KEY-040", "The key file is missing or does not fit",
        "Secrets in the database were sealed with a key that is not in the key file.",
        "Put the key file back (it is kept apart from the database and its backups), or name it with `--key-file`; else enter the Halo secret again with `almanac connection set`.";
    CONFIG_INVALID = "CONFIG-050", "The configuration is not valid",
        "A key is unknown, or a value has the wrong form.",
        "`almanac config sample` prints every key with its default.";
    BACKUP_UNREADABLE = "BACKUP-060", "The backup cannot be restored",
        "The file is damaged, incomplete, or made by a newer version; or the target already holds data.",
        "Use an intact file and an empty target. The target was not changed.";
    API_KEY = "API-070", "No usable API key and no session",
        "The request carries no key, the key was revoked, its user may not use the API any more, or the session has ended.",
        "Send `Authorization: Bearer alm_…` with a key from Your account > API keys.";
    API_RIGHT = "API-071", "Not allowed",
        "The user's role lacks the right, the key was made to read only, or a browser sent the request from another site.",
        "Ask an administrator for the role, or make a key that may write. `detail` names what is missing.";
    API_ABSENT = "API-072", "There is nothing at this address",
        "The record does not exist, or the user may not know of it.",
        "Check the identifier; lists under /api/v1 give those that exist.";
    API_METHOD = "API-073", "The address does not take this method",
        "A list was written to, or an act was read.",
        "Use a method that the `Allow` header names; /api/openapi.json describes each address.";
    API_REQUEST = "API-074", "The request is not understood",
        "A parameter or field is unknown, missing, of another type or out of range, or the body is not JSON.",
        "Mend what `detail` and `faults` name; /api/openapi.json describes each parameter and body.";
    API_CONFLICT = "API-075", "The request does not fit what is there now",
        "Somebody changed the same field since it was read, the place that a cursor names is gone, or there is no connection to sync.",
        "Read again, then decide again; `detail` names what changed.";
    API_FAILED = "API-076", "Almanac could not answer",
        "Something failed on the server; the log says what.",
        "Try again. If it stays, look into the server's log at the time of the answer.";
}

impl Code {
    /// What passes without a person: the same work, tried again later, may end well.
    const HEALING: [Code; 6] = [
        Code::CONN_UNREACHABLE,
        Code::SYNC_INCOMPLETE,
        Code::SYNC_THROTTLED,
        Code::STORE_UNREACHABLE,
        Code::STORE_LOCKED,
        Code::STORE_FULL,
    ];

    /// The PSA did not answer, or not yet: its next answer ends what these stand for.
    pub const UNANSWERED: [Code; 2] = [Code::CONN_UNREACHABLE, Code::SYNC_THROTTLED];

    /// Whether what this code stands for ends with the PSA's next answer.
    pub fn ends_with_an_answer(code: &str) -> bool {
        Self::UNANSWERED.iter().any(|unanswered| unanswered.code == code)
    }

    /// Whether what this code stands for, such as `CONN-001`, passes without a person.
    pub fn heals_by_itself(code: &str) -> bool {
        Self::HEALING.iter().any(|healing| healing.code == code)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_distinct_and_explained() {
        for (at, code) in Code::ALL.iter().enumerate() {
            assert!(!Code::ALL[..at].iter().any(|other| other.code == code.code), "{code}");
            assert!(!code.title.is_empty() && !code.cause.is_empty() && !code.remedy.is_empty());
        }
    }

    #[test]
    fn a_halo_that_is_down_heals_and_a_refused_secret_does_not() {
        assert!(Code::heals_by_itself("CONN-001"));
        assert!(!Code::heals_by_itself("CONN-004"));
        assert!(!Code::heals_by_itself(""));
    }
}
