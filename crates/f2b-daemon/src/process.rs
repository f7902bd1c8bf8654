//! The process as the system sees it: its session, its name, its standard streams.

use std::ffi::CString;
use std::fs::File;
use std::io;

/// The longest name of a thread that the kernel keeps, in bytes.
const LONGEST_NAME: usize = 15;

/// Leaves the terminal and the folder that the process was started in: what becomes of them is no
/// longer its business.
///
/// # Errors
/// The process already leads a group, or `/` cannot be entered.
pub fn detach() -> io::Result<()> {
    match rustix::process::setsid() {
        // Whoever started it has seen to that.
        Ok(_) | Err(rustix::io::Errno::PERM) => {}
        Err(error) => return Err(error.into()),
    }
    std::env::set_current_dir("/")
}

/// Names the main thread, by which `ps` and `top` tell instances apart. What is too long is cut.
pub(crate) fn name(name: &str) {
    let bytes = name.bytes().filter(|byte| *byte != 0).take(LONGEST_NAME);
    if let Ok(name) = CString::new(bytes.collect::<Vec<u8>>()) {
        // A name is no reason not to protect.
        rustix::thread::set_name(&name).ok();
    }
}

/// Lets go of the standard streams: whoever started the process waits for their end.
pub(crate) fn silence() -> io::Result<()> {
    let nowhere = File::options().read(true).write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdin(&nowhere)?;
    rustix::stdio::dup2_stdout(&nowhere)?;
    rustix::stdio::dup2_stderr(&nowhere)?;
    Ok(())
}
