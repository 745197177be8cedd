//! The master keys, in a file apart from the database, and the sealing of bytes.
//!
//! A sealed value is: format byte, key id (4 bytes, big endian), nonce (24), XChaCha20-Poly1305
//! text and tag. Its additional data names tenant, table, column and row, so that a value moved
//! to another place does not open. Keys are only ever appended: an old backup needs the old ones.
//! A key that is missing is looked for in the file again, since another program may have rotated.

use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use crate::error::StoreError;

const FORMAT: u8 = 1;
const NONCE_LEN: usize = 24;
const HEAD_LEN: usize = 1 + 4;

/// A key of 256 bits, wiped when dropped.
pub(crate) type KeyBytes = Zeroizing<[u8; 32]>;

/// The master keys; new values are sealed with the newest.
pub struct Keyring {
    path: PathBuf,
    keys: RwLock<Keys>,
}

/// Keys with their ids, oldest first; never empty.
type Keys = Vec<(u32, KeyBytes)>;

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring").field("ids", &self.ids()).finish_non_exhaustive()
    }
}

#[derive(Serialize, Deserialize)]
struct KeyFile {
    format: u8,
    keys: Vec<KeyLine>,
}

#[derive(Serialize, Deserialize)]
struct KeyLine {
    id: u32,
    key: String,
}

impl Drop for KeyLine {
    fn drop(&mut self) {
        self.key.zeroize();
    }
}

impl Keyring {
    /// Reads the key file, or makes one with a fresh key (mode 0600, missing folders 0700). Two
    /// programs that make it at once end with the same file.
    ///
    /// # Errors
    /// `Key` when the file cannot be read or written or is not a key file.
    pub fn load_or_create(path: impl AsRef<Path>) -> Result<Keyring, StoreError> {
        let path = path.as_ref();
        if path.exists() {
            return Self::load(path);
        }
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(folder)
                .map_err(|error| failed(folder, "cannot make the folder", &error))?;
        }
        let fresh = vec![(1, random_key()?)];
        let staged = stage(path, &fresh)?;
        // Unlike a rename, a link fails when another program was first.
        let linked = fs::hard_link(&staged, path);
        let _ = fs::remove_file(&staged);
        match linked {
            Ok(()) => Ok(Keyring { path: path.to_owned(), keys: RwLock::new(fresh) }),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Self::load(path),
            Err(error) => Err(failed(path, "cannot write", &error)),
        }
    }

    /// Reads the key file.
    ///
    /// # Errors
    /// `Key` when there is none or it is not a key file.
    pub fn load(path: impl AsRef<Path>) -> Result<Keyring, StoreError> {
        let path = path.as_ref();
        Ok(Keyring { path: path.to_owned(), keys: RwLock::new(read(path)?) })
    }

    /// Appends a fresh key to the file and returns the keys with it. Values sealed so far stay
    /// readable; `Store::rotate_keys` moves the tenants' keys to the new one. Programs that rotate
    /// at once wait for each other, by a lock on an empty file beside the key file.
    ///
    /// # Errors
    /// `Key` when the file cannot be read or replaced.
    pub fn rotate(path: impl AsRef<Path>) -> Result<Keyring, StoreError> {
        let path = path.as_ref();
        // Dropping it unlocks. The key file itself cannot be the lock, since it is replaced.
        let _locked = lock_beside(path)?;
        let mut keys = read(path)?;
        let id = keys.last().map_or(0, |(id, _)| *id) + 1;
        keys.push((id, random_key()?));
        let staged = stage(path, &keys)?;
        fs::rename(&staged, path).map_err(|error| failed(path, "cannot replace", &error))?;
        Ok(Keyring { path: path.to_owned(), keys: RwLock::new(keys) })
    }

    /// The ids of the keys, oldest first.
    pub fn ids(&self) -> Vec<u32> {
        self.with_keys(|keys| keys.iter().map(|(id, _)| *id).collect())
    }

    pub(crate) fn newest(&self) -> (u32, KeyBytes) {
        self.with_keys(|keys| keys.last().cloned()).expect("a keyring is never empty")
    }

    /// The key, if need be from the file as it is now; `None` when that has none either.
    pub(crate) fn key(&self, id: u32) -> Option<KeyBytes> {
        let find =
            |keys: &Keys| keys.iter().find(|(own, _)| *own == id).map(|(_, key)| key.clone());
        self.with_keys(find).or_else(|| {
            let found = read(&self.path).ok()?;
            let key = find(&found)?;
            let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
            let newest = keys.last().map_or(0, |(id, _)| *id);
            keys.extend(found.into_iter().filter(|(id, _)| *id > newest));
            Some(key)
        })
    }

    fn with_keys<T>(&self, look: impl FnOnce(&Keys) -> T) -> T {
        look(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The keys of a key file.
fn read(path: &Path) -> Result<Keys, StoreError> {
    let text = fs::read_to_string(path).map(Zeroizing::new);
    let text = text.map_err(|error| failed(path, "cannot read", &error))?;
    parse(&text).ok_or_else(|| StoreError::Key(format!("{} is not a key file", path.display())))
}

fn parse(text: &str) -> Option<Keys> {
    let file: KeyFile = serde_json::from_str(text).ok()?;
    let mut keys: Keys = Vec::new();
    for line in &file.keys {
        let bytes = Zeroizing::new(BASE64.decode(line.key.as_bytes()).ok()?);
        let key: [u8; 32] = bytes.as_slice().try_into().ok()?;
        keys.push((line.id, Zeroizing::new(key)));
    }
    let is_sorted = keys.windows(2).all(|pair| pair[0].0 < pair[1].0);
    (file.format == FORMAT && is_sorted && !keys.is_empty()).then_some(keys)
}

/// Writes the keys durably to a file beside `path`; returns its name.
fn stage(path: &Path, keys: &Keys) -> Result<PathBuf, StoreError> {
    let lines =
        keys.iter().map(|(id, key)| KeyLine { id: *id, key: BASE64.encode(key.as_slice()) });
    let file = KeyFile { format: FORMAT, keys: lines.collect() };
    let text = Zeroizing::new(serde_json::to_string(&file).expect("keys are plain JSON"));
    let mut unique = [0_u8; 8];
    getrandom::fill(&mut unique).map_err(no_randomness)?;
    let staged = path.with_extension(format!("{:016x}.new", u64::from_be_bytes(unique)));
    let write = || -> io::Result<()> {
        let mut out =
            fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&staged)?;
        out.write_all(text.as_bytes())?;
        out.write_all(b"\n")?;
        out.sync_all()
    };
    write().map_err(|error| failed(&staged, "cannot write", &error))?;
    Ok(staged)
}

/// Waits until no other program holds the lock beside the key file, and takes it.
fn lock_beside(path: &Path) -> Result<fs::File, StoreError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let lock = || -> io::Result<fs::File> {
        let file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&name)?;
        file.lock()?;
        Ok(file)
    };
    lock().map_err(|error| failed(Path::new(&name), "cannot lock", &error))
}

fn failed(path: &Path, what: &str, error: &io::Error) -> StoreError {
    StoreError::Key(format!("{what} {}: {error}", path.display()))
}

fn no_randomness(_: getrandom::Error) -> StoreError {
    StoreError::Key("the operating system gives no randomness".to_owned())
}

/// A fresh key.
pub(crate) fn random_key() -> Result<KeyBytes, StoreError> {
    let mut key = Zeroizing::new([0_u8; 32]);
    getrandom::fill(key.as_mut_slice()).map_err(no_randomness)?;
    Ok(key)
}

/// Seals bytes; `place` must be given again to open them.
pub(crate) fn seal(
    (id, key): (u32, &KeyBytes),
    place: &str,
    plain: &[u8],
) -> Result<Vec<u8>, StoreError> {
    let mut nonce = [0_u8; NONCE_LEN];
    getrandom::fill(&mut nonce).map_err(no_randomness)?;
    let payload = Payload { msg: plain, aad: place.as_bytes() };
    let text = XChaCha20Poly1305::new((&**key).into())
        .encrypt(&XNonce::from(nonce), payload)
        .expect("only a text of more than 256 GiB is refused");
    let mut sealed = vec![FORMAT];
    sealed.extend_from_slice(&id.to_be_bytes());
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(&text);
    Ok(sealed)
}

/// Which key sealed a value; `None` when it is not a sealed value.
pub(crate) fn sealed_by(sealed: &[u8]) -> Option<u32> {
    let id = sealed.get(1..HEAD_LEN)?.try_into().ok()?;
    (sealed[0] == FORMAT).then(|| u32::from_be_bytes(id))
}

/// Opens a sealed value; `None` when key, place or bytes are not those it was sealed with.
pub(crate) fn open(key: &KeyBytes, place: &str, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let nonce: [u8; NONCE_LEN] = sealed.get(HEAD_LEN..HEAD_LEN + NONCE_LEN)?.try_into().ok()?;
    let payload = Payload { msg: &sealed[HEAD_LEN + NONCE_LEN..], aad: place.as_bytes() };
    let plain = XChaCha20Poly1305::new((&**key).into()).decrypt(&XNonce::from(nonce), payload);
    plain.ok().map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().expect("a temporary folder")
    }

    #[test]
    fn a_made_file_is_private_and_read_again() {
        let folder = folder();
        let path = folder.path().join("a/b/keys");
        let made = Keyring::load_or_create(&path).expect("made");
        let read = Keyring::load_or_create(&path).expect("read");
        assert_eq!(made.newest().1, read.newest().1);
        let mode = fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(path.parent().expect("a folder")).expect("listed").count(), 1);
    }

    #[test]
    fn rotation_keeps_the_old_keys() {
        let folder = folder();
        let path = folder.path().join("keys");
        let old = Keyring::load_or_create(&path).expect("made");
        let new = Keyring::rotate(&path).expect("rotated");
        assert_eq!(new.ids(), [1, 2]);
        assert_eq!(new.key(1), old.key(1));
        assert_ne!(new.key(1), new.key(2));
        assert_eq!(Keyring::load(&path).expect("read").ids(), [1, 2]);
    }

    #[test]
    fn rotations_at_once_lose_no_key() {
        let folder = folder();
        let path = folder.path().join("keys");
        Keyring::load_or_create(&path).expect("made");
        let made: Vec<Keyring> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| Keyring::rotate(&path))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap().expect("rotated")).collect()
        });
        let last = Keyring::load(&path).expect("read");
        assert_eq!(last.ids(), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
        for keyring in made {
            let (id, key) = keyring.newest();
            assert_eq!(last.key(id), Some(key), "what was sealed with key {id} still opens");
        }
    }

    #[test]
    fn a_key_that_another_program_added_is_found() {
        let folder = folder();
        let path = folder.path().join("keys");
        let old = Keyring::load_or_create(&path).expect("made");
        let new = Keyring::rotate(&path).expect("rotated");
        assert_eq!(old.key(3), None);
        assert_eq!(old.ids(), [1]);
        assert_eq!(old.key(2), new.key(2));
        assert_eq!(old.newest(), new.newest());
    }

    #[test]
    fn debug_shows_ids_only() {
        let folder = folder();
        let keyring = Keyring::load_or_create(folder.path().join("keys")).expect("made");
        assert_eq!(format!("{keyring:?}"), "Keyring { ids: [1], .. }");
    }

    #[test]
    fn a_file_that_is_not_a_key_file_is_refused() {
        let folder = folder();
        for text in [
            "",
            "{}",
            r#"{"format":1,"keys":[]}"#,
            r#"{"format":1,"keys":[{"id":1,"key":"AA=="}]}"#,
        ] {
            let path = folder.path().join("keys");
            fs::write(&path, text).expect("written");
            assert!(matches!(Keyring::load(&path), Err(StoreError::Key(_))), "{text}");
        }
        assert!(matches!(Keyring::load(folder.path().join("none")), Err(StoreError::Key(_))));
    }

    #[test]
    fn a_sealed_value_opens_only_where_it_was_sealed() {
        let key = random_key().expect("randomness");
        let sealed = seal((7, &key), "1|connection|client_secret|1", b"s3cret").expect("sealed");
        assert_eq!(sealed_by(&sealed), Some(7));
        let opened = open(&key, "1|connection|client_secret|1", &sealed).expect("opened");
        assert_eq!(opened.as_slice(), b"s3cret");
        assert!(open(&key, "2|connection|client_secret|1", &sealed).is_none());
        assert!(
            open(&random_key().expect("randomness"), "1|connection|client_secret|1", &sealed)
                .is_none()
        );
        let mut damaged = sealed.clone();
        *damaged.last_mut().expect("bytes") ^= 1;
        assert!(open(&key, "1|connection|client_secret|1", &damaged).is_none());
        for cut in 0..sealed.len() {
            assert!(open(&key, "1|connection|client_secret|1", &sealed[..cut]).is_none());
        }
    }
}
