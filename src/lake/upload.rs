//! From a local file to an object, with bounded memory.

use std::path::Path as FilePath;

use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use tokio::io::AsyncReadExt;

/// So much is sent at a time. S3 takes at most 10,000 pieces of an object: with these, 160 GB.
const PIECE: u64 = 16 << 20;

/// Writes the object `name` from `file`: a small one at once, a large one in pieces that become an object together or
/// not at all.
pub(super) async fn file(store: &dyn ObjectStore, file: &FilePath, name: &Path) -> object_store::Result<()> {
    let mut from = tokio::fs::File::open(file).await.map_err(at)?;
    let mut bytes = Vec::new();
    (&mut from).take(PIECE).read_to_end(&mut bytes).await.map_err(at)?;
    if (bytes.len() as u64) < PIECE {
        return store.put(name, bytes.into()).await.map(drop);
    }
    let mut upload = store.put_multipart(name).await?;
    let sent = async {
        while !bytes.is_empty() {
            upload.put_part(std::mem::take(&mut bytes).into()).await?;
            (&mut from).take(PIECE).read_to_end(&mut bytes).await.map_err(at)?;
        }
        upload.complete().await.map(drop)
    };
    let sent = sent.await;
    if sent.is_err() {
        // What the pieces take up; the store drops them itself one day where this fails too.
        let _ = upload.abort().await;
    }
    sent
}

fn at(error: std::io::Error) -> object_store::Error {
    object_store::Error::Generic { store: "file", source: Box::new(error) }
}
