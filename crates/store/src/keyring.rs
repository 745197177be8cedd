//! The master keys, in a file apart from the database, and the sealing of bytes.
//!
//! A sealed value is: format byte, key id (4 bytes, big endian), nonce (24), XChaCha20-Poly1305
//! text and tag. Its additional data names tenant, table, column and row, so that a value moved
//! to another place does not open. Keys are only ever appended: an old backup needs the old ones.

use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

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

/// The master keys, oldest first; new values are sealed with the newest.
pub struct Keyring {
    keys: Vec<(u32, KeyBytes)>,
}

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
        let fresh = Keyring { keys: vec![(1, random_key()?)] };
        let staged = fresh.stage(path)?;
        // Unlike a rename, a link fails when another program was first.
        let linked = fs::hard_link(&staged, path);
        let _ = fs::remove_file(&staged);
        match linked {
            Ok(()) => Ok(fresh),
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
        let text = fs::read_to_string(path).map(Zeroizing::new);
        let text = text.map_err(|error| failed(path, "cannot read", &error))?;
        Self::parse(&text)
            .ok_or_else(|| StoreError::Key(format!("{} is not a key file", path.display())))
    }

    /// Appends a fresh key to the file and returns the keys with it. Values sealed so far stay
    /// readable; `Store::rotate_keys` moves the tenants' keys to the new one.
    ///
    /// # Errors
    /// `Key` when the file cannot be read or replaced.
    pub fn rotate(path: impl AsRef<Path>) -> Result<Keyring, StoreError> {
        let path = path.as_ref();
        let mut keyring = Self::load(path)?;
        let id = keyring.newest().0 + 1;
        keyring.keys.push((id, random_key()?));
        let staged = keyring.stage(path)?;
        fs::rename(&staged, path).map_err(|error| failed(path, "cannot replace", &error))?;
        Ok(keyring)
    }

    /// The ids of the keys, oldest first.
    pub fn ids(&self) -> Vec<u32> {
        self.keys.iter().map(|(id, _)| *id).collect()
    }

    pub(crate) fn newest(&self) -> (u32, &KeyBytes) {
        let (id, key) = self.keys.last().expect("a keyring is never empty");
        (*id, key)
    }

    pub(crate) fn key(&self, id: u32) -> Option<&KeyBytes> {
        self.keys.iter().find(|(own, _)| *own == id).map(|(_, key)| key)
    }

    fn parse(text: &str) -> Option<Keyring> {
        let file: KeyFile = serde_json::from_str(text).ok()?;
        let mut keys: Vec<(u32, KeyBytes)> = Vec::new();
        for line in &file.keys {
            let bytes = Zeroizing::new(BASE64.decode(line.key.as_bytes()).ok()?);
            let key: [u8; 32] = bytes.as_slice().try_into().ok()?;
            keys.push((line.id, Zeroizing::new(key)));
        }
        let is_sorted = keys.windows(2).all(|pair| pair[0].0 < pair[1].0);
        (file.format == FORMAT && is_sorted && !keys.is_empty()).then_some(Keyring { keys })
    }

    /// Writes the keys durably to a file beside `path`; returns its name.
    fn stage(&self, path: &Path) -> Result<PathBuf, StoreError> {
        let keys = self
            .keys
            .iter()
            .map(|(id, key)| KeyLine { id: *id, key: BASE64.encode(key.as_slice()) });
        let file = KeyFile { format: FORMAT, keys: keys.collect() };
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
