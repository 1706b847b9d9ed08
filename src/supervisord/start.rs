//! What must be before anything is opened: the user, and what a process may use.

use super::host;
use super::setup::Setup;
use crate::process_state::limit::Resource;
use crate::supervisor::facts::Facts;
use crate::supervisor::types::Level;
use crate::sys::{identity, limits};

/// What is to be said once there is a log.
pub(super) type Remarks = Vec<(Level, String)>;

const AS_ROOT: &str = "Supervisor is running as root.  Privileges were not dropped because no user is specified in the \
                       config file.  If you intend to run as root, you can set user=root in the config file to avoid \
                       this message.";

const NOT_ROOT: &str = "Can't drop privilege as nonroot user";

/// Whether we may become the user that everything runs as.
pub(super) fn may_become_user(setup: &Setup, facts: &dyn Facts) -> Result<(), String> {
    match setup.uid {
        Some(uid) if facts.uid() != 0 && facts.uid() != uid => Err(NOT_ROOT.into()),
        _ => Ok(()),
    }
}

/// Becomes the user that everything runs as; or why not.
pub(super) fn become_user(setup: &Setup, facts: &dyn Facts, remarks: &mut Remarks) -> Result<(), String> {
    let Some(uid) = setup.uid else {
        if facts.uid() == 0 {
            remarks.push((Level::Critical, AS_ROOT.into()));
        }
        return Ok(());
    };
    if facts.uid() != uid {
        drop_privileges(uid, facts)?;
    }
    remarks.push((Level::Info, format!("Set uid to user {uid} succeeded")));
    Ok(())
}

fn drop_privileges(uid: u32, facts: &dyn Facts) -> Result<(), String> {
    if facts.uid() != 0 {
        return Err(NOT_ROOT.into());
    }
    let groups = host::groups(uid);
    let Some(gid) = groups.first().copied() else { return Err(format!("Can't find uid {uid}")) };
    identity::set_groups(&groups).map_err(|_| "Could not set groups of effective user")?;
    identity::set_group(gid).map_err(|_| "Could not set group id of effective user")?;
    identity::set_user(uid).map_err(|_| "Could not set user id of effective user")?;
    Ok(())
}

/// Raises the limits that are too low; or why that cannot be.
pub(super) fn raise_limits(setup: &Setup, remarks: &mut Remarks) -> Result<(), String> {
    let daemon = &setup.config.daemon;
    raise(Resource::OpenFiles, "RLIMIT_NOFILE", daemon.minfds, remarks).map_err(|hard| {
        format!(
            "The minimum number of file descriptors required to run this process is {} as per the \"minfds\" \
             command-line argument or config file setting. The current environment will only allow you to open {hard} \
             file descriptors.  Either raise the number of usable file descriptors in your environment (see \
             README.rst) or lower the minfds setting in the config file to allow the process to start.",
            daemon.minfds
        )
    })?;
    raise(Resource::Processes, "RLIMIT_NPROC", daemon.minprocs, remarks).map_err(|hard| {
        format!(
            "The minimum number of available processes required to run this program is {} as per the \"minprocs\" \
             command-line argument or config file setting. The current environment will only allow you to open {hard} \
             processes.  Either raise the number of usable processes in your environment (see README.rst) or lower the \
             minprocs setting in the config file to allow the program to start.",
            daemon.minprocs
        )
    })
}

/// The error is the hard limit that stands in the way. The original, by a slip, names in its place the one that it wanted.
fn raise(resource: Resource, name: &str, least: i64, remarks: &mut Remarks) -> Result<(), u64> {
    let Ok((soft, hard)) = limits::limit(resource) else { return Ok(()) };
    let Some(least) = u64::try_from(least).ok().filter(|least| *least > soft) else { return Ok(()) };
    if limits::set_limit(resource, least, hard.max(least)).is_err() {
        return Err(hard);
    }
    remarks.push((Level::Info, format!("Increased {name} limit to {least}")));
    Ok(())
}
