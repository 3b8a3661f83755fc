//! MPICH's launcher, Hydra: `mpiexec` beside host 0, told to start nothing itself, and a proxy on every host.

use crate::error::Error;
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::net::Ipv4Addr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

/// What Hydra's `mpiexec` is called, whatever else of that name is installed.
const MPIEXEC: &str = "mpiexec.hydra";
/// What a line begins with that tells a proxy's command.
const LAUNCH: &str = "HYDRA_LAUNCH: ";
/// How long `mpiexec` may take to say what to start.
const PATIENCE: Duration = Duration::from_secs(30);
/// Lines of a program's output that are kept for messages.
const KEPT: usize = 8;

/// A program of Hydra's that runs. It goes with this process, or when this is dropped.
#[derive(Debug)]
pub struct Tool {
    name: &'static str,
    child: Child,
    said: Arc<Mutex<VecDeque<String>>>,
}

/// Starts `mpiexec` for `size` hosts that are to run `program`, and returns it with the proxies' commands by rank.
///
/// # Errors
/// It is not installed, or does not do what is expected of it.
pub fn mpiexec(size: usize, program: &Path, arguments: &[std::ffi::OsString]) -> Result<(Tool, Vec<Vec<String>>), Error> {
    let mut command = Command::new(find(MPIEXEC)?);
    // Names of our own, one for each host: proxies are told which they are, so nobody looks them up.
    let names = (0..size).map(|rank| format!("host-{rank}")).collect::<Vec<_>>().join(",");
    let size = size.to_string();
    // Each rank gets its own host's environment, and host 0's clean-up does not hide which rank died first.
    command.args(["-launcher", "manual", "-rmk", "user", "-disable-auto-cleanup", "-genvnone", "-localhost", "127.0.0.1"]);
    command.args(["-hosts", &names, "-ppn", "1", "-n", &size]).arg(program).args(arguments);
    let mut tool = Tool::start("mpiexec", command)?;
    let stdout = tool.child.stdout.take();
    let (sender, lines) = mpsc::channel();
    tool.listen(stdout, Some(sender))?;
    let deadline = Instant::now() + PATIENCE;
    let mut proxies = Vec::new();
    loop {
        match lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(line) if line.trim_end() == "HYDRA_LAUNCH_END" => return Ok((tool, proxies)),
            Ok(line) => {
                if let Some(command) = line.strip_prefix(LAUNCH) {
                    proxies.push(command.split_whitespace().map(str::to_string).collect());
                }
            }
            Err(_) => return Err(Error::Host(format!("MPICH's mpiexec does not tell what to start{}", tool.last_words()))),
        }
    }
}

/// Starts a proxy. `leader` is where this host reaches host 0.
///
/// # Errors
/// It is not installed.
pub fn proxy(command: &[String], leader: Ipv4Addr, environment: &[(&str, String)]) -> Result<Tool, Error> {
    let Some((program, arguments)) = command.split_first() else {
        return Err(Error::Host("MPICH's mpiexec names no proxy for this host".to_string()));
    };
    // Where host 0 found it, or wherever it is here.
    let program = if Path::new(program).is_file() { PathBuf::from(program) } else { find("hydra_pmi_proxy")? };
    let mut command = Command::new(program);
    command.args(redirected(arguments, leader)).envs(environment.iter().map(|(name, value)| (*name, value)));
    let mut tool = Tool::start("hydra_pmi_proxy", command)?;
    let stdout = tool.child.stdout.take();
    tool.listen(stdout, None)?;
    Ok(tool)
}

/// The proxy's arguments with `leader` as the host of the control port.
fn redirected(arguments: &[String], leader: Ipv4Addr) -> Vec<String> {
    let mut arguments = arguments.to_vec();
    if let Some(index) = arguments.iter().position(|argument| argument == "--control-port")
        && let Some(address) = arguments.get_mut(index + 1)
        && let Some((_, port)) = address.rsplit_once(':')
    {
        *address = format!("{leader}:{port}");
    }
    arguments
}

fn find(name: &str) -> Result<PathBuf, Error> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|directory| directory.join(name)).find(|file| file.is_file());
    found.ok_or_else(|| {
        Error::User(format!(
            "{name} is not on the PATH: several hosts need MPICH (Debian: apt-get install mpich); the image has it"
        ))
    })
}

impl Tool {
    #[expect(unsafe_code, reason = "a child that must not outlive this process can only be told so between fork and exec")]
    fn start(name: &'static str, mut command: Command) -> Result<Self, Error> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // In a group of its own: Ctrl-C at a terminal is for this process, which passes it on.
        command.process_group(0);
        // SAFETY: prctl is a system call without memory of ours, which may be made between fork and exec.
        unsafe {
            command.pre_exec(|| match libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) {
                0 => Ok(()),
                _ => Err(std::io::Error::last_os_error()),
            });
        }
        let child = command.spawn().map_err(|error| Error::Host(format!("MPICH's {name} cannot be started: {error}")))?;
        let mut tool = Self { name, child, said: Arc::default() };
        let stderr = tool.child.stderr.take();
        tool.listen(stderr, None)?;
        Ok(tool)
    }

    /// Reads the output, so that the program never waits for a reader.
    fn listen(&self, output: Option<impl Read + Send + 'static>, lines: Option<mpsc::Sender<String>>) -> Result<(), Error> {
        let Some(output) = output else { return Ok(()) };
        let said = self.said.clone();
        let read = move || {
            let mut lines = lines;
            for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line).into_owned();
                let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
                if !line.trim().is_empty() && !line.starts_with("HYDRA_LAUNCH") {
                    said.push_back(line.trim().to_string());
                }
                if said.len() > KEPT {
                    said.pop_front();
                }
                drop(said);
                lines = lines.filter(|lines| lines.send(line).is_ok());
            }
        };
        let thread = thread::Builder::new().name(self.name.into()).spawn(read);
        thread.map(|_| ()).map_err(|error| Error::Host(format!("a thread cannot be started: {error}")))
    }

    /// How the program ended, if it did.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Waits until the program ends, but no longer than that.
    pub fn wait(&mut self, patience: Duration) {
        let deadline = Instant::now() + patience;
        while self.ended().is_none() && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// What the program said last, for the end of a message.
    pub fn last_words(&self) -> String {
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if said.is_empty() {
            return String::new();
        }
        format!("; {} said: {}", self.name, said.iter().map(String::as_str).collect::<Vec<_>>().join(" | "))
    }
}

impl Drop for Tool {
    /// Kills the program where it still runs; its children go with it.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_dial_the_address_that_this_host_reached() {
        let words = |line: &str| line.split_whitespace().map(str::to_string).collect::<Vec<_>>();
        let line = "--control-port 127.0.0.1:33069 --rmk user --launcher manual --proxy-id 1";
        let expected = words("--control-port 10.0.0.7:33069 --rmk user --launcher manual --proxy-id 1");
        assert_eq!(redirected(&words(line), Ipv4Addr::new(10, 0, 0, 7)), expected);
        assert_eq!(redirected(&words("--control-port"), Ipv4Addr::LOCALHOST), words("--control-port"));
    }

    #[test]
    fn a_tool_goes_when_it_is_dropped_and_leaves_its_last_words() {
        let mut command = Command::new("sh");
        command.args(["-c", "for i in 1 2 3 4 5 6 7 8 9 10; do echo line $i >&2; done; exec sleep 1000"]);
        let tool = Tool::start("shell", command).unwrap();
        let process = format!("/proc/{}", tool.child.id());
        let deadline = Instant::now() + Duration::from_secs(20);
        while !tool.last_words().contains("line 10") && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(10));
        }
        let words = tool.last_words();
        assert!(words.starts_with("; shell said: line 3 | line 4") && words.ends_with("line 10"), "{words}");
        assert!(Path::new(&process).exists());
        drop(tool);
        assert!(!Path::new(&process).exists());
    }
}
