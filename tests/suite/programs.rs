//! The PostgreSQL programs of this machine, and as whom to run them.

use std::{ffi::OsStr, os::unix::fs::MetadataExt, path::PathBuf};

/// Past the test harness, which would keep it to itself.
pub fn say(what: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr().lock(), "{what}");
}

#[allow(clippy::disallowed_methods)] // Tests have no configuration; this is how they are told.
pub fn setting(name: &str) -> Option<std::ffi::OsString> {
    std::env::var_os(name)
}

/// The folder of the newest server: Debian's, else one on the path.
pub fn programs() -> Option<PathBuf> {
    let version = |path: &PathBuf| path.file_name().and_then(OsStr::to_str)?.parse::<u32>().ok();
    let mut debian: Vec<PathBuf> =
        std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    debian.sort_by_key(version);
    let on_path = setting("PATH").unwrap_or_default();
    let complete = |folder: &PathBuf| ["initdb", "postgres"].iter().all(|name| folder.join(name).is_file());
    debian.into_iter().rev().map(|folder| folder.join("bin")).chain(std::env::split_paths(&on_path)).find(complete)
}

/// The server refuses to run as root: then it runs as its own user.
pub fn owner() -> Option<(u32, u32)> {
    let me = std::fs::metadata("/proc/self").ok()?.uid();
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    let entry = users.lines().find(|line| me == 0 && line.starts_with("postgres:"))?;
    let mut ids = entry.split(':').skip(2).map(str::parse);
    Some((ids.next()?.ok()?, ids.next()?.ok()?))
}
