//! A week in an editor, as one writes a commit: what was written is never lost.

use super::{desk::Desk, told};
use crate::{
    cli::{answer, aside, remote::may_be_done},
    kernel::{
        failure::{Failure, Fault},
        month::Week,
    },
};
use std::{
    fs,
    io::{self, BufRead, Write},
    path::{Path, PathBuf},
    process::Command,
};

/// What stands before a fault that is written into the file. Lines that begin so are taken out when it is read again.
const FAULT: &str = "#!";

/// A program that changes a file.
pub struct Editor(String);

impl Editor {
    /// The first that is named.
    ///
    /// # Errors
    /// When there is none.
    pub fn of(named: [Option<String>; 2]) -> Result<Self, Failure> {
        let named = named.into_iter().flatten().find(|name| !name.trim().is_empty());
        named.map(Self).ok_or_else(|| Failure::conflict("editor", "no editor is known: set VISUAL or EDITOR"))
    }

    /// As a shell would call it, since it may come with arguments of its own.
    fn open(&self, path: &Path) -> Result<(), String> {
        let shell = Command::new("sh").arg("-c").arg(format!("{} \"$@\"", self.0)).arg(&self.0).arg(path).status();
        match shell {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!("the editor ended with {status}")),
            Err(error) => Err(format!("the editor could not be opened: {error}")),
        }
    }
}

/// Edits the sheet of a week; it is thrown away once it is sent, and kept else.
///
/// # Errors
/// When it was not sent: says where it is.
pub fn new(desk: &Desk, editor: &Editor, week: Week) -> Result<(), Failure> {
    let sheet = desk.sheet(week)?;
    // Readable by its owner alone: it says what persons do.
    let made = tempfile::Builder::new().prefix(&format!("prodops-{week}-")).suffix(".yaml").tempfile();
    let (mut file, path) = made.and_then(|made| made.keep().map_err(io::Error::from)).map_err(Failure::internal)?;
    file.write_all(sheet.as_bytes()).map_err(Failure::internal)?;
    drop(file);
    edited(desk, editor, &path)?;
    // It is written elsewhere by now; a file that stays is no harm.
    let _ = fs::remove_file(&path);
    Ok(())
}

/// Edits a file that was kept, in its place.
///
/// # Errors
/// As [`new`].
pub fn again(desk: &Desk, editor: &Editor, path: PathBuf) -> Result<(), Failure> {
    edited(desk, editor, &path)
}

fn edited(desk: &Desk, editor: &Editor, path: &Path) -> Result<(), Failure> {
    let kept = |why: &str| {
        let detail = format!("what you wrote is in {}", path.display());
        Failure::Elsewhere { title: format!("Nothing was sent{why}"), detail }
    };
    let because = |why: &dyn std::fmt::Display| kept(&format!(" ({why})"));
    loop {
        editor.open(path).map_err(|why| because(&why))?;
        let written = fs::read_to_string(path).map_err(|error| because(&error))?;
        let text = without_faults(&written);
        if text != written {
            replace(path, &text).map_err(|error| because(&error))?;
        }
        if text.trim().is_empty() {
            return Err(kept(" (the file is empty)"));
        }
        match desk.bring(path, true) {
            Err(Failure::Invalid(faults)) => {
                faults.iter().for_each(|fault| aside(&told::fault(fault, 0)));
                replace(path, &with_faults(&text, &faults)).map_err(|error| because(&error))?;
                if !matches!(asked("Open the editor again? [Y/n] ").as_deref(), Some("" | "y")) {
                    return Err(kept(""));
                }
            }
            Err(other) => return Err(because(&other)),
            Ok(tried) => {
                told::warnings(&tried);
                aside(&told::difference(&tried, None));
                if tried.created + tried.changed == 0 {
                    return Ok(());
                }
                match asked("Send? [y/N/e] ").as_deref() {
                    Some("y") => {
                        let sent = desk.bring(path, false).map_err(|failure| match may_be_done(&failure) {
                            true => unknown(path, &failure),
                            false => because(&told::by_line(failure)),
                        })?;
                        let counts = told::difference(&sent, Some(&sent));
                        return answer(&counts);
                    }
                    Some("e") => {}
                    _ => return Err(kept("")),
                }
            }
        }
    }
}

/// Nobody knows whether it was sent.
fn unknown(path: &Path, why: &Failure) -> Failure {
    let detail =
        format!("send it again, which changes nothing if it was ({why}); what you wrote is in {}", path.display());
    Failure::Elsewhere { title: "It is not known whether it was sent".to_owned(), detail }
}

/// Writes a file aside, as readable as it is, and puts it in its place: what cannot be written takes nothing away.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let path = path.canonicalize()?;
    let mut aside = tempfile::NamedTempFile::new_in(path.parent().unwrap_or(&path))?;
    aside.write_all(text.as_bytes())?;
    aside.as_file().set_permissions(fs::metadata(&path)?.permissions())?;
    aside.as_file().sync_all()?;
    aside.persist(&path)?;
    Ok(())
}

/// The first letter of what somebody answers; none when nobody does.
fn asked(question: &str) -> Option<String> {
    // An answer is waited for whether or not the question was seen.
    let _ = io::stderr().write_all(question.as_bytes());
    let mut line = String::new();
    match io::stdin().lock().read_line(&mut line) {
        Ok(read) if read > 0 => Some(line.trim().chars().take(1).flat_map(char::to_lowercase).collect()),
        _ => None,
    }
}

/// The text with its faults on top, by the lines that they then have.
fn with_faults(text: &str, faults: &[Fault]) -> String {
    let lines = faults.iter().map(|fault| format!("{FAULT} {}\n", told::fault(fault, faults.len() as u64)));
    lines.chain([text.to_owned()]).collect()
}

fn without_faults(text: &str) -> String {
    text.split_inclusive('\n').filter(|line| !line.starts_with(FAULT)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_as_readable_as_it_is_and_where_it_is() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("week.yaml"), folder.path().join("link"));
        fs::write(&path, "before").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        symlink(&path, &link).unwrap();
        replace(&link, "after").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "after");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(link.is_symlink() && fs::read_dir(folder.path()).unwrap().count() == 2);
    }

    #[test]
    fn faults_stand_on_top_by_the_lines_that_they_then_have() {
        let text = "week: 2026-W47\neffort:\n  Ann: rest ?\n";
        let faults = [Fault::line(3, None, "unsaid", "say\nit"), Fault::named("odd", "something")];
        let shown = with_faults(text, &faults);
        assert_eq!(shown, format!("#! line 5: say it\n#! something\n{text}"));
        assert_eq!(shown.lines().nth(4), Some("  Ann: rest ?"));
        assert_eq!(without_faults(&shown), text);
    }
}
