//! The one writer: a thread that owns the connection and executes transactions one after another.

use std::path::Path;
use std::sync::mpsc;

use rusqlite::{Connection, Transaction};
use tokio::sync::oneshot;

use super::{Result, StoreError, open_writer};

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// Handle to the writer thread. Cheap to clone; the thread ends with the last handle.
#[derive(Clone)]
pub struct Store {
    jobs: mpsc::Sender<Job>,
}

impl Store {
    /// Opens (creating and migrating) the store in the state folder and starts its writer thread.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn open(state: &Path) -> Result<Self> {
        let mut connection = open_writer(state)?;
        let (jobs, queue) = mpsc::channel::<Job>();
        std::thread::Builder::new()
            .name("store".into())
            .spawn(move || {
                for job in queue {
                    job(&mut connection);
                }
            })
            .map_err(|_| StoreError::Closed)?;
        Ok(Self { jobs })
    }

    /// Executes `work` as one immediate transaction: committed when it answers `Ok`, rolled back otherwise.
    ///
    /// # Errors
    /// Those of `work`, of SQLite, or [`StoreError::Closed`].
    pub async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T> + Send + 'static,
    {
        self.on_thread(move |connection| {
            let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
            let value = work(&transaction)?;
            transaction.commit()?;
            Ok(value)
        })
        .await
    }

    /// Executes `work` on the same connection without a transaction: for reads that must see every earlier write.
    ///
    /// # Errors
    /// See [`Self::write`].
    pub async fn read<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        self.on_thread(move |connection| work(connection)).await
    }

    async fn on_thread<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Result<T> + Send + 'static,
    {
        let (answer, waiting) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            // The asker may have gone; the work is done all the same.
            let _ = answer.send(work(connection));
        });
        self.jobs.send(job).map_err(|_| StoreError::Closed)?;
        waiting.await.map_err(|_| StoreError::Closed)?
    }
}
