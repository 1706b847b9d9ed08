//! The control group of a service: made anew for each start, with the limits that `cgroup/` asks for, and removed when
//! nobody needs it any more.
//!
//! It lies in the group that we are in, or beside that if its name is `supervisor`, and is called `keepup.NAME`: no
//! group that anybody else has made is taken for ours, since all that is in ours may be killed. Its directory is locked
//! as long as it is ours.

use super::wishes::GROUP;
use crate::cli::message::Voice;
use crate::service::control_group::{controller, is_limit, kills, place, values};
use crate::service::handover;
use crate::sys::fs::{self, Dir, How, Wait};
use crate::sys::handover::{Incoming, Outgoing};
use crate::sys::{Errno, Result, io};
use std::ffi::{OsStr, OsString};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// What stands before the name of a service.
const PREFIX: &str = "keepup.";

/// A group that is ours.
#[derive(Debug)]
pub(super) struct ControlGroup {
    path: PathBuf,
    dir: Dir,
    /// How often the kernel had killed in it before: of a group that somebody is left in.
    kills: u64,
}

impl ControlGroup {
    /// An empty group with these limits, in the place of the one before; and the file through which a process enters.
    /// What is wrong has been said.
    pub(super) fn anew(
        before: Option<ControlGroup>,
        voice: &Voice,
        limits: &[(OsString, Vec<u8>)],
    ) -> core::result::Result<(ControlGroup, OwnedFd), ()> {
        drop(before); // where somebody is left in it, it stays, and is ours again
        let path = path().map_err(|errno| match errno {
            Errno::ENODEV => voice.remark(&[b"./cgroup: there are no control groups v2 here"]),
            errno => voice.warning(&[b"unable to find our control group"], errno),
        })?;
        let unable = |verb: &[u8], errno| {
            voice.warning(&[b"unable to ", verb, b" control group ", path.as_os_str().as_bytes()], errno);
        };
        let group = ControlGroup::claim(&path).map_err(|(verb, errno)| unable(verb, errno))?;
        for (name, content) in limits {
            group.limit(voice, name, content)?;
        }
        let member = group.dir.file("cgroup.procs", How::Write).map_err(|errno| unable(b"enter", errno))?;
        Ok((group, member))
    }

    /// What stays open of it, and what is known.
    pub(super) fn hand_over(&self, outgoing: &mut Outgoing) -> handover::Group {
        let path = self.path.as_os_str().as_bytes().to_vec();
        handover::Group { path, directory: outgoing.keep(&self.dir), kills: self.kills }
    }

    /// What was handed over.
    pub(super) fn inherit(group: handover::Group, incoming: &mut Incoming) -> Result<ControlGroup> {
        let path = PathBuf::from(OsString::from_vec(group.path));
        Ok(ControlGroup { path, dir: Dir::from(incoming.take(group.directory)?), kills: group.kills })
    }

    fn claim(path: &Path) -> core::result::Result<ControlGroup, (&'static [u8], Errno)> {
        match fs::make_dir(path, 0o755) {
            Ok(()) | Err(Errno::EEXIST) => {}
            Err(errno) => return Err((b"make", errno)),
        }
        let dir = Dir::open(path).map_err(|errno| (&b"open"[..], errno))?;
        fs::lock(&dir, Wait::No).map_err(|errno| (&b"lock"[..], errno))?;
        let kills = kills_in(&dir);
        Ok(ControlGroup { path: path.to_owned(), dir, kills })
    }

    fn limit(&self, voice: &Voice, name: &OsStr, content: &[u8]) -> core::result::Result<(), ()> {
        let shown = [GROUP.as_bytes(), b"/", name.as_bytes()].concat();
        if !is_limit(name.as_bytes()) {
            voice.remark(&[b"./", &shown, b": no limit of a control group"]);
            return Err(());
        }
        if let Some(controller) = controller(name.as_bytes()) {
            self.enable(voice, controller);
        }
        self.set(name, content).map_err(|errno| voice.warning(&[b"unable to set ./", &shown], errno))
    }

    fn set(&self, name: &OsStr, content: &[u8]) -> Result<()> {
        for value in values(content) {
            // The kernel takes each write for a whole.
            io::write(self.dir.file(name, How::Write)?, value)?;
        }
        Ok(())
    }

    /// Files of a controller are there once it is enabled above. What cannot be enabled is said, and then that its file
    /// is not there.
    fn enable(&self, voice: &Voice, controller: &[u8]) {
        let above = self.path.parent().unwrap_or(Path::new("/"));
        let file = above.join("cgroup.subtree_control");
        let enabled = fs::open(&file, How::Read).and_then(io::read_all).unwrap_or_default();
        if enabled.split(u8::is_ascii_whitespace).any(|word| word == controller) {
            return;
        }
        let write = || io::write(fs::open(&file, How::Write)?, &[b"+", controller].concat());
        if let Err(errno) = write() {
            voice.warning(&[b"unable to enable ", controller, b" in ", file.as_os_str().as_bytes()], errno);
        }
    }

    /// Kills all that is in it, also what is being forked.
    pub(super) fn kill(&self) -> Result<()> {
        io::write(self.dir.file("cgroup.kill", How::Write)?, b"1").map(drop)
    }

    /// Whether the kernel has killed something in it as memory was short.
    pub(super) fn has_killed(&self) -> bool {
        kills_in(&self.dir) > self.kills
    }
}

/// Without the controller there are none.
fn kills_in(dir: &Dir) -> u64 {
    dir.file("memory.events", How::Read).and_then(io::read_all).ok().and_then(|events| kills(&events)).unwrap_or(0)
}

impl Drop for ControlGroup {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.path); // somebody may be left in it
    }
}

/// Where our group is. We are in the service directory, whose real name is the service's.
fn path() -> Result<PathBuf> {
    let read = |path: &str| fs::open(path, How::Read).and_then(io::read_all);
    let above = place(&read("/proc/self/mountinfo")?, &read("/proc/self/cgroup")?).ok_or(Errno::ENODEV)?;
    let name = [PREFIX.as_bytes(), fs::here()?.file_name().unwrap_or_default().as_bytes()].concat();
    Ok(PathBuf::from(OsString::from_vec(above)).join(OsString::from_vec(name)))
}
