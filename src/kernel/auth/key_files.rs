//! Where the keys are kept, and how another takes the place of the one that signs.
//!
//! In the data folder `signing-key.pem` is the one that signs; `retired-keys/{when}-{kid}.pem` are those before it, which go
//! on verifying until no token of theirs can be alive. Or somebody else keeps them, in a file that is only read.

use super::{
    super::{clock::Instant, failure::Failure},
    keys::{Key, RETIREMENT, Ring, new_key_pem},
};
use chrono::NaiveDateTime;
use std::{
    fmt,
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

const CURRENT: &str = "signing-key.pem";
const RETIRED: &str = "retired-keys";
const LOCK: &str = "signing-key.lock";
const STAMP: &str = "%Y%m%dT%H%M%SZ";
const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";

/// Where the keys are that access tokens are signed with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyPlace {
    /// A folder of ours, in which one is made when there is none.
    Folder(PathBuf),
    /// A file that somebody else keeps: the first key in it signs, and all of them verify.
    Given(PathBuf),
}

/// A key as an operator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyState {
    pub kid: String,
    pub signs: bool,
    /// When another took its place, as far as that is known.
    pub retired_at: Option<Instant>,
    /// Whether tokens that it signed are taken.
    pub verifies: bool,
}

impl fmt::Display for KeyState {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.signs {
            "signs"
        } else if self.verifies {
            "verifies"
        } else {
            "out of use"
        };
        write!(out, "{} {state}", self.kid)?;
        self.retired_at.map_or(Ok(()), |at| write!(out, ", retired at {at}"))
    }
}

impl KeyPlace {
    /// The keys, the one that signs first.
    ///
    /// # Errors
    /// When there is none, or one cannot be read.
    pub fn list(&self, now: Instant) -> Result<Vec<KeyState>, Failure> {
        let ring = self.read()?;
        let state = |(nth, key): (usize, &Key)| KeyState {
            kid: key.kid.clone(),
            signs: nth == 0,
            retired_at: key.retired_at,
            verifies: key.verifies(now),
        };
        Ok(ring.keys().enumerate().map(state).collect())
    }

    /// Makes a new key to sign with; the one before goes on verifying for an hour, unless it is to be `dropped` with all
    /// others, as one must that somebody else has seen.
    ///
    /// # Errors
    /// When there is no key yet, the folder cannot be written, or the keys are somebody else's to rotate.
    pub fn rotate(&self, now: Instant, dropped: bool) -> Result<KeyState, Failure> {
        let Self::Folder(folder) = self else {
            let theirs = "the keys are given by signing_key: put a new one before the others in that file";
            return Err(Failure::conflict("given_key", theirs));
        };
        let _alone = lock(folder)?;
        let before = read_folder(folder)?;
        let retired = folder.join(RETIRED);
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&retired)
            .map_err(|error| unwritable(&retired, &error))?;
        for (path, at) in retired_files(folder)? {
            if dropped || now.utc() >= at.utc() + RETIREMENT {
                fs::remove_file(&path).map_err(|error| unwritable(&path, &error))?;
            }
        }
        if !dropped {
            let name = format!("{}-{}.pem", now.utc().format(STAMP), before.current.kid);
            let pem = fs::read_to_string(folder.join(CURRENT)).map_err(Failure::internal)?;
            put(&retired, &name, &pem)?;
        }
        // Last: whoever reads in between finds the key before in either place, and looks again.
        put(folder, CURRENT, &new_key_pem()?)?;
        let key = open(&folder.join(CURRENT), None)?;
        Ok(KeyState { kid: key.kid, signs: true, retired_at: None, verifies: true })
    }

    /// The file of the key that signs, once there is one, and whether others than who runs the server may read it.
    #[must_use]
    pub fn file(&self) -> Option<(PathBuf, bool)> {
        // Those who give a key may well give it by a group.
        let (path, others) = match self {
            Self::Folder(folder) => (folder.join(CURRENT), 0o177),
            Self::Given(path) => (path.clone(), 0o027),
        };
        let mode = fs::metadata(&path).ok()?.permissions().mode();
        Some((path, mode & others != 0))
    }

    /// Makes a key with mode 0600 where there is none.
    pub(super) fn make(&self) -> Result<(), Failure> {
        let Self::Folder(folder) = self else { return Ok(()) };
        if !folder.join(CURRENT).exists() {
            let _alone = lock(folder)?;
            // Another instance may have been faster.
            if !folder.join(CURRENT).exists() {
                put(folder, CURRENT, &new_key_pem()?)?;
            }
        }
        Ok(())
    }

    pub(super) fn read(&self) -> Result<Ring, Failure> {
        match self {
            Self::Folder(folder) => read_folder(folder),
            Self::Given(path) => read_given(path),
        }
    }

    /// What tells one state of the files from another without reading them.
    pub(super) fn stamp(&self) -> Stamp {
        let seen = |path: &Path| {
            let meta = fs::metadata(path).ok()?;
            Some((meta.ino(), meta.size(), meta.mtime(), meta.mtime_nsec()))
        };
        Stamp(match self {
            Self::Folder(folder) => [seen(&folder.join(CURRENT)), seen(&folder.join(RETIRED))],
            Self::Given(path) => [seen(path), None],
        })
    }
}

/// File, size and times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stamp([Option<(u64, u64, i64, i64)>; 2]);

fn read_folder(folder: &Path) -> Result<Ring, Failure> {
    let mut ring = Ring { current: open(&folder.join(CURRENT), None)?, others: Vec::new() };
    let mut retired = retired_files(folder)?;
    retired.sort_by_key(|(_, at)| std::cmp::Reverse(*at));
    for (path, at) in retired {
        match open(&path, Some(at)) {
            Ok(key) if ring.find(&key.kid).is_none() => ring.others.push(key),
            // A rotation has just thrown it away.
            Err(failure) if path.exists() => return Err(failure),
            _ => {}
        }
    }
    Ok(ring)
}

fn read_given(path: &Path) -> Result<Ring, Failure> {
    let text = fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
    let mut ring: Option<Ring> = None;
    for part in text.split_inclusive(END) {
        let Some(begin) = part.find(BEGIN) else { continue };
        let key = Key::from_pem(&part[begin..], None).map_err(|_| unreadable(path, &NO_KEY))?;
        match &mut ring {
            None => ring = Some(Ring { current: key, others: Vec::new() }),
            Some(ring) if ring.find(&key.kid).is_none() => ring.others.push(key),
            Some(_) => {}
        }
    }
    ring.ok_or_else(|| unreadable(path, &NO_KEY))
}

fn open(path: &Path, retired_at: Option<Instant>) -> Result<Key, Failure> {
    let pem = fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
    Key::from_pem(&pem, retired_at).map_err(|_| unreadable(path, &NO_KEY))
}

/// The files of retired keys, and when each was retired: by their names, since times of files do not survive a copy.
fn retired_files(folder: &Path) -> Result<Vec<(PathBuf, Instant)>, Failure> {
    let entries = match fs::read_dir(folder.join(RETIRED)) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(Failure::internal)?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(Failure::internal)?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let Some(when) = name.strip_suffix(".pem") else { continue };
        let when = when.split_once('-').map_or(when, |(when, _)| when);
        match NaiveDateTime::parse_from_str(when, STAMP) {
            Ok(at) => files.push((path, Instant::from(at.and_utc()))),
            Err(_) => tracing::warn!(name, "not named by the time when it was retired: this key is left out"),
        }
    }
    Ok(files)
}

/// Keeps other instances and commands from writing keys, until it is dropped.
fn lock(folder: &Path) -> Result<File, Failure> {
    let path = folder.join(LOCK);
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
    let file = file.map_err(|error| unwritable(&path, &error))?;
    file.lock().map_err(|error| unwritable(&path, &error))?;
    Ok(file)
}

/// Writes a file with mode 0600 that is there whole or not at all.
fn put(folder: &Path, name: &str, text: &str) -> Result<(), Failure> {
    let (path, draft) = (folder.join(name), folder.join(format!("{name}.new")));
    let write = || {
        // One that was cut short; its mode need not be ours.
        match fs::remove_file(&draft) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&draft, &path)?;
        File::open(folder)?.sync_all()
    };
    write().map_err(|error| unwritable(&path, &error))
}

const NO_KEY: &str = "not an Ed25519 key in PKCS #8 PEM";

fn unreadable(path: &Path, why: &dyn fmt::Display) -> Failure {
    Failure::conflict("signing_key", format!("{}: {why}", path.display()))
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::conflict("signing_key", format!("{} cannot be written: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::{super::keys::Keys, *};

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    fn place(folder: &tempfile::TempDir) -> KeyPlace {
        KeyPlace::Folder(folder.path().to_owned())
    }

    fn modes(folder: &Path) -> Vec<(String, u32)> {
        let mut modes = Vec::new();
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
            modes.push((entry.file_name().to_string_lossy().into_owned(), mode));
        }
        modes
    }

    #[test]
    fn sixteen_that_start_at_once_have_one_key() {
        let folder = tempfile::tempdir().unwrap();
        let kids: std::collections::HashSet<String> = std::thread::scope(|scope| {
            let open = || Keys::open(place(&folder)).unwrap().recent().current.kid.clone();
            let threads: Vec<_> = (0..16).map(|_| scope.spawn(open)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(kids.len(), 1);
        assert!(modes(folder.path()).iter().all(|(_, mode)| *mode == 0o600), "{:?}", modes(folder.path()));
    }

    #[test]
    fn a_retired_key_verifies_for_an_hour_and_is_then_thrown_away() {
        let (folder, now) = (tempfile::tempdir().unwrap(), at("2026-11-01T08:00:00Z"));
        let instance = Keys::open(place(&folder)).unwrap();
        let first = instance.recent().current.kid.clone();
        let second = place(&folder).rotate(now, false).unwrap().kid;
        let state = |kid: &str, retired_at: Option<Instant>, verifies| {
            let signs = retired_at.is_none();
            KeyState { kid: kid.to_owned(), signs, retired_at, verifies }
        };
        let known = |text| place(&folder).list(at(text)).unwrap();
        let retired = |verifies| vec![state(&second, None, true), state(&first, Some(now), verifies)];
        assert_eq!(known("2026-11-01T08:59:59Z"), retired(true));
        assert_eq!(known("2026-11-01T09:00:00Z"), retired(false));
        assert_eq!(instance.latest().current.kid, second, "an instance that runs notices");
        let later = at("2026-11-01T09:30:00Z");
        let third = place(&folder).rotate(later, false).unwrap().kid;
        let kids = |text| known(text).into_iter().map(|key| key.kid).collect::<Vec<_>>();
        assert_eq!(kids("2026-11-01T09:30:00Z"), [third.clone(), second]);
        assert!(modes(&folder.path().join(RETIRED)).iter().all(|(_, mode)| *mode == 0o600));
        let fourth = place(&folder).rotate(later, true).unwrap().kid;
        assert_eq!(kids("2026-11-01T09:30:00Z"), [fourth], "dropped at once");
        assert!(third != first);
    }

    #[test]
    fn a_folder_that_cannot_be_read_any_more_leaves_the_keys_as_they_were() {
        let folder = tempfile::tempdir().unwrap();
        let instance = Keys::open(place(&folder)).unwrap();
        let kid = instance.recent().current.kid.clone();
        fs::write(folder.path().join(CURRENT), "no key").unwrap();
        assert_eq!(instance.latest().current.kid, kid);
        assert!(Keys::open(place(&folder)).is_err(), "whoever starts is told");
    }

    #[test]
    fn of_the_keys_in_a_file_that_is_given_the_first_signs() {
        let (folder, now) = (tempfile::tempdir().unwrap(), at("2026-11-01T08:00:00Z"));
        let path = folder.path().join("given.pem");
        let given = KeyPlace::Given(path.clone());
        assert!(Keys::open(given.clone()).is_err(), "a missing one is not made");
        // RFC 8410's own, which like those of OpenSSL says nothing of the public key.
        let first = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----\n";
        let second = new_key_pem().unwrap();
        fs::write(&path, format!("ours, since May\n{first}")).unwrap();
        let instance = Keys::open(given.clone()).unwrap();
        let old = instance.recent().current.kid.clone();
        fs::write(&path, format!("{second}\n{first}{first}")).unwrap();
        let ring = instance.latest();
        assert!(
            ring.current.kid != old && ring.find(&old).is_some_and(|key| key.verifies(now)),
            "nobody is signed out"
        );
        assert_eq!(given.list(now).unwrap().iter().map(|key| key.signs).collect::<Vec<_>>(), [true, false]);
        assert!(matches!(given.rotate(now, false), Err(Failure::Conflict { code: "given_key", .. })));
        for broken in ["", "no key", &first[..60], &format!("{second}{}", first.replace("VwBC", "VyBC"))] {
            fs::write(&path, broken).unwrap();
            assert!(Keys::open(given.clone()).is_err(), "{broken}");
            assert_eq!(instance.latest().current.kid, ring.current.kid);
        }
    }
}
