//! The end of a jail, and of all of them.

use f2b_action::Flush;
use f2b_protocol::{Exception, Reply, Value};

use super::{Engine, native};
use crate::batch::{Batch, KernelOrder};
use crate::log::{Level, Line};
use crate::shell::{ActionOrder, Worker};
use crate::storage;
use crate::text;

impl Engine {
    /// Ends all jails: bans leave the kernel and stay in the database.
    pub(crate) fn stop(&mut self) {
        let log = &self.around.log;
        log.info("server", "Shutdown in progress...");
        log.info("server", "Stopping all jails");
        let mut batch = Batch::default();
        let workers = self.jails.values();
        let workers = workers.filter_map(|runtime| runtime.worker.as_ref());
        workers.for_each(Worker::end);
        for jail in self.jails.keys().cloned().collect::<Vec<_>>() {
            self.wind_down(&jail, &mut batch);
        }
        batch.kernel.push(KernelOrder::Close);
        self.send(batch);
    }

    /// Ends one jail and forgets it; its bans stay in the database.
    pub(super) fn stop_jail(&mut self, jail: &str, batch: &mut Batch) -> Reply {
        if !self.jails.contains_key(jail) {
            return Err(Exception::unknown_jail(jail));
        }
        self.wind_down(jail, batch);
        // It is read again from the last place that is on disk.
        self.parked.forget(jail);
        self.named.forget(jail);
        if let Some(runtime) = self.jails.shift_remove(jail)
            && (runtime.has_native_action() || runtime.lingers.is_some())
        {
            let jail = jail.to_owned();
            batch.kernel.push(KernelOrder::StopJail { jail });
        }
        self.disable(jail);
        Ok(Value::None)
    }

    /// Ends one jail that begins anew at once: what waits for answers goes on waiting, and the kernel goes
    /// on holding its bans if it shall hold those of the new one.
    pub(super) fn stop_to_restart(&mut self, jail: &str, stays: bool, batch: &mut Batch) {
        self.wind_down(jail, batch);
        if let Some(runtime) = self.jails.shift_remove(jail)
            && (runtime.has_native_action() || runtime.lingers.is_some())
            && !stays
        {
            let jail = jail.to_owned();
            batch.kernel.push(KernelOrder::StopJail { jail });
        }
    }

    /// Ends all jails; the server goes on without any.
    pub(super) fn stop_all_jails(&mut self, batch: &mut Batch) -> Reply {
        self.around.log.info("server", "Stopping all jails");
        for jail in self.jails.keys().cloned().collect::<Vec<_>>() {
            self.stop_jail(&jail, batch)?;
        }
        Ok(Value::None)
    }

    /// Ends reading and tells of the bans that are lifted.
    fn wind_down(&mut self, jail: &str, batch: &mut Batch) {
        self.end_reading(jail, batch);
        let Some(runtime) = self.jails.get(jail) else {
            return;
        };
        let lift = ActionOrder::Lift {
            bans: runtime.infos(&self.around),
            why: Flush::Stop,
            only: None,
        };
        runtime.tell(lift, batch);
        runtime.tell(ActionOrder::Stop, batch);
        // Those that run commands say so themselves, if they flush.
        for (action, definition) in &runtime.actions {
            if native::is_native(definition) {
                batch.lines.push(text::flush(jail, action));
            }
        }
        for ban in runtime.jail.bans().iter() {
            batch.lines.push(text::repeal_ban(jail, &ban.id));
        }
        let text = format!("Jail '{jail}' stopped");
        batch.lines.push(Line::new(Level::Info, "jail", text));
    }

    /// Notes in the database that there is no such jail now.
    fn disable(&self, jail: &str) {
        if let Some(store) = self.around.database.lock().as_mut()
            && let Err(error) = store.remove_jail(jail)
        {
            self.around.log.error("database", storage::told(&error));
        }
    }
}
