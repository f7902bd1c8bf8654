//! `reload`: the configuration is read here and sent whole.

use f2b_protocol::client::ClientError;
use f2b_protocol::{Command, Value};

use super::Session;
use super::send::{connect, refusal, request};
use super::start::{identity, ours};
use crate::configuration::Configuration;
use crate::output::log_error;

/// What may stand before the jail.
const OPTIONS: [&str; 3] = ["--restart", "--unban", "--if-exists"];

impl Session<'_> {
    /// Has the server take up the configuration as it is now, of one jail or of all.
    pub(super) fn reload(&self, words: &[&str]) -> bool {
        let is_option = |word: &&&str| OPTIONS.contains(*word);
        let count = words.iter().take_while(is_option).count();
        let (options, rest) = words.split_at_checked(count).unwrap_or((words, &[]));
        let jail = match rest {
            [] => "--all",
            [jail] => jail,
            more => {
                let more = Value::texts(more.iter().copied()).repr();
                log_error(&format!("Unexpected argument(s) for reload: {more}"));
                return false;
            }
        };
        let socket = &self.settings.socket;
        if !request(socket, &Command::words(["ping"]), None).is_ok_and(|reply| reply.is_ok()) {
            log_error("Could not find server");
            return false;
        }
        let only = Some(jail).filter(|jail| *jail != "--all");
        let read = Configuration::read(self.options, only);
        let Ok(prepared) = read.and_then(|configuration| configuration.told(self.options)) else {
            return false;
        };
        self.progress("reload");
        let sent = || {
            let mut client = connect(socket, None)?;
            let is_ours = ours(&client.ask(&identity())?);
            let command = Command::new(vec![
                "reload".into(),
                jail.into(),
                Value::texts(options.iter().copied()),
                prepared.stream(is_ours),
            ]);
            let reply = client.ask(&command)?;
            client.close().ok();
            Ok::<_, ClientError>(self.shown(&Command::words(["reload"]), &reply))
        };
        sent().unwrap_or_else(|error| {
            log_error(&refusal(&error, socket, false));
            false
        })
    }
}
